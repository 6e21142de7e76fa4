"""The forecaster that is served: boosted corrections of a promotion-aware level, by week.

Every origin of the past gives rows (series, weeks ahead); what is learnt is how far the units will
be from the reference level, on two scales, so that one global model serves small and large series
alike. Januschowski et al. (2022), Forecasting with trees, International Journal of Forecasting
38(4), say why global trees with known future covariates are strong; the quantiles are of the units
summed over the first weeks, which is what replenishment asks for.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import lightgbm as lgb
import numpy as np

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
PARAMETERS = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 80,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
}
LEFT_OUT = ("group_0", "group_1", "group_2")
"""Bare codes of groups: trees learn a group's last months from them, which do not last."""


@dataclass(frozen=True)
class Recipe:
    """How much is spent on training. ``threads`` of LightGBM, 0 for all cores."""

    rounds: int = 240
    quantile_rounds: int = 160
    seeds: int = 2
    half_life: float = 15.0
    every: int = 1
    first: int = 8
    threads: int = 0


@dataclass(frozen=True)
class WeeklyForecast:
    """``mean`` (n_series, ahead): units of each week. ``cumulative`` (n_series, ahead, n_levels):
    quantiles ``LEVELS`` of the units of the first weeks together. float64."""

    mean: np.ndarray
    cumulative: np.ndarray


@dataclass(frozen=True)
class Origin:
    """A training origin: its table (n_series, ahead, n_columns) and what was sold afterwards.

    ``units`` is (n_series, known), with ``known`` weeks at most ``ahead``; ``age`` in weeks.
    """

    table: np.ndarray
    units: np.ndarray
    age: int


class PromotionForecaster:
    """Weekly means and quantiles of cumulated weeks from tables of ``WeeklyFeatures``.

    Parameters
    ----------
    recipe
        Rounds, seeds and which origins count.
    """

    def __init__(self, recipe: Recipe = Recipe()) -> None:
        self.recipe = recipe

    def fit(self, origins: list[Origin], names: list[str]) -> Self:
        """Learn from origins of the past; at least one must have all its weeks sold."""
        self._set_names(names)
        self.members_: list[tuple[str, lgb.Booster]] = []
        table, units, age = _rows(origins)
        for scale in SCALES:
            for seed in range(self.recipe.seeds):
                self.members_.append((scale, self._boost(scale, table, units, age, seed)))
        table, units, age = _rows([_cumulated(origin) for origin in origins])
        self.quantiles_ = [
            self._boost("usual", table, units, age, 0, level=level) for level in LEVELS
        ]
        return self

    def _set_names(self, names: list[str]) -> None:
        self.names_ = list(names)
        self._used = [i for i, name in enumerate(names) if name not in LEFT_OUT]
        self._reference = [names.index("expected_decayed_10"), names.index("similar_0")]
        self._usual = names.index("usual")

    def _boost(
        self,
        scale: str,
        table: np.ndarray,
        units: np.ndarray,
        age: np.ndarray,
        seed: int,
        *,
        level: float | None = None,
    ) -> lgb.Booster:
        reference, usual = self._anchor(table)
        width = SCALES[scale](reference, usual)
        target = (units - reference) / width
        weight = 0.5 ** (age / self.recipe.half_life) * width
        parameters = PARAMETERS | {
            "objective": "l1" if level is None else "quantile",
            "seed": seed,
            "num_threads": self.recipe.threads,
        }
        if level is not None:
            parameters["alpha"] = level
        data = lgb.Dataset(
            table[:, self._used], target, weight=weight, feature_name=self._used_names()
        )
        rounds = self.recipe.rounds if level is None else self.recipe.quantile_rounds
        return lgb.train(parameters, data, rounds)

    def _used_names(self) -> list[str]:
        return [self.names_[i] for i in self._used]

    def _anchor(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return table[:, self._reference].mean(axis=1), table[:, self._usual]

    def predict(self, table: np.ndarray) -> WeeklyForecast:
        """Forecast from the table of one origin, (n_series, ahead, n_columns)."""
        shape = table.shape[:2]
        rows = table.reshape(-1, table.shape[2])
        means = [self._apply(scale, model, rows) for scale, model in self.members_]
        mean = np.mean(means, axis=0).reshape(shape)
        rows = _running_mean(table).reshape(-1, table.shape[2])
        weeks = np.arange(1, shape[1] + 1)[None, :, None]
        levels = [self._apply("usual", model, rows).reshape(shape) for model in self.quantiles_]
        cumulative = np.sort(np.stack(levels, axis=2), axis=2) * weeks
        return WeeklyForecast(mean, np.maximum.accumulate(cumulative, axis=1))

    def _apply(self, scale: str, model: lgb.Booster, rows: np.ndarray) -> np.ndarray:
        reference, usual = self._anchor(rows)
        raw = np.asarray(model.predict(rows[:, self._used], num_threads=self.recipe.threads))
        return np.maximum(raw * SCALES[scale](reference, usual) + reference, 0.0)

    def save(self, path: Path) -> None:
        """Write everything as JSON with LightGBM's own model text."""
        content = {
            "names": self.names_,
            "members": [[scale, model.model_to_string()] for scale, model in self.members_],
            "quantiles": [model.model_to_string() for model in self.quantiles_],
            "levels": LEVELS,
        }
        path.write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, *, recipe: Recipe = Recipe()) -> Self:
        """Read what ``save`` wrote; ValueError when it was made with other quantile levels."""
        content: Mapping = json.loads(path.read_text(encoding="utf-8"))
        if tuple(content["levels"]) != LEVELS:
            raise ValueError("the model was trained for other quantile levels")
        forecaster = cls(recipe)
        forecaster._set_names(content["names"])
        forecaster.members_ = [
            (scale, lgb.Booster(model_str=text)) for scale, text in content["members"]
        ]
        forecaster.quantiles_ = [lgb.Booster(model_str=text) for text in content["quantiles"]]
        return forecaster


def training_origins(n_weeks: int, recipe: Recipe) -> Iterator[int]:
    """Origins to learn from, of a history of ``n_weeks``: the last always, then every n-th."""
    for origin in range(n_weeks - 1, recipe.first - 1, -1):
        if n_weeks - origin <= 4 or (n_weeks - origin) % recipe.every == 0:
            yield origin


SCALES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    # What errors are measured in, from the reference and the usual units of a row.
    "usual": lambda reference, usual: np.sqrt(usual + 0.5),
    "planned": lambda reference, usual: np.sqrt(reference + 0.5),
}


def _running_mean(values: np.ndarray) -> np.ndarray:
    """Mean over the first 1, 2, ... weeks, along axis 1."""
    weeks = np.arange(1, values.shape[1] + 1).reshape(1, -1, *[1] * (values.ndim - 2))
    return np.cumsum(values, axis=1) / weeks


def _cumulated(origin: Origin) -> Origin:
    """Units of the first weeks together, a week; tables averaged likewise."""
    return Origin(_running_mean(origin.table), _running_mean(origin.units), origin.age)


def _rows(origins: list[Origin]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    tables, units, ages = [], [], []
    for origin in origins:
        known = origin.units.shape[1]
        tables.append(origin.table[:, :known].reshape(-1, origin.table.shape[2]))
        units.append(origin.units.reshape(-1))
        ages.append(np.full(origin.units.size, origin.age))
    return np.concatenate(tables), np.concatenate(units), np.concatenate(ages)
