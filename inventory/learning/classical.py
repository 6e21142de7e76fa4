"""One model a series, by statsmodels: exponential smoothing and seasonal ARIMA.

Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, chapters 8 and 9. A series
takes a quarter of a second or more, so these are for few series or for comparison.
"""

import warnings
from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX

from inventory.learning.baselines import HORIZON, WEEK


class _OneBySeries(ABC):
    """Fit a model to each series; a series that cannot be fitted keeps its 28-day mean."""

    def fit(self, units: np.ndarray) -> Self:
        """Learn from daily units, (n_series, n_days), oldest first; two weeks or more."""
        self._units = units.astype(np.float64)
        return self

    def predict(self, horizon: int = HORIZON) -> np.ndarray:
        """Expected units, float64 (n_series, horizon), never below 0."""
        result = np.empty((len(self._units), horizon))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for row, series in enumerate(self._units):
                try:
                    result[row] = self._forecast(series, horizon)
                except (ValueError, np.linalg.LinAlgError):
                    result[row] = series[-28:].mean()
        return np.maximum(np.nan_to_num(result), 0.0)

    @abstractmethod
    def _forecast(self, series: np.ndarray, horizon: int) -> np.ndarray:
        """Expected units of one series, (horizon,)."""


class ETS(_OneBySeries):
    """ETS(A,N,A): additive errors, no trend, additive weekdays."""

    def _forecast(self, series: np.ndarray, horizon: int) -> np.ndarray:
        model = ExponentialSmoothing(
            series, seasonal="add", seasonal_periods=WEEK, initialization_method="estimated"
        )
        return np.asarray(model.fit().forecast(horizon))


class SeasonalARIMA(_OneBySeries):
    """SARIMAX(1,0,1)(1,0,1) with a period of seven days and a constant."""

    def _forecast(self, series: np.ndarray, horizon: int) -> np.ndarray:
        model = SARIMAX(
            series,
            order=(1, 0, 1),
            seasonal_order=(1, 0, 1, WEEK),
            trend="c",
            enforce_stationarity=False,
            enforce_invertibility=False,
        )
        return np.asarray(model.fit(disp=False, maxiter=30).forecast(horizon))
