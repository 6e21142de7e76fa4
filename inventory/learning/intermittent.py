"""Demand with many days of nothing: Croston's method and its heir TSB.

Croston (1972), Forecasting and stock control for intermittent demands, Operational Research
Quarterly 23(3); Teunter, Syntetos & Babai (2011), Intermittent demand: linking forecasting to
inventory obsolescence, European Journal of Operational Research 214(3).
"""

from typing import Self

import numpy as np

from inventory.learning.baselines import HORIZON


class Croston:
    """Smoothed size over smoothed interval, with the correction of Syntetos & Boylan (2005).

    Examples
    --------
    >>> Croston(alpha=0.5).fit(np.array([[2.0, 0, 2, 0, 2]])).predict(1).round(2).tolist()
    [[0.86]]
    """

    def __init__(self, *, alpha: float = 0.1) -> None:
        self.alpha = alpha

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first."""
        n_series, n_days = units.shape
        size, interval = np.zeros(n_series), np.ones(n_series)
        gap, seen = np.ones(n_series), np.zeros(n_series, dtype=bool)
        for day in range(n_days):
            today = units[:, day]
            sold = today > 0
            first, later = sold & ~seen, sold & seen
            size[first], interval[first] = today[first], gap[first]
            size[later] += self.alpha * (today[later] - size[later])
            interval[later] += self.alpha * (gap[later] - interval[later])
            seen |= sold
            gap = np.where(sold, 1.0, gap + 1.0)
        self.mean_ = (1 - self.alpha / 2) * size / interval
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return np.repeat(self.mean_[:, None], horizon, axis=1)


class TSB:
    """Smoothed chance of a sale times smoothed size; fades when nothing is sold any more.

    Examples
    --------
    >>> TSB(alpha=0.5, beta=0.5).fit(np.array([[2.0, 0, 2, 0]])).predict(1).tolist()
    [[0.625]]
    """

    def __init__(self, *, alpha: float = 0.05, beta: float = 0.05) -> None:
        self.alpha, self.beta = alpha, beta

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first."""
        sold = units > 0
        chance = sold[:, 0].astype(np.float64)
        size = units.max(axis=1, initial=0, where=sold.cumsum(axis=1) == 1).astype(np.float64)
        for day in range(1, units.shape[1]):
            now = sold[:, day]
            chance += self.alpha * (now - chance)
            size = np.where(now, size + self.beta * (units[:, day] - size), size)
        self.mean_ = chance * size
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return np.repeat(self.mean_[:, None], horizon, axis=1)
