"""What to do with an order: the choice that costs least on average (Elkan 2001).

Letting a fraud through costs the goods and a fee; asking for a confirmation loses a few honest
shoppers and stops most thieves; a review costs a person's time and some patience; refusing an
honest order costs its margin and the shopper's goodwill.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ALLOW, CHALLENGE, REVIEW, REFUSE = "allow", "challenge", "review", "block"
CHOICES = (ALLOW, CHALLENGE, REVIEW, REFUSE)


@dataclass(frozen=True)
class Costs:
    """Dollars and shares. ``loss_share`` is the part of a fraud's total that is lost for good;
    ``refuse_from`` the probability below which nothing is refused without a person, whatever it
    would save."""

    fee: float = 15.0
    loss_share: float = 1.0
    margin: float = 0.25
    goodwill: float = 20.0
    review: float = 3.0
    review_catches: float = 0.95
    review_leaves: float = 0.02
    challenge_catches: float = 0.70
    challenge_leaves: float = 0.03
    refuse_from: float = 0.90

    def expected(self, probability: np.ndarray, total: np.ndarray) -> np.ndarray:
        """Expected dollars of each of ``CHOICES`` for each order, (n, 4)."""
        fraud, honest = np.asarray(probability, float), 1 - np.asarray(probability, float)
        loss = self.loss_share * np.asarray(total, float) + self.fee
        lost = self.margin * np.asarray(total, float) + self.goodwill
        refuse = honest * lost
        return np.column_stack(
            [
                fraud * loss,
                fraud * (1 - self.challenge_catches) * loss + honest * self.challenge_leaves * lost,
                self.review
                + fraud * (1 - self.review_catches) * loss
                + honest * self.review_leaves * lost,
                np.where(fraud >= self.refuse_from, refuse, np.inf),
            ]
        )

    def choose(self, probability: np.ndarray, total: np.ndarray) -> np.ndarray:
        """Index into ``CHOICES`` for each order, (n,)."""
        return self.expected(probability, total).argmin(axis=1)


LEAST_OUTCOMES = 20
"""Outcomes below which a figure stays what it was assumed to be."""
BOUNDS: dict[str, tuple[float, float]] = {
    "loss_share": (0.3, 1.0),
    "review": (0.5, 15.0),
    "review_catches": (0.6, 0.99),
    "review_leaves": (0.0, 0.2),
    "challenge_catches": (0.3, 0.99),
    "challenge_leaves": (0.0, 0.3),
}
"""What can be learned from outcomes, and how far: a strange quarter must not open the door, nor
close it."""


def recompute(seen: Mapping[str, tuple[float, int]]) -> dict[str, float]:
    """Costs that outcomes speak for: ``seen`` has a value and a number of outcomes by field.

    What was seen too seldom is left out; the rest is brought within ``BOUNDS``.
    """
    return {
        name: round(min(max(seen[name][0], low), high), 4)
        for name, (low, high) in BOUNDS.items()
        if name in seen and seen[name][1] >= LEAST_OUTCOMES
    }
