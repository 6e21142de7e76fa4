"""What people buy together, as vectors, and how far a basket is from a customer's own.

Categories that are bought in the same baskets get vectors that point the same way: the positive
pointwise mutual information of two categories (contexts smoothed by the power of 0.75) is
factorised by a singular value decomposition, whose left vectors are kept without the singular
values (Levy, Goldberg & Dagan 2015). The mean basket is taken off, since what everybody buys says
nothing of anybody (Arora, Liang & Ma 2017).

A basket is the share of the logarithm of what was spent in each category, its vector the mean of
the categories' by that share. A customer's vector is the mean of the earlier baskets' vectors; a
basket counts half as much every ``HALF_LIFE``. Both are linear in the shares, so that a customer's
state keeps shares alone and any version of the vectors can be laid on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np
from scipy import sparse

HALF_LIFE = 180 * 86_400.0
REFERENCE = 1_577_836_800.0
"""A basket's weight is told against this moment (2020-01-01), so that no sum has to be touched as
it ages and none depends on the order in which baskets arrive."""
DIMENSIONS = 128
SMOOTHING = 0.75
LEAST_BASKETS = 200
"""Baskets below which nothing can be said of what is bought together."""
FLAT = 1e-9
"""A basket's vector shorter than this has no direction: its categories are unknown."""


def shares(spent: Mapping[str, float]) -> dict[str, float]:
    """A basket by category, shares of log dollars that add up to 1; empty when all is free."""
    logs = {name: float(np.log1p(value)) for name, value in spent.items() if value > 0}
    total = sum(logs.values())
    return {name: value / total for name, value in logs.items()}


def weight(at: float) -> float:
    """How much a basket of that moment counts against one of ``REFERENCE``."""
    return float(2.0 ** ((at - REFERENCE) / HALF_LIFE))


class BasketEmbedding:
    """Vectors of categories from the baskets they were bought in.

    Attributes
    ----------
    names_ : list of str
    vectors_ : float64 (n_categories, n_dimensions), with the mean basket's taken off.
    """

    def __init__(self, *, dimensions: int = DIMENSIONS) -> None:
        self.dimensions = dimensions

    def fit(self, baskets: Iterable[Mapping[str, float]]) -> Self:
        """Learn from baskets, dollars by category. ValueError when they are too few."""
        rows = [share for basket in baskets if (share := shares(basket))]
        self.names_ = sorted({name for row in rows for name in row})
        if len(rows) < LEAST_BASKETS or len(self.names_) < 2:
            raise ValueError(f"{len(rows)} baskets; {LEAST_BASKETS} of two categories are needed.")
        self._place = {name: number for number, name in enumerate(self.names_)}
        table = self.table(rows)
        # Whether a category was bought at all, not for how much, makes two go together.
        present = (table > 0).astype(np.float64)
        together = (present.T @ present).toarray()
        np.fill_diagonal(together, 0.0)
        count = together.sum(axis=1)
        context = count**SMOOTHING
        context *= count.sum() / max(context.sum(), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mutual = np.log(together * count.sum() / np.outer(count, context))
        left, strength, _right = np.linalg.svd(np.where(np.isfinite(mutual), mutual, 0.0).clip(0))
        kept = min(self.dimensions, int((strength > 1e-9 * strength[0]).sum()))
        vectors = left[:, :kept]
        self.vectors_ = vectors - np.asarray(table.mean(axis=0)).ravel() @ vectors
        return self

    def table(self, rows: Sequence[Mapping[str, float]]) -> sparse.csr_matrix:
        """Shares (n, n_categories); categories that were not there in training are left out."""
        cells = [
            (number, place, value)
            for number, row in enumerate(rows)
            for name, value in row.items()
            if (place := self._place.get(name)) is not None
        ]
        index = np.array([cell[:2] for cell in cells], np.int64).reshape(-1, 2).T
        values = np.array([cell[2] for cell in cells], np.float64)
        return sparse.csr_matrix((values, (index[0], index[1])), (len(rows), len(self.names_)))

    def vector(self, row: Mapping[str, float]) -> np.ndarray:
        """Vector (n_dimensions,) of shares, or of any sum of them."""
        places, values = [], []
        for name, value in row.items():
            if (place := self._place.get(name)) is not None:
                places.append(place)
                values.append(value)
        return np.array(values) @ self.vectors_[places] if places else self.vectors_[0] * 0.0

    def arrays(self) -> dict[str, np.ndarray]:
        """All there is to keep; what :meth:`of` takes."""
        return {"names": np.array(self.names_), "vectors": self.vectors_}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "BasketEmbedding":
        embedding = cls(dimensions=arrays["vectors"].shape[1])
        embedding.names_ = arrays["names"].tolist()
        embedding.vectors_ = arrays["vectors"]
        embedding._place = {name: number for number, name in enumerate(embedding.names_)}
        return embedding
