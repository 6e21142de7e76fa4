"""Forecasts from means: the methods every other one has to beat.

Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, section 5.2
(mean and seasonal naive methods); the weekday factors are the classical multiplicative
decomposition of section 3.4 with a period of 7.
"""

from typing import Protocol, Self

import numpy as np

HORIZON = 28
WEEK = 7


class Forecaster(Protocol):
    """What every method here can do."""

    def fit(self, units: np.ndarray) -> Self: ...

    def predict(self, horizon: int = HORIZON) -> np.ndarray: ...


def _check(units: np.ndarray, days: int) -> None:
    if units.ndim != 2 or units.shape[1] < days:
        raise ValueError(f"units must be (n_series, n_days) with {days} days, not {units.shape}")


class SeasonalNaive:
    """The last value of the same weekday.

    Attributes
    ----------
    last_week_ : float64 (n_series, 7)
        Column 0 is the weekday that follows the last day seen.

    Examples
    --------
    >>> SeasonalNaive().fit(np.arange(14.0)[None]).predict(8).tolist()
    [[7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 7.0]]
    """

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least 7 days."""
        _check(units, WEEK)
        self.last_week_ = units[:, -WEEK:].astype(np.float64)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return self.last_week_[:, np.arange(horizon) % WEEK]


class MovingAverage28:
    """The mean of the last ``window`` days, for every day ahead.

    Parameters
    ----------
    window
        Days; fewer are used when there are fewer.

    Attributes
    ----------
    mean_ : float64 (n_series,)

    Examples
    --------
    >>> MovingAverage28(window=2).fit(np.array([[9.0, 1.0, 3.0]])).predict(2).tolist()
    [[2.0, 2.0]]
    """

    def __init__(self, *, window: int = 28) -> None:
        self.window = window

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least one day."""
        _check(units, 1)
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

    Examples
    --------
    >>> SeasonalMean(weeks=2).fit(np.arange(14.0)[None]).predict(2).tolist()
    [[3.5, 4.5]]
    """

    def __init__(self, *, weeks: int = 4) -> None:
        self.weeks = weeks

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least ``weeks`` weeks."""
        _check(units, self.weeks * WEEK)
        recent = units[:, -self.weeks * WEEK :]
        self.by_weekday_ = recent.reshape(len(units), self.weeks, WEEK).mean(axis=1)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        return self.by_weekday_[:, np.arange(horizon) % WEEK]


class MovingAverageWeekday:
    """The 28-day mean of a series times the weekday factors of all series together.

    Single products sell too rarely for factors of their own; the shop's week is shared.

    Parameters
    ----------
    window
        Days of the mean of each series.

    Attributes
    ----------
    mean_ : float64 (n_series,)
    factors_ : float64 (7,)
        Mean 1; column 0 is the weekday that follows the last day seen.

    Examples
    --------
    >>> week = np.array([0.0, 0, 0, 0, 0, 0, 7])
    >>> MovingAverageWeekday().fit(np.tile(week, (1, 4))).predict(7).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0]]
    """

    def __init__(self, *, window: int = 28) -> None:
        self.window = window

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; at least 7 days."""
        _check(units, WEEK)
        self.mean_ = units[:, -self.window :].mean(axis=1)
        weeks = units.shape[1] // WEEK
        totals = units.sum(axis=0)[-weeks * WEEK :].reshape(weeks, WEEK).mean(axis=0)
        self.factors_ = totals / totals.mean() if totals.sum() > 0 else np.ones(WEEK)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon)."""
        factors = self.factors_[np.arange(horizon) % WEEK]
        return self.mean_[:, None] * factors[None, :]
