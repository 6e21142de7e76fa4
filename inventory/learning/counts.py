"""What a mean says about whole units: a negative binomial around it.

The median of a small count lies well under its mean; it is what absolute errors ask for.
Snyder, Ord & Beaumont (2012), Forecasting the intermittent demand for slow-moving inventories,
International Journal of Forecasting 28(2), compare count distributions for this.
"""

from typing import Self

import numpy as np
from scipy.stats import nbinom

SIZES = np.array([0.3, 0.5, 0.8, 1.2, 1.8, 2.7, 4.0, 6.0, 10.0, 20.0])
EDGES = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
"""Means at which the dispersion may change."""


class NegativeBinomialHead:
    """Dispersion by size of the mean, chosen by likelihood, or by absolute error of the median.

    Parameters
    ----------
    by
        ``"likelihood"`` for honest quantiles, ``"median"`` for the smallest absolute error.

    Attributes
    ----------
    sizes_ : float64 (n_bins,)
        The distribution's ``size``; its variance is ``mean + mean ** 2 / size``.

    Examples
    --------
    >>> head = NegativeBinomialHead().fit(np.full(4, 0.4), np.array([0, 0, 2, 0]))
    >>> head.quantile(np.array([0.4]), 0.5).tolist()
    [0.0]
    """

    def __init__(self, *, by: str = "likelihood") -> None:
        self.by = by

    def fit(self, means: np.ndarray, units: np.ndarray) -> Self:
        """Learn from means that were forecast and the units that were sold, of the same shape."""
        means, units = np.maximum(means.reshape(-1), 1e-3), np.rint(units.reshape(-1))
        place = np.searchsorted(EDGES, means)
        self.sizes_ = np.full(len(EDGES) + 1, 1.8)
        for index in range(len(self.sizes_)):
            inside = place == index
            if inside.sum() >= 50:
                losses = [self._loss(means[inside], units[inside], size) for size in SIZES]
                self.sizes_[index] = SIZES[int(np.argmin(losses))]
        return self

    def _loss(self, means: np.ndarray, units: np.ndarray, size: float) -> float:
        if self.by == "median":
            return float(np.abs(units - _quantile(means, size, 0.5)).sum())
        return float(-nbinom.logpmf(units, size, size / (size + means)).sum())

    def size(self, means: np.ndarray) -> np.ndarray:
        """The dispersion that belongs to each mean."""
        return self.sizes_[np.searchsorted(EDGES, means)]

    def quantile(self, means: np.ndarray, level: float) -> np.ndarray:
        """Whole units that are not exceeded with probability ``level``; shape of ``means``."""
        return _quantile(means, self.size(means), level)


def _quantile(means: np.ndarray, size: np.ndarray | float, level: float) -> np.ndarray:
    positive = np.maximum(means, 1e-9)
    return np.where(means > 0, nbinom.ppf(level, size, size / (size + positive)), 0.0)
