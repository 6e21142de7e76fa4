"""The sequence model as a source of the plain blend: one score, and what it adds to the ranking."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.evaluation import KINDS, Measured, block
from recommend.learning.household import BLOCK, HouseholdRanker, Recipe
from recommend.learning.interactions import Interactions
from recommend.learning.market import WINDOW_DAYS
from recommend.learning.sequence import SequenceModel

Floats = npt.NDArray[np.float32]
REPEAT, DISCOVERY = 0.6, 0.07
"""Weights beside the blend's score; chosen on the validation window."""
LEAST = -20.0
"""Below it differences of log chances do not matter."""


def with_chances(kind: str, scores: Floats, log_chances: Floats) -> Floats:
    """Return the blend's scores with the sequence model's chances, arrays of one shape.

    Repeats are led by counts, which a root of the chance only corrects. What is new differs by
    orders of magnitude; there the log counts, among whichever items the chances are shared out.
    """
    if kind == "repeat":
        return np.asarray(scores + REPEAT * np.exp(0.5 * log_chances), np.float32)
    return np.asarray(scores + DISCOVERY * np.maximum(log_chances, LEAST), np.float32)


def windows(lines: Interactions) -> tuple[Interactions, Interactions]:
    """Return the lines before the last four weeks and those of them."""
    start = int(lines.days.max(initial=0)) - WINDOW_DAYS + 1
    return lines.before(start), lines.where(lines.days >= start)


def measure(
    model: SequenceModel, past: Interactions, window: Interactions
) -> tuple[Measured, Measured]:
    """Return the figures of the blend with the sequence model, and without.

    ``model`` was trained on ``past`` alone. The households and figures are those of
    :func:`recommend.learning.household.measure`.
    """
    users = np.intersect1d(np.unique(past.users), np.unique(window.users))
    if not len(users):
        return Measured(), Measured()
    blend = HouseholdRanker(Recipe()).fit(past)
    decayed, counts = blend.histories(past)
    bought = window.counts()
    both: tuple[dict[str, list], dict[str, list]] = (
        {kind: [] for kind in KINDS},
        {kind: [] for kind in KINDS},
    )
    for begin in range(0, len(users), BLOCK):
        rows = users[begin : begin + BLOCK]
        had, truth = counts[rows], bought[rows]
        chances = model.of_households(_of(past, rows))
        scores = {"repeat": blend.repeat(decayed[rows], had), "discovery": blend.discovery(had)}
        exclude: dict[str, sparse.csr_array | None] = {"repeat": None, "discovery": had}
        for kind in KINDS:
            mixed = with_chances(kind, scores[kind], chances[kind])
            for parts, values in zip(both, (mixed, scores[kind]), strict=True):
                parts[kind].append(block(rows, values, truth, exclude[kind]))
    return Measured.of(users, both[0]), Measured.of(users, both[1])


def _of(lines: Interactions, users: npt.NDArray) -> Interactions:
    """The lines of some users, who become users 0, 1, ..."""
    place = np.full(lines.n_users, -1, np.int32)
    place[users] = np.arange(len(users), dtype=np.int32)
    mine = lines.where(place[lines.users] >= 0)
    return Interactions(place[mine.users], mine.items, mine.days, len(users), lines.n_items)
