"""Quantiles of demand until new goods arrive: means made wide by errors of the past.

Errors of earlier forecasts are divided by the spread that counts of that mean have, and their
empirical quantiles are taken by size (split conformal with normalised scores; Lei et al., 2018,
Journal of the American Statistical Association 113).
"""

from typing import Self

import numpy as np

EDGES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SIZE = 4.0
ENOUGH = 200


class LeadTimeDemand:
    """Quantiles of sums over some days, by size of their mean.

    Attributes
    ----------
    scores_ : list of float64 arrays, ascending
        Normalised errors of each bin of means.

    Examples
    --------
    >>> means, units = np.full(1000, 4.0), np.tile([2.0, 3.0, 5.0, 9.0], 250)
    >>> LeadTimeDemand().fit(means, units).quantile(np.array([4.0]), 0.95).round(1).tolist()
    [9.0]
    """

    def fit(self, means: np.ndarray, units: np.ndarray) -> Self:
        """Learn from sums that were forecast and sold, of any same shape."""
        means, units = means.reshape(-1), units.reshape(-1)
        scores = (units - means) / _spread(means)
        everything = np.sort(scores)
        place = np.searchsorted(EDGES, means)
        self.scores_ = []
        for index in range(len(EDGES) + 1):
            inside = np.sort(scores[place == index])
            self.scores_.append(inside if len(inside) >= ENOUGH else everything)
        return self

    def quantile(self, means: np.ndarray, level: float | np.ndarray) -> np.ndarray:
        """Units not exceeded with probability ``level``; the shape of ``means``, never below 0."""
        place = np.searchsorted(EDGES, means)
        levels = np.broadcast_to(level, means.shape)
        score = np.empty(means.shape)
        for index, known in enumerate(self.scores_):
            inside = place == index
            score[inside] = np.quantile(known, levels[inside])
        return np.maximum(means + score * _spread(means), 0.0)


def _spread(means: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(means, 0.05) * (1 + np.maximum(means, 0.0) / SIZE))
