"""A household's baskets in their order, as the sequence model takes them.

A basket is what a household bought on one day, each item once: in which order it lay in the trolley
says nothing. How long ago the basket before was comes with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommend.learning.features import distinct
from recommend.learning.interactions import Interactions
from recommend.learning.market import WINDOW_DAYS

GAP_BOUNDS = (1, 2, 3, 5, 7, 10, 14, 21, 28, 56)
"""Days since the basket before; the first of all counts as long ago."""
GAPS = len(GAP_BOUNDS) + 1
LEAST_FUTURE = 7
"""Days after a basket that must be known for it to be learnt from."""


def gap_buckets(days: npt.NDArray) -> npt.NDArray[np.int64]:
    """Return the number of each basket's gap, for one household's days in order."""
    gaps = np.diff(days, prepend=days[:1] - 10 * WINDOW_DAYS)
    return np.searchsorted(GAP_BOUNDS, gaps, side="left").astype(np.int64)


class Baskets:
    """All households' baskets, sorted by household and day.

    Attributes
    ----------
    items : array, shape (n_items_in_baskets,)
    first : array, shape (n_baskets + 1,)
        Where each basket begins among ``items``.
    days : array, shape (n_baskets,)
    of : array, shape (n_users + 1,)
        Where each household's baskets begin.
    """

    def __init__(self, lines: Interactions) -> None:
        days = lines.days.astype(np.int64)
        earliest = int(days.min(initial=0))
        span = int(days.max(initial=0)) - earliest + 1
        keys = (lines.users.astype(np.int64) * span + days - earliest) * lines.n_items + lines.items
        keys = distinct(keys)
        self.items = keys % lines.n_items
        visits = keys // lines.n_items
        begins = np.flatnonzero(np.diff(visits, prepend=-1))
        self.first = np.append(begins, len(keys))
        self.days = visits[begins] % span + earliest
        self.of = np.searchsorted(visits[begins] // span, np.arange(lines.n_users + 1))
        self.last_day = int(days.max(initial=0))

    def household(self, user: int) -> "Household":
        start, end = self.of[user], self.of[user + 1]
        return Household(self.items, self.first[start : end + 1], self.days[start:end])


@dataclass(frozen=True)
class Household:
    """One household's baskets; ``first`` are places in the ``items`` of all."""

    items: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.days)

    def basket(self, place: int) -> npt.NDArray[np.int64]:
        return self.items[self.first[place] : self.first[place + 1]]

    def had(self, place: int) -> npt.NDArray[np.int64]:
        """What was bought up to a basket, with it."""
        return self.items[self.first[0] : self.first[place + 1]]

    def follows(self, place: int) -> npt.NDArray[np.int64]:
        """What is bought in the four weeks after a basket."""
        until = np.searchsorted(self.days, self.days[place] + WINDOW_DAYS, side="right")
        return self.items[self.first[place + 1] : self.first[until]]


@dataclass(frozen=True)
class Examples:
    """A batch to learn from.

    ``items``, ``offsets``, ``weights`` are the bags of ``households * length`` baskets, ``gaps``
    theirs, shape (households, length); ``places`` are the flattened baskets that are predicted
    after, of which ``had`` and ``bought`` are masks of shape (len(places), n_items), and ``days``
    theirs.
    """

    items: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    gaps: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    had: npt.NDArray[np.bool_]
    bought: npt.NDArray[np.bool_]
    days: npt.NDArray[np.int64]


def examples(
    baskets: Baskets,
    n_items: int,
    *,
    length: int,
    households: int,
    positions: int,
    rng: np.random.Generator,
) -> Iterator[Examples]:
    """Yield batches that take every household once, each with another stretch of its past."""
    latest = baskets.last_day - LEAST_FUTURE
    usable = [
        user
        for user in range(len(baskets.of) - 1)
        if baskets.of[user + 1] > baskets.of[user] and baskets.days[baskets.of[user]] <= latest
    ]
    order = rng.permutation(usable)
    for begin in range(0, len(order), households):
        chosen = [baskets.household(user) for user in order[begin : begin + households]]
        yield _batch(chosen, latest, n_items, length, positions, rng)


def _batch(
    chosen: Sequence[Household],
    latest: int,
    n_items: int,
    length: int,
    positions: int,
    rng: np.random.Generator,
) -> Examples:
    bags: list[npt.NDArray] = []
    gaps = np.zeros((len(chosen), length), np.int64)
    places, had, bought, days = [], [], [], []
    for row, one in enumerate(chosen):
        known = int(np.searchsorted(one.days, latest, side="right"))
        end = int(rng.integers(known))
        start = max(0, end - length + 1)
        size = end - start + 1
        gaps[row, :size] = gap_buckets(one.days)[start : end + 1]
        bags += [one.basket(place) for place in range(start, end + 1)]
        bags += [one.items[:0]] * (length - size)
        for place in rng.permutation(size)[:positions]:
            places.append(row * length + place)
            had.append(one.had(start + place))
            bought.append(one.follows(start + place))
            days.append(one.days[start + place])
    sizes = np.array([len(bag) for bag in bags])
    return Examples(
        np.concatenate(bags),
        np.append(0, np.cumsum(sizes)[:-1]),
        np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32),
        gaps,
        np.array(places),
        _masks(had, n_items),
        _masks(bought, n_items),
        np.array(days),
    )


def _masks(rows: Sequence[npt.NDArray], n_items: int) -> npt.NDArray[np.bool_]:
    masks = np.zeros((len(rows), n_items), bool)
    for mask, items in zip(masks, rows, strict=True):
        mask[items] = True
    return masks
