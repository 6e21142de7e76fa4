"""Which items of a whole catalogue are worth a closer look for a household.

What it had, by decayed count; what EASE^R expects, and the sequence model where there is one; what
sells newly at its own stores; what these will promote; siblings of what it buys. A few hundred of
thousands hold most of what is bought.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommend.learning.evaluation import top_k
from recommend.learning.features import Shoppers, distinct


@dataclass(frozen=True)
class Sizes:
    """So many candidates from each source."""

    had: int = 150
    expected: int = 100
    selling: int = 40
    promoted: int = 60
    siblings: int = 60
    sequence: int = 60
    """Only where the sequence model serves."""


def candidates(shoppers: Shoppers, sizes: Sizes) -> tuple[npt.NDArray, npt.NDArray]:
    """Return (users, items) of the pairs, ordered by user and item, each pair once."""
    season, item = shoppers.season, shoppers.histories["item"]
    size = season.n_items
    shape = (shoppers.lines.n_users, size)
    had = np.zeros(shape, np.float32)
    had[item.users, item.things] = item.decayed[-1]
    none = -np.inf
    new = had == 0
    lift = np.maximum(shoppers.expected, 0) + 0.02
    newly = shoppers.sold * (season.new / (season.pop84 + 5))[None, :]
    kinds = season.catalogue.types
    kind = shoppers.histories["type"]
    share = season.pop84 / (np.bincount(kinds, season.pop84)[kinds] + 5)
    liked = np.zeros((shape[0], int(kinds.max(initial=0)) + 1), np.float32)
    liked[kind.users, kind.things] = np.sqrt(kind.decayed[-1])
    planned = shoppers.own["mailed"] + 0.5 * shoppers.own["displayed"]
    promoted = planned * lift * (shoppers.sold > 0)
    sources = [
        (had, had > 0, sizes.had),
        (shoppers.expected + 0.03 * season.recent, new, sizes.expected),
        (newly, new, sizes.selling),
        (promoted, new & (planned > 0), sizes.promoted),
        (liked[:, kinds] * np.sqrt(share * shoppers.sold), new, sizes.siblings),
    ]
    if shoppers.chances is not None:
        sources.append((shoppers.chances["discovery"], new, sizes.sequence))
    pairs = []
    for scores, allowed, count in sources:
        if not count:
            continue
        ranked = np.where(allowed, scores, none)
        best = top_k(ranked, count)
        rows = np.repeat(np.arange(shape[0]), best.shape[1])
        kept = np.isfinite(ranked[rows, best.ravel()])
        pairs.append(rows[kept].astype(np.int64) * size + best.ravel()[kept])
    unique = distinct(np.concatenate(pairs))
    return unique // size, unique % size
