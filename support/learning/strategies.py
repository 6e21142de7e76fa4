"""Which strategy answers a message best: a contextual bandit, and its worth before it serves.

Linear Thompson sampling (Agrawal and Goyal 2013): for each strategy a Bayesian linear regression of
the reward on the message's features; a draw from its posterior decides. The share of draws that a
strategy wins, mixed with a floor, is the probability it is taken with; it is logged with the
decision, so that another policy can be valued on the same log: inverse propensity scoring (Horvitz
and Thompson 1952), self-normalised (Swaminathan and Joachims 2015), doubly robust (Dudík, Langford
and Li 2011).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

STRATEGIES = ("answer", "clarify", "offer", "hand_over")
"""Answer; ask what was meant; answer and offer a person; call a person."""
FEATURES = (
    "one",
    "confidence",
    "confidence_squared",
    "urgency",
    "upset",
    "misses",
    "money",
    "long",
)
COSTS = {"answer": 0.0, "clarify": 0.1, "offer": 0.05, "hand_over": 0.5}
"""What a strategy takes of the customer's and the agents' time, in resolved conversations."""
RATING_WEIGHT = 0.125
"""A star above or below three, in resolved conversations."""
DRAWS = 200
FLOOR = 0.02
"""The least probability of a strategy that is allowed: without it nothing is learned of it."""
Floats = npt.NDArray[np.float64]
Policy = Callable[[Floats], Floats]
"""Features (n, d) to probabilities of the strategies (n, k)."""


def reward(strategy: str, *, resolved: bool, rating: int | None) -> float:
    """What came of a decision: resolution, the customer's stars if any, less the cost.

    >>> reward("hand_over", resolved=True, rating=5)
    0.75
    """
    stars = 0.0 if rating is None else RATING_WEIGHT * (rating - 3)
    return round(float(resolved) + stars - COSTS[strategy], 6)


class LinearThompson:
    """Linear Thompson sampling over :data:`STRATEGIES`.

    Parameters
    ----------
    ridge
        Precision of the prior.
    spread
        Standard deviation of the reward's noise, by which draws vary.
    """

    def __init__(self, dimensions: int = len(FEATURES), *, ridge: float = 1.0, spread: float = 0.2):
        self.spread = spread
        arms = len(STRATEGIES)
        self.precision = np.tile(ridge * np.eye(dimensions), (arms, 1, 1))
        self.moment = np.zeros((arms, dimensions))
        self._solve()

    def _solve(self) -> None:
        self.covariance = np.linalg.inv(self.precision)
        self.mean = np.einsum("kij,kj->ki", self.covariance, self.moment)

    def update(self, x: Floats, arm: int, value: float) -> None:
        """Learn from one decision, features (d,)."""
        self.precision[arm] += np.outer(x, x)
        self.moment[arm] += value * x
        self.covariance[arm] = np.linalg.inv(self.precision[arm])
        self.mean[arm] = self.covariance[arm] @ self.moment[arm]

    def fit(self, x: Floats, arms: npt.NDArray[np.int64], values: Floats) -> Self:
        """Learn from logged decisions, features (n, d)."""
        for arm in range(len(STRATEGIES)):
            rows = x[arms == arm]
            self.precision[arm] += rows.T @ rows
            self.moment[arm] += values[arms == arm] @ rows
        self._solve()
        return self

    def probabilities(
        self, x: Floats, allowed: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> Floats:
        """Probability of each strategy for features (d,), 0 for those not allowed, float64 (k,)."""
        centre = self.mean @ x
        deviation = self.spread * np.sqrt(np.einsum("i,kij,j->k", x, self.covariance, x))
        draws = centre + deviation * rng.standard_normal((DRAWS, len(STRATEGIES)))
        draws[:, ~allowed] = -np.inf
        wins = np.bincount(draws.argmax(axis=1), minlength=len(STRATEGIES)) / DRAWS
        return floored(wins, allowed)

    def policy(self, seed: int = 0) -> Policy:
        """As a policy whose value can be estimated; every strategy is allowed."""
        every = np.ones(len(STRATEGIES), dtype=bool)

        def act(x: Floats) -> Floats:
            rng = np.random.default_rng(seed)
            return np.array([self.probabilities(row, every, rng) for row in x])

        return act

    def save(self, path: Path) -> None:
        np.savez(path, precision=self.precision, moment=self.moment, spread=self.spread)

    @classmethod
    def load(cls, path: Path) -> "LinearThompson":
        """Read what :meth:`save` wrote. Raises ValueError for what does not fit together."""
        with np.load(path, allow_pickle=False) as file:
            precision, moment = file["precision"], file["moment"]
            if moment.shape != (len(STRATEGIES), len(FEATURES)):
                raise ValueError("the strategies or features are others by now")
            model = cls(moment.shape[1], spread=float(file["spread"]))
            model.precision, model.moment = precision, moment
        model._solve()
        return model


def floored(probabilities: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    """Mix probabilities with :data:`FLOOR` for every strategy that is allowed."""
    mixed = np.where(allowed, FLOOR + (1 - FLOOR * allowed.sum()) * probabilities, 0.0)
    return mixed / mixed.sum()


@dataclass(frozen=True)
class Log:
    """Logged decisions: features (n, d), strategies (n,), rewards (n,), propensities (n,)."""

    x: Floats
    arms: npt.NDArray[np.int64]
    rewards: Floats
    propensities: Floats

    def part(self, rows: npt.NDArray[np.bool_]) -> "Log":
        return Log(self.x[rows], self.arms[rows], self.rewards[rows], self.propensities[rows])


def weights(log: Log, policy: Policy) -> Floats:
    """How much likelier the policy takes what was taken, float64 (n,)."""
    return policy(log.x)[np.arange(len(log.arms)), log.arms] / log.propensities


def ips(log: Log, policy: Policy) -> float:
    """The policy's mean reward by inverse propensity scoring: unbiased, of high variance."""
    return float(np.mean(weights(log, policy) * log.rewards))


def snips(log: Log, policy: Policy) -> float:
    """The same, divided by the sum of the weights: a little biased, far less variance."""
    ratio = weights(log, policy)
    return float(ratio @ log.rewards / max(ratio.sum(), 1e-12))


def doubly_robust(log: Log, policy: Policy, *, folds: int = 2, seed: int = 0) -> float:
    """A reward model's value of the policy, with what it missed put right by inverse propensities.

    The model of a row is fitted on the other folds.
    """
    fold = np.random.default_rng(seed).integers(folds, size=len(log.arms))
    chances, ratio = policy(log.x), weights(log, policy)
    guesses = np.empty((len(log.arms), len(STRATEGIES)))
    for number in range(folds):
        others = log.part(fold != number)
        model = LinearThompson(log.x.shape[1]).fit(others.x, others.arms, others.rewards)
        guesses[fold == number] = log.x[fold == number] @ model.mean.T
    taken = guesses[np.arange(len(log.arms)), log.arms]
    return float(np.mean((chances * guesses).sum(axis=1) + ratio * (log.rewards - taken)))
