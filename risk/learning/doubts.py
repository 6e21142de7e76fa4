"""Doubts about an order that need no label, each about one way of being strange.

One forest over everything finds what is strange in many columns at once and overlooks what is
strange in one. A doubt adds up, over a few columns that belong together, how rare a value as high
is among honest orders (ECOD's right tails, Li et al. 2022), and is itself turned into the share of
honest orders that are as doubtful. Doubts are kept apart and not added up over all columns: each
may be enough.
"""

from typing import Self

import numpy as np

from risk.learning.signals import FEATURES

DOUBTS: dict[str, tuple[str, ...]] = {
    "takeover": ("fresh_identities", "total_surprise"),
    "ring": ("linked_coupons",),
    "refunds": ("whole_refund_surprise_7d",),
}
COLUMNS = tuple(name for names in DOUBTS.values() for name in names)
PLACES = [FEATURES.index(name) for name in COLUMNS]
STEPS = 512


class Tails:
    """Share of the known values that are at least as high, for several columns at once.

    Attributes
    ----------
    levels_ : float64 (n_columns, STEPS), ascending
        Values that the shares ``shares_`` of the rows reach or exceed.
    shares_ : float64 (STEPS + 1,), descending
        Fine at its end, where it matters; the last is for values above all known ones.
    """

    def fit(self, values: np.ndarray) -> Self:
        """Learn from ``values`` (n, n_columns)."""
        n = len(values)
        shares = np.geomspace(1.0, 1 / n, STEPS)
        rows = np.clip(np.ceil(n * (1 - shares)).astype(int), 0, n - 1)
        self.levels_ = np.sort(values, axis=0)[rows].T.copy()
        self.shares_ = np.r_[shares, 1 / (n + 1)]
        return self

    def share(self, values: np.ndarray) -> np.ndarray:
        """Share of the known rows at or above each value, float64 (n, n_columns)."""
        columns = [
            self.shares_[np.searchsorted(levels, column, side="left")]
            for levels, column in zip(self.levels_, values.T, strict=True)
        ]
        return np.column_stack(columns)


class OrderDoubts:
    """Share of honest orders that are as doubtful, for each of ``DOUBTS``.

    ``columns_`` are the tails of the columns, ``sums_`` those of the doubts.
    """

    def fit(self, features: np.ndarray) -> Self:
        """Learn from honest orders' ``features`` (n, n_features)."""
        self.columns_ = Tails().fit(features[:, PLACES])
        self.sums_ = Tails().fit(self._sums(self.columns_.share(features[:, PLACES])))
        return self

    @staticmethod
    def _sums(shares: np.ndarray) -> np.ndarray:
        digits, start, sums = -np.log10(shares), 0, []
        for names in DOUBTS.values():
            sums.append(digits[:, start : start + len(names)].sum(axis=1))
            start += len(names)
        return np.column_stack(sums)

    def share(self, features: np.ndarray) -> np.ndarray:
        """Share of honest orders as doubtful, float64 (n, n_doubts)."""
        return self.sums_.share(self._sums(self.columns_.share(features[:, PLACES])))

    def arrays(self) -> dict[str, np.ndarray]:
        """All there is to keep; what :meth:`of` takes."""
        return {
            "column_levels": self.columns_.levels_,
            "sum_levels": self.sums_.levels_,
            "shares": self.sums_.shares_,
        }

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> "OrderDoubts":
        doubts = cls()
        doubts.columns_, doubts.sums_ = Tails(), Tails()
        doubts.columns_.levels_ = arrays["column_levels"]
        doubts.sums_.levels_ = arrays["sum_levels"]
        doubts.columns_.shares_ = doubts.sums_.shares_ = arrays["shares"]
        return doubts
