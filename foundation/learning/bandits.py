"""Contextual bandits: choices that are logged with their chances, and what another policy is worth.

Linear Thompson sampling (Agrawal and Goyal 2013): for each choice a Bayesian linear regression of
the reward on the features; a draw from its posterior decides. The share of draws that a choice
wins, mixed with a floor, is the probability it is taken with; it is logged with the decision, so
that another policy can be valued on the same log: inverse propensity scoring (Horvitz and Thompson
1952), self-normalised (Swaminathan and Joachims 2015), doubly robust (Dudík, Langford and Li 2011).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

DRAWS = 200
FLOOR = 0.02
"""The least probability of a choice that is allowed: without it nothing is learned of it."""
Floats = npt.NDArray[np.float64]
Policy = Callable[[Floats], Floats]
"""Features (n, d) to probabilities of the choices (n, k)."""


class LinearThompson:
    """Linear Thompson sampling over ``arms`` choices.

    Parameters
    ----------
    arms, dimensions
        Number of choices k and of features d.
    ridge
        Precision of the prior.
    spread
        Standard deviation of the reward's noise, by which draws vary.
    """

    def __init__(self, arms: int, dimensions: int, *, ridge: float = 1.0, spread: float = 0.2):
        self.spread = spread
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
        for arm in range(len(self.moment)):
            rows = x[arms == arm]
            self.precision[arm] += rows.T @ rows
            self.moment[arm] += values[arms == arm] @ rows
        self._solve()
        return self

    def probabilities(
        self, x: Floats, allowed: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> Floats:
        """Probability of each choice for features (d,), 0 for those not allowed, float64 (k,)."""
        arms = len(self.moment)
        centre = self.mean @ x
        deviation = self.spread * np.sqrt(np.einsum("i,kij,j->k", x, self.covariance, x))
        draws = centre + deviation * rng.standard_normal((DRAWS, arms))
        draws[:, ~allowed] = -np.inf
        wins = np.bincount(draws.argmax(axis=1), minlength=arms) / DRAWS
        return floored(wins, allowed)

    def policy(self, seed: int = 0) -> Policy:
        """As a policy whose value can be estimated; every choice is allowed."""
        every = np.ones(len(self.moment), dtype=bool)

        def act(x: Floats) -> Floats:
            rng = np.random.default_rng(seed)
            return np.array([self.probabilities(row, every, rng) for row in x])

        return act

    def save(self, path: Path) -> None:
        np.savez(path, precision=self.precision, moment=self.moment, spread=self.spread)

    @classmethod
    def load(cls, path: Path, arms: int, dimensions: int) -> "LinearThompson":
        """Read what :meth:`save` wrote. Raises ValueError when choices or features are others."""
        with np.load(path, allow_pickle=False) as file:
            precision, moment = file["precision"], file["moment"]
            if moment.shape != (arms, dimensions):
                raise ValueError("the choices or features are others by now")
            model = cls(arms, dimensions, spread=float(file["spread"]))
            model.precision, model.moment = precision, moment
        model._solve()
        return model


def floored(probabilities: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    """Mix probabilities with :data:`FLOOR` for every choice that is allowed."""
    mixed = np.where(allowed, FLOOR + (1 - FLOOR * allowed.sum()) * probabilities, 0.0)
    return mixed / mixed.sum()


@dataclass(frozen=True)
class Log:
    """Logged decisions: features (n, d), choices (n,), rewards (n,), propensities (n,)."""

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
    """The mean of :func:`doubly_robust_terms`."""
    return float(doubly_robust_terms(log, policy, folds=folds, seed=seed).mean())


def doubly_robust_terms(log: Log, policy: Policy, *, folds: int = 2, seed: int = 0) -> Floats:
    """A reward model's value of the policy by row, its errors put right by inverse propensities.

    The model of a row is fitted on the other folds.
    """
    fold = np.random.default_rng(seed).integers(folds, size=len(log.arms))
    chances, ratio = policy(log.x), weights(log, policy)
    guesses = np.empty(chances.shape)
    for number in range(folds):
        others = log.part(fold != number)
        model = LinearThompson(chances.shape[1], log.x.shape[1]).fit(
            others.x, others.arms, others.rewards
        )
        guesses[fold == number] = log.x[fold == number] @ model.mean.T
    taken = guesses[np.arange(len(log.arms)), log.arms]
    return (chances * guesses).sum(axis=1) + ratio * (log.rewards - taken)
