"""What goes with a product and what stands in for it, from baskets.

Complements: chance that B is in a basket with A, from the counts of the pair, smoothed with the
chance given A's type (an empirical Bayes estimate with the type as prior), so that a product with
few baskets takes what its kind goes with. Only other types count: two kinds of pasta are bought
together but do not go together. Substitutes: products of one type that the same households buy at
different times, smoothed with what is bought of the type at all; a counting of baskets cannot find
them, as nobody takes both at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

COMPLEMENT_PRIOR = 100.0
"""Baskets that the chance given the type counts for; chosen on validation."""
SUBSTITUTE_PRIOR = 20.0
"""Households that the type's popularity counts for; chosen on validation."""
BLOCK = 512


@dataclass(frozen=True)
class Ranked:
    """The best of each product.

    Attributes
    ----------
    items : int32 array, shape (n, k)
        -1 where there are fewer than k.
    scores : float32 array, shape (n, k)
        Chances, 0 to 1.
    """

    items: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]


def incidence(rows: npt.NDArray, items: npt.NDArray, n_rows: int, n_items: int) -> sparse.csr_array:
    """Return which basket (or household) holds which product, zeros and ones."""
    ones = np.ones(len(rows), np.float32)
    matrix = sparse.csr_array((ones, (rows, items)), shape=(n_rows, n_items))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def complements(
    baskets: sparse.csr_array,
    types: npt.NDArray[np.int32],
    k: int = 10,
    prior: float = COMPLEMENT_PRIOR,
) -> Ranked:
    """Rank what is bought together with each product.

    Parameters
    ----------
    baskets
        Zeros and ones, shape (n_baskets, n_items).
    types
        Type of each item, 0 to t - 1.
    """
    n_types = int(types.max(initial=-1)) + 1
    member = sparse.csr_array(
        (np.ones(len(types), np.float32), (np.arange(len(types)), types)),
        shape=(len(types), n_types),
    )
    by_type = baskets @ member
    by_type.data[:] = 1.0
    together = (baskets.T @ baskets).tocsr()
    given_type = np.asarray((by_type.T @ baskets).todense())
    given_type /= np.maximum(np.asarray(by_type.sum(axis=0)).ravel(), 1.0)[:, None]
    bought = np.asarray(baskets.sum(axis=0)).ravel()

    def scores(block: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        pairs = np.asarray(together[block].todense())
        chance = (pairs + prior * given_type[types[block]]) / (bought[block, None] + prior)
        chance[types[block][:, None] == types[None, :]] = 0.0
        return chance

    return _best(len(types), k, scores)


def substitutes(
    households: sparse.csr_array,
    types: npt.NDArray[np.int32],
    k: int = 10,
    prior: float = SUBSTITUTE_PRIOR,
) -> Ranked:
    """Rank products of the same type by how many of A's households also buy them.

    ``households`` holds zeros and ones, shape (n_households, n_items).
    """
    shared = (households.T @ households).tocsr()
    buyers = np.asarray(households.sum(axis=0)).ravel()
    of_type = np.bincount(types, weights=buyers)
    share = buyers / np.maximum(of_type[types], 1.0)

    def scores(block: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        pairs = np.asarray(shared[block].todense())
        chance = (pairs + prior * share[None, :]) / (buyers[block, None] + prior)
        chance[types[block][:, None] != types[None, :]] = 0.0
        chance[np.arange(len(block)), block] = 0.0
        return chance

    return _best(len(types), k, scores)


def counted_together(baskets: sparse.csr_array, k: int = 10) -> Ranked:
    """The baseline: what shares most baskets with each product."""
    together = (baskets.T @ baskets).tocsr()

    def scores(block: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        pairs = np.asarray(together[block].todense())
        pairs[np.arange(len(block)), block] = 0.0
        return pairs

    return _best(baskets.shape[1], k, scores)


def _best(
    n_items: int, k: int, scores: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.floating]]
) -> Ranked:
    items = np.full((n_items, k), -1, np.int32)
    values = np.zeros((n_items, k), np.float32)
    for start in range(0, n_items, BLOCK):
        block = np.arange(start, min(start + BLOCK, n_items))
        found = scores(block)
        order = np.argsort(-found, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(found, order, axis=1)
        width = order.shape[1]
        items[block, :width] = np.where(best > 0, order, -1)
        values[block, :width] = best
    return Ranked(items, values)
