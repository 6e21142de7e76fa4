"""Which strategy answers a message best: what can be chosen, by what, and what it brought."""

from foundation.learning.bandits import LinearThompson

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


def reward(strategy: str, *, resolved: bool, rating: int | None) -> float:
    """What came of a decision: resolution, the customer's stars if any, less the cost.

    >>> reward("hand_over", resolved=True, rating=5)
    0.75
    """
    stars = 0.0 if rating is None else RATING_WEIGHT * (rating - 3)
    return round(float(resolved) + stars - COSTS[strategy], 6)


def bandit() -> LinearThompson:
    """Return a choice of :data:`STRATEGIES` by :data:`FEATURES` that knows nothing yet."""
    return LinearThompson(len(STRATEGIES), len(FEATURES))
