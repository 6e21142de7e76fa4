"""Simulated customers for the choice of a strategy: what comes of each is known for all.

The shares are assumptions, written down here: an answer resolves as often as its intent was
understood; asking back helps who is patient; an offered person is accepted when the answer was
wrong; an agent nearly always helps and costs half of what a resolved conversation is worth.
Nothing here is linear in the features, so the bandit's model is wrong as it would be in life.
"""

from dataclasses import dataclass

import numpy as np

from foundation.learning.bandits import Floats, Log
from support.learning.strategies import COSTS, FEATURES, RATING_WEIGHT, STRATEGIES

ANSWER, CLARIFY, OFFER, HAND_OVER = range(len(STRATEGIES))
UNDERSTOOD = 0.3
"""Confidence from which the written rules answer instead of asking."""


@dataclass
class Customers:
    """Customers in the order in which they write.

    Attributes
    ----------
    x : features, float64 (n, d)
    expected : mean reward of each strategy, float64 (n, k)
    """

    rng: np.random.Generator

    def draw(self, n: int) -> "Customers":
        rng = self.rng
        confidence = rng.beta(1.6, 0.9, n)
        urgency, upset = rng.beta(1, 4, n), rng.beta(1, 4, n)
        misses = rng.binomial(1, 0.15, n).astype(float)
        money = rng.binomial(1, 0.25, n).astype(float)
        long = rng.beta(1, 3, n)
        ones = np.ones(n)
        columns = [ones, confidence, confidence**2, urgency, upset, misses, money, long]
        self.x = np.stack(columns, axis=1)
        assert self.x.shape[1] == len(FEATURES)
        right = confidence * (1 - 0.25 * money * upset)
        patience = np.clip(0.95 - 0.7 * upset - 0.5 * misses - 0.3 * urgency, 0, 1)
        asked = patience * (0.55 + 0.4 * confidence)
        accepted = (1 - right) * (0.75 - 0.35 * (1 - upset) * (1 - urgency))
        resolved = np.stack([right, asked, right + 0.9 * accepted, np.full(n, 0.96)], axis=1)
        stars = np.stack(
            [
                5 * right + 1 * (1 - right),
                4.4 * asked + (1.6 - 0.6 * upset) * (1 - asked),
                4.9 * right + 3.8 * accepted + 1.2 * (1 - right - accepted),
                4.6 - 0.9 * (1 - urgency) * (1 - upset),
            ],
            axis=1,
        )
        self.resolved = np.clip(resolved, 0, 1)
        costs = np.array([COSTS[name] for name in STRATEGIES])
        extra = np.zeros_like(self.resolved)
        # Whoever takes the offered person costs the agent's time as well.
        extra[:, OFFER] = accepted * COSTS["hand_over"]
        self.expected = self.resolved + RATING_WEIGHT * (stars - 3) - costs - extra
        return self

    def outcome(self, row: int, arm: int) -> float:
        """A reward drawn for one customer."""
        mean, chance = self.expected[row, arm], self.resolved[row, arm]
        hit = self.rng.random() < chance
        return float(mean + (hit - chance) + self.rng.normal(0, 0.1))


def written_rules(x: Floats) -> Floats:
    """What the assistant does without a bandit, as probabilities (n, k)."""
    confidence, misses = x[:, FEATURES.index("confidence")], x[:, FEATURES.index("misses")]
    arms = np.where(confidence >= UNDERSTOOD, ANSWER, np.where(misses > 0, HAND_OVER, CLARIFY))
    return np.eye(len(STRATEGIES))[arms]


def exploring_rules(x: Floats, share: float = 0.2) -> Floats:
    """The same, with a share of strategies taken at random, so that others can be learned of."""
    return (1 - share) * written_rules(x) + share / len(STRATEGIES)


def logged(customers: Customers) -> Log:
    """What :func:`exploring_rules` would have left in the log."""
    chances = exploring_rules(customers.x)
    picks = customers.rng.random(len(chances))[:, None]
    arms = (chances.cumsum(axis=1) < picks).sum(axis=1)
    arms = np.minimum(arms, len(STRATEGIES) - 1)
    rewards = np.array([customers.outcome(row, arm) for row, arm in enumerate(arms)])
    return Log(customers.x, arms, rewards, chances[np.arange(len(arms)), arms])
