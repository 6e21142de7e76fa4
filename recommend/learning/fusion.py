"""One ranking of two: the transformer's chances and the transitions' votes, mixed on a log scale.

A network generalises from few events, neighbours remember pairs that were seen; they err in
different places.
"""

import numpy as np
import numpy.typing as npt

from recommend.learning.behaviour import BehaviourTransformer
from recommend.learning.pretrain import predict
from recommend.learning.transitions import Sequences, Transitions

FLOOR = 1e-3
"""What an item without a vote counts as; below it differences in votes do not matter."""
LEAST = 1e-9


class SequenceBlend:
    """Scores of what comes next, by both.

    Parameters
    ----------
    model : BehaviourTransformer
    transitions : Transitions
        Both fitted on the same items.
    weight : float
        Of the transformer, from 0 to 1; chosen on the validation items of Amazon Beauty.
    """

    def __init__(
        self, model: BehaviourTransformer, transitions: Transitions, weight: float = 0.3
    ) -> None:
        self.model = model
        self.transitions = transitions
        self.weight = weight

    def predict(self, sequences: Sequences) -> npt.NDArray[np.float32]:
        """Return scores of all items, shape (n_sequences, n_items).

        Chances are shared out among the items the person has not had.
        """
        logits, votes = predict(self.model, sequences), self.transitions.predict(sequences)
        chances = np.exp(logits - logits.max(1, keepdims=True))
        for row, items in enumerate(sequences):
            chances[row, items] = votes[row, items] = 0.0
        chances /= np.maximum(chances.sum(1, keepdims=True), LEAST)
        votes /= np.maximum(votes.sum(1, keepdims=True), LEAST)
        return self.weight * np.log(chances + LEAST) + (1 - self.weight) * np.log(votes + FLOOR)
