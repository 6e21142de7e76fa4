"""Quantiles of a total from how far earlier forecasts were off: split conformal, by size.

Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; the ratios of sold to
forecast units are taken within fifths of the forecast, as small products are less predictable.
"""

from typing import Self

import numpy as np


class ConformalRatios:
    """Quantiles of units over forecast, by size of the forecast.

    Examples
    --------
    >>> ratios = ConformalRatios(levels=(0.5,), parts=1)
    >>> ratios.fit(np.full(3, 10.0), np.array([5.0, 10.0, 20.0])).predict(np.array([4.0])).tolist()
    [[4.0]]
    """

    def __init__(self, *, levels: tuple[float, ...] = (0.5, 0.9, 0.95), parts: int = 5) -> None:
        self.levels, self.parts = levels, parts

    def fit(self, forecast: np.ndarray, units: np.ndarray) -> Self:
        """Learn from totals (n,) that were forecast and sold in windows that are over."""
        self._edges = np.quantile(forecast, np.arange(1, self.parts) / self.parts)
        place = np.searchsorted(self._edges, forecast)
        ratio = units / np.maximum(forecast, 0.1)
        self.ratios_ = np.array(
            [np.quantile(ratio[place == part], self.levels) for part in range(self.parts)]
        )
        return self

    def predict(self, forecast: np.ndarray) -> np.ndarray:
        """Quantiles of the totals, float64 (n, n_levels)."""
        return self.ratios_[np.searchsorted(self._edges, forecast)] * forecast[:, None]
