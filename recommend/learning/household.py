"""The served purchase model: what a household buys again, and what it would buy newly.

Decayed frequency (repeat) and EASE^R on log counts (discovery), each blended with the popularity
of the last weeks. The scores are not scaled by household: what is known of a small household counts
less against popularity than what is known of a large one.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.ease import EASE
from recommend.learning.evaluation import KINDS, Measured, block
from recommend.learning.interactions import Interactions, decay

HELD_OUT_DAYS = 28
BLOCK = 512


@dataclass(frozen=True)
class Recipe:
    """What the model is made of; two versions with one recipe differ by their data only.

    The weights were chosen on the validation window of benchmarks/recommend.py.
    """

    half_life: float = 75.0
    regularisation: float = 200.0
    kept_share: float = 0.05
    recent_days: int = 21
    repeat_ease: float = 1.0
    repeat_popularity: float = 0.3
    discovery_popularity: float = 0.4

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class HouseholdRanker:
    """Score items for a household from its own purchases.

    Parameters
    ----------
    recipe : Recipe

    Attributes
    ----------
    weights_ : csr_array, shape (n_items, n_items)
        EASE^R weights, the largest in size.
    popularity_ : array, shape (n_items,)
        Lines over the whole time, 1 for the most popular.
    recent_ : array, shape (n_items,)
        log1p of the lines of the last ``recent_days``, 1 for the most popular.
    last_day_ : int
        Last day of the training lines.

    References
    ----------
    Steck 2019 (EASE^R); Hu et al. 2020 (personalised frequency).
    """

    def __init__(self, recipe: Recipe | None = None) -> None:
        self.recipe = recipe or Recipe()

    def fit(self, lines: Interactions) -> "HouseholdRanker":
        ease = EASE(self.recipe.regularisation, self.recipe.kept_share).fit(lines)
        self.weights_ = ease.weights_
        self.last_day_ = int(lines.days.max(initial=0))
        first = self.last_day_ - self.recipe.recent_days + 1
        self.popularity_ = _scaled(lines.popularity())
        self.recent_ = _scaled(np.log1p(lines.between(first, self.last_day_).popularity()))
        return self

    def histories(self, lines: Interactions) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Return (decayed counts, log1p counts), each of shape (n_users, n_items)."""
        decayed = lines.counts(decay(self.last_day_ - lines.days, self.recipe.half_life))
        counts = lines.counts()
        counts.data = np.log1p(counts.data)
        return decayed, counts

    def repeat(self, decayed: sparse.csr_array, counts: sparse.csr_array) -> npt.NDArray:
        """Return scores over all items, shape (n_users, n_items): what comes into the basket."""
        return (
            decayed.toarray()
            + self.recipe.repeat_ease * (counts @ self.weights_).toarray()
            + self.recipe.repeat_popularity * self.recent_
        )

    def discovery(self, counts: sparse.csr_array) -> npt.NDArray:
        """Return scores of shape (n_users, n_items), meant for items the household never had."""
        ease = (counts @ self.weights_).toarray()
        return ease + self.recipe.discovery_popularity * self.recent_


def evaluate(recipe: Recipe, lines: Interactions, days: int = HELD_OUT_DAYS) -> dict[str, float]:
    """Return the means of :func:`measure`."""
    return measure(recipe, lines, days).means()


def measure(recipe: Recipe, lines: Interactions, days: int = HELD_OUT_DAYS) -> Measured:
    """Fit before the last ``days`` days and measure on them.

    ``repeat`` ranks all items, ``discovery`` those that are new to the household; both for
    households with purchases before and in the window, of which there are none when the data is
    too short.
    """
    start = int(lines.days.max(initial=0)) - days + 1
    past, window = lines.before(start), lines.where(lines.days >= start)
    users = np.intersect1d(np.unique(past.users), np.unique(window.users))
    if not len(users):
        return Measured()
    model = HouseholdRanker(recipe).fit(past)
    decayed, counts = model.histories(past)
    bought = window.counts()
    parts: dict[str, list[tuple]] = {kind: [] for kind in KINDS}
    for start_row in range(0, len(users), BLOCK):
        rows = users[start_row : start_row + BLOCK]
        had, truth = counts[rows], bought[rows]
        parts["repeat"].append(block(rows, model.repeat(decayed[rows], had), truth))
        parts["discovery"].append(block(rows, model.discovery(had), truth, had))
    return Measured.of(users, parts)


def _scaled(values: npt.NDArray) -> npt.NDArray[np.float32]:
    return (values / max(float(values.max(initial=0.0)), 1e-9)).astype(np.float32)
