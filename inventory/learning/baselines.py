"""Forecasts from means: the methods every other one has to beat.

Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, section 5.2; the weekday
factors are the classical multiplicative decomposition of section 3.4 with a period of 7.
"""

from typing import Self

import numpy as np

HORIZON = 28
WEEK = 7


class MovingAverage:
    """The mean of the last ``window`` days, for every day ahead.

    Attributes
    ----------
    mean_ : float64 (n_series,)
    """

    def __init__(self, *, window: int = 28) -> None:
        self.window = window

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first."""
        self.mean_ = units[:, -self.window :].mean(axis=1)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return np.repeat(self.mean_[:, None], horizon, axis=1)


class SeasonalMean:
    """For each weekday the mean of its last ``weeks`` values.

    Attributes
    ----------
    by_weekday_ : float64 (n_series, 7)
        Column 0 is the weekday that follows the last day seen.
    """

    def __init__(self, *, weeks: int = 4) -> None:
        self.weeks = weeks

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least ``weeks`` weeks."""
        recent = units[:, -self.weeks * WEEK :]
        self.by_weekday_ = recent.reshape(len(units), self.weeks, WEEK).mean(axis=1)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return self.by_weekday_[:, np.arange(horizon) % WEEK]


class WeekdayMean:
    """The 28-day mean of a series times the weekday factors of all series together.

    Single products sell too rarely for factors of their own; the shop's week is shared.

    Attributes
    ----------
    mean_ : float64 (n_series,)
    factors_ : float64 (7,)
        Mean 1; column 0 is the weekday that follows the last day seen.
    """

    def __init__(self, *, window: int = 28) -> None:
        self.window = window

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least 7 days."""
        self.mean_ = units[:, -self.window :].mean(axis=1)
        weeks = units.shape[1] // WEEK
        totals = units.sum(axis=0)[-weeks * WEEK :].reshape(weeks, WEEK).mean(axis=0)
        self.factors_ = totals / totals.mean() if totals.sum() > 0 else np.ones(WEEK)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        factors = self.factors_[np.arange(horizon) % WEEK]
        return self.mean_[:, None] * factors[None, :]
