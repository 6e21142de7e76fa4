"""A recurrent network that reads every series' weeks into a state h(t), and heads upon it.

The GRU (Cho et al., 2014) is pre-trained on all series at once to say the next week's units from
the weeks before it and the next week's promotions; Salinas et al. (2020), DeepAR, International
Journal of Forecasting 36(3), train one network on many series for the same reason. What is served
from it is h(t), the state after the last week, on which small regressions (linear, gradient
boosting, SVM) forecast each week ahead.
"""

from typing import Protocol, Self

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.svm import SVR
from torch import nn

AHEAD = 4
START = 8


class Regressor(Protocol):
    def fit(self, rows: np.ndarray, target: np.ndarray) -> "Regressor": ...

    def predict(self, rows: np.ndarray) -> np.ndarray: ...


def heads() -> dict[str, Regressor]:
    """The mission's three heads."""
    return {
        "linear": Ridge(alpha=10.0),
        "gradient_boosting": HistGradientBoostingRegressor(max_iter=120, max_leaf_nodes=16),
        "svm": SVR(C=1.0, epsilon=0.1),
    }


class WeeklyEncoder:
    """Pre-trained GRU over weeks.

    Parameters
    ----------
    width, epochs, seed
        Size of h(t), passes over the series, start of the random numbers.
    """

    def __init__(self, *, width: int = 32, epochs: int = 40, seed: int = 0) -> None:
        self.width, self.epochs, self.seed = width, epochs, seed

    def fit(self, units: np.ndarray, plan: np.ndarray) -> Self:
        """Learn from units (n_series, n_weeks) and the plan (n_series, >= n_weeks, n_codes)."""
        torch.manual_seed(self.seed)
        n_weeks = units.shape[1]
        inputs, target = self._inputs(units, plan), self._scaled(units)
        coming = torch.tensor(plan[:, 1:n_weeks], dtype=torch.float32)
        self._gru = nn.GRU(inputs.shape[2], self.width, batch_first=True)
        self._out = nn.Linear(self.width + plan.shape[2], 1)
        parameters = [*self._gru.parameters(), *self._out.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=0.01)
        for _ in range(self.epochs):
            optimizer.zero_grad()
            states, _ = self._gru(inputs[:, :-1])
            guess = self._out(torch.cat([states, coming], dim=2))[:, :, 0]
            loss = nn.functional.smooth_l1_loss(guess[:, START:], target[:, 1 + START :])
            loss.backward()
            optimizer.step()
        self.loss_ = float(loss.detach())
        return self

    def states(self, units: np.ndarray, plan: np.ndarray) -> np.ndarray:
        """h(t) after every week, float32 (n_series, n_weeks, width)."""
        with torch.no_grad():
            return self._gru(self._inputs(units, plan))[0].numpy()

    def _scaled(self, units: np.ndarray) -> torch.Tensor:
        return torch.tensor(np.log1p(units) - self.usual(units), dtype=torch.float32)

    @staticmethod
    def usual(units: np.ndarray) -> np.ndarray:
        """Running mean of log units, (n_series, n_weeks): what week t knows as its level."""
        logs = np.log1p(units)
        before = np.cumsum(logs, axis=1) - logs
        count = np.maximum(np.arange(units.shape[1]), 1)
        return np.where(np.arange(units.shape[1]) > 0, before / count, logs)

    def _inputs(self, units: np.ndarray, plan: np.ndarray) -> torch.Tensor:
        series = self._scaled(units)[:, :, None]
        level = torch.tensor(self.usual(units), dtype=torch.float32)[:, :, None]
        codes = torch.tensor(plan[:, : units.shape[1]], dtype=torch.float32)
        return torch.cat([series, level, codes], dim=2)


class RecurrentForecaster:
    """A head on h(t), the level and the plan of the target week; weekly medians.

    Parameters
    ----------
    head
        Any regressor of scikit-learn.
    most
        Rows to learn from at most; a kernel machine cannot take them all.
    """

    def __init__(self, encoder: WeeklyEncoder, head: Regressor, *, most: int = 20_000) -> None:
        self.encoder, self.head, self.most = encoder, head, most

    def fit(self, units: np.ndarray, plan: np.ndarray) -> Self:
        """Learn the head from every origin whose weeks ahead are known."""
        n_weeks = units.shape[1]
        states, usual = self.encoder.states(units, plan), self.encoder.usual(units)
        rows, targets = [], []
        for ahead in range(AHEAD):
            for week in range(START, n_weeks - 1 - ahead, 2):
                target = week + 1 + ahead
                level = usual[:, week]
                rows.append(self._row(states[:, week], level, plan[:, target], ahead))
                targets.append(np.log1p(units[:, target]) - level)
        table, wanted = np.concatenate(rows), np.concatenate(targets)
        dice = np.random.default_rng(0)
        chosen = dice.permutation(len(table))[: self.most]
        self.head.fit(table[chosen], wanted[chosen])
        return self

    def predict(self, units: np.ndarray, plan: np.ndarray) -> np.ndarray:
        """Units of the next weeks, float64 (n_series, AHEAD)."""
        state = self.encoder.states(units, plan)[:, -1]
        level, n_weeks = self.encoder.usual(units)[:, -1], units.shape[1]
        columns = [
            self.head.predict(self._row(state, level, plan[:, n_weeks + ahead], ahead)) + level
            for ahead in range(AHEAD)
        ]
        return np.maximum(np.expm1(np.stack(columns, axis=1)), 0.0)

    @staticmethod
    def _row(state: np.ndarray, level: np.ndarray, plan: np.ndarray, ahead: int) -> np.ndarray:
        step = np.full((len(state), 1), float(ahead))
        return np.concatenate([state, level[:, None], plan, step], axis=1)
