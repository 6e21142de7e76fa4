"""Experiments: who gets which arm, and what may be said however often somebody looks.

The test is the mixture sequential probability ratio test with a normal mixture (Robbins 1970;
Johari, Koomen, Pekelis and Walsh 2017, "Peeking at A/B Tests"): its interval holds at all sample
sizes at once, so stopping at the first look that excludes 0 errs in at most a share ``alpha`` of
experiments without a difference. It rests on the normal approximation of means, hence
:data:`LEAST`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

ALPHA = 0.05
LEAST = 100
"""Units of each arm before anything is said."""
EXPECTED = 0.03
"""Standard deviation of differences that are looked for: where the interval is narrowest."""
Floats = npt.NDArray[np.float64]


def draw(experiment: str, unit: str) -> float:
    """Return a number in [0, 1) that is always the same for an experiment and a unit.

    Of two experiments it is independent, so that they do not share their groups.
    """
    digest = sha256(f"{experiment}\x1f{unit}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def assign(experiment: str, unit: str, chances: Sequence[float]) -> int:
    """Return the arm of a unit; ``chances`` add up to 1."""
    edges = np.cumsum(chances)[:-1]
    return int(np.searchsorted(edges, draw(experiment, unit), side="right"))


@dataclass(frozen=True)
class Lift:
    """By how much an arm's mean exceeds the first arm's, with an interval valid at every look."""

    difference: float
    low: float
    high: float

    @property
    def decided(self) -> bool:
        return self.low > 0 or self.high < 0


def half_width(variance: Floats, *, alpha: float = ALPHA, expected: float = EXPECTED) -> Floats:
    """Return half the confidence sequence's width; ``variance`` is that of the estimate.

    Both of any shape. Inverts the ratio ``sqrt(v / (v + t)) exp(t d^2 / (2 v (v + t)))``, with
    ``t`` the square of ``expected``, at ``1 / alpha``.
    """
    prior = expected**2
    total = variance + prior
    return np.sqrt(variance * total / prior * (np.log(total / variance) - 2 * math.log(alpha)))


def share_variance(hits: Floats, count: Floats) -> Floats:
    """Return the variance of a share; two more units, a hit and a miss, keep it above 0."""
    share = (hits + 1) / (count + 2)
    return share * (1 - share) / count


def lift(control: tuple[int, int], arm: tuple[int, int], *, alpha: float = ALPHA) -> Lift | None:
    """Compare two arms given as (hits, units); None while there are too few of either."""
    if min(control[1], arm[1]) < LEAST:
        return None
    difference = arm[0] / arm[1] - control[0] / control[1]
    variance = sum(
        share_variance(np.array(float(hits)), np.array(float(count)))
        for hits, count in (control, arm)
    )
    half = float(half_width(np.asarray(variance), alpha=alpha))
    return Lift(difference, difference - half, difference + half)


def preference(first: int, second: int, *, alpha: float = ALPHA) -> Lift | None:
    """Compare two rankings by how many people preferred each; None while too few did.

    The difference is in shares of those who preferred one: 1 when all preferred the second.
    """
    count = first + second
    if count < LEAST:
        return None
    difference = (second - first) / count
    # Twice a share, so four times its variance, and looked for at twice the distance.
    variance = 4 * share_variance(np.array(float(second)), np.array(float(count)))
    half = float(half_width(variance, alpha=alpha, expected=2 * EXPECTED))
    return Lift(difference, difference - half, difference + half)


def team_draft(first: Sequence[int], second: Sequence[int], seed: str) -> list[tuple[int, int]]:
    """Interleave two rankings; return (item, team), team 0 or 1, as long as both have one to give.

    Team draft (Radlinski, Kurup and Joachims 2008): who has given less gives the best that is not
    there yet, a coin decides where both gave the same. ``seed`` makes the coins.

    >>> team_draft([1, 2, 3], [1, 2, 3], "x")[0][0]
    1
    """
    ranks, places, given = (first, second), [0, 0], [0, 0]
    merged: list[tuple[int, int]] = []
    had: set[int] = set()
    while True:
        coin = draw(seed, str(len(merged))) < 0.5
        team = int(given[1] < given[0]) if given[0] != given[1] else int(coin)
        own = ranks[team]
        while places[team] < len(own) and own[places[team]] in had:
            places[team] += 1
        if places[team] == len(own):
            return merged
        item = own[places[team]]
        merged.append((item, team))
        had.add(item)
        given[team] += 1
