"""What to do with an order: the choice that costs least on average (Elkan 2001).

Letting a fraud through costs the goods and a fee; asking for a confirmation loses a few honest
shoppers and stops most thieves; a review costs a person's time and some patience; refusing an
honest order costs its margin and the shopper's goodwill.
"""

from dataclasses import dataclass

import numpy as np

ALLOW, CHALLENGE, REVIEW, REFUSE = "allow", "challenge", "review", "block"
CHOICES = (ALLOW, CHALLENGE, REVIEW, REFUSE)


@dataclass(frozen=True)
class Costs:
    """Dollars and shares. ``refuse_from`` is the probability below which nothing is refused
    without a person, whatever it would save."""

    fee: float = 15.0
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
        loss = np.asarray(total, float) + self.fee
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
