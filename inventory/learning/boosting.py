"""A plain global gradient boosting: every day ahead of every series is a row.

The usual entry in forecasting competitions (Makridakis et al., 2022, M5 accuracy competition,
International Journal of Forecasting 38(4)): Tweedie loss, direct for all days ahead.
"""

from dataclasses import dataclass
from typing import Self

import lightgbm as lgb
import numpy as np

from inventory.learning.baselines import HORIZON, WEEK

EVERY_DAYS = 14
START_DAYS = 98


@dataclass(frozen=True)
class DailyPanel:
    """``units`` (n_series, n_days); ``plan`` (n_series, n_days + horizon, n_codes) shares of stores
    by day, no codes for a model that knows no promotions; ``group`` int (n_series,); ``price``
    (n_series, n_days) the last known price."""

    units: np.ndarray
    plan: np.ndarray
    group: np.ndarray
    price: np.ndarray


class GlobalBoosting:
    """LightGBM over days ahead; means with Tweedie loss, quantiles of the total on request.

    Parameters
    ----------
    rounds
        Trees of each model.
    levels
        Quantiles of the total of the horizon.
    """

    def __init__(self, *, rounds: int = 200, levels: tuple[float, ...] = (), threads: int = 0):
        self.rounds, self.levels, self.threads = rounds, levels, threads

    def fit(self, panel: DailyPanel) -> Self:
        """Learn from an origin every second week."""
        n_days = panel.units.shape[1]
        origins = range(n_days - HORIZON, START_DAYS, -EVERY_DAYS)
        rows = np.concatenate([self._rows(panel, o) for o in origins])
        units = np.concatenate([panel.units[:, o : o + HORIZON].reshape(-1) for o in origins])
        parameters = {
            "objective": "tweedie",
            "tweedie_variance_power": 1.2,
            "learning_rate": 0.05,
            "num_leaves": 31,
            "min_data_in_leaf": 100,
            "feature_fraction": 0.7,
            "max_bin": 63,
            "num_threads": self.threads,
            "verbose": -1,
        }
        self._mean = lgb.train(parameters, lgb.Dataset(rows, units), self.rounds)
        totals = np.concatenate([self._total_rows(panel, o) for o in origins])
        sums = np.concatenate([panel.units[:, o : o + HORIZON].sum(axis=1) for o in origins])
        self._quantiles = [
            lgb.train(
                parameters | {"objective": "quantile", "alpha": level},
                lgb.Dataset(totals, sums),
                self.rounds,
            )
            for level in self.levels
        ]
        return self

    def predict(self, panel: DailyPanel) -> np.ndarray:
        """Expected units of the days after the panel's last, float64 (n_series, horizon)."""
        rows = self._rows(panel, panel.units.shape[1])
        return np.asarray(self._mean.predict(rows)).reshape(len(panel.units), HORIZON)

    def total_quantiles(self, panel: DailyPanel) -> np.ndarray:
        """Quantiles of the horizon's total, float64 (n_series, n_levels)."""
        rows = self._total_rows(panel, panel.units.shape[1])
        values = [np.asarray(model.predict(rows)) for model in self._quantiles]
        return np.sort(np.maximum(np.stack(values, axis=1), 0.0), axis=1)

    def _known(self, panel: DailyPanel, origin: int) -> np.ndarray:
        units = panel.units[:, :origin]
        windows = [units[:, -days:] for days in (7, 28, 91)]
        means = [window.mean(axis=1) for window in windows]
        zeros = [(window == 0).mean(axis=1) for window in windows[1:]]
        past = panel.plan[:, origin - 28 : origin].mean(axis=1)
        columns = [*means, *zeros, windows[2].std(axis=1), panel.group, panel.price[:, origin - 1]]
        return np.concatenate([np.stack(columns, axis=1), past], axis=1)

    def _rows(self, panel: DailyPanel, origin: int) -> np.ndarray:
        ahead = np.arange(HORIZON)
        known = np.repeat(self._known(panel, origin)[:, None], HORIZON, axis=1)
        recent = panel.units[:, origin - 56 : origin].reshape(len(panel.units), 8, WEEK)
        weekday = (origin + ahead) % WEEK
        same = recent.mean(axis=1)[:, ahead % WEEK]
        calendar = np.broadcast_to(np.stack([weekday, ahead], axis=1), (*same.shape, 2))
        plan = panel.plan[:, origin : origin + HORIZON]
        rows = np.concatenate([known, same[:, :, None], calendar, plan], axis=2)
        return rows.reshape(-1, rows.shape[2]).astype(np.float32)

    def _total_rows(self, panel: DailyPanel, origin: int) -> np.ndarray:
        plan = panel.plan[:, origin : origin + HORIZON]
        weeks = plan.reshape(len(plan), HORIZON // WEEK, WEEK, -1).mean(axis=2)
        return np.concatenate(
            [self._known(panel, origin), weeks.reshape(len(plan), -1), plan.mean(axis=1)], axis=1
        ).astype(np.float32)
