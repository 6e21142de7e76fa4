"""Who bought what and when, as arrays: the one input of the purchase models."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse


@dataclass(frozen=True)
class Interactions:
    """Purchase lines.

    Parameters
    ----------
    users, items : int array, shape (n_lines,)
        Row numbers, from 0.
    days : int array, shape (n_lines,)
        Day of the purchase, counted from any fixed day.
    n_users, n_items : int
        Shape of the matrices made from these lines.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    days: npt.NDArray[np.int32]
    n_users: int
    n_items: int

    def where(self, mask: npt.NDArray[np.bool_]) -> "Interactions":
        """Return the chosen lines, with the same shape."""
        return Interactions(
            self.users[mask], self.items[mask], self.days[mask], self.n_users, self.n_items
        )

    def before(self, day: int) -> "Interactions":
        return self.where(self.days < day)

    def between(self, first: int, last: int) -> "Interactions":
        """Return the lines of the days ``first`` to ``last``, both included."""
        return self.where((self.days >= first) & (self.days <= last))

    def counts(self, weights: npt.NDArray | None = None) -> sparse.csr_array:
        """Return the ``(n_users, n_items)`` matrix of (weighted) numbers of lines, float32."""
        values = np.ones(len(self.users), np.float32) if weights is None else weights
        matrix = sparse.coo_array(
            (values.astype(np.float32), (self.users, self.items)),
            shape=(self.n_users, self.n_items),
        )
        return matrix.tocsr()

    def popularity(self) -> npt.NDArray[np.float32]:
        """Return the number of lines of each item, shape (n_items,)."""
        return np.bincount(self.items, minlength=self.n_items).astype(np.float32)


def decay(days_ago: npt.ArrayLike, half_life: float) -> npt.NDArray[np.float32]:
    """Return the weight of a purchase so many days ago: 1 today, 1/2 after a half-life."""
    return np.exp2(-np.maximum(np.asarray(days_ago, np.float32), 0) / half_life)
