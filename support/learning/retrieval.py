"""Intents by the nearest example: a message is compared with hand-written utterances.

The score of an intent is the mean cosine of its ``k`` nearest examples (Larson et al. 2019, An
evaluation dataset for intent classification and out-of-scope prediction, use such a nearest
neighbour baseline); below the threshold the message is out of scope.
"""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

Encode = Callable[[Sequence[str]], np.ndarray]


class NearestExamples:
    """Classify texts by their nearest examples.

    Parameters
    ----------
    encode
        Texts to unit vectors, float32 (n, d).
    k
        Examples that count for an intent.

    Attributes
    ----------
    labels_ : list of str
        Intent of each example.
    vectors_ : float32 (n_examples, d)
    """

    def __init__(self, encode: Encode, *, k: int = 2) -> None:
        self.encode = encode
        self.k = k

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        self.labels_ = list(labels)
        self.vectors_ = self.encode(list(texts))
        return self

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Best intent and its score, -1 to 1, for each text."""
        similar = self.encode(list(texts)) @ self.vectors_.T
        labels = np.array(self.labels_)
        names = sorted(set(self.labels_))
        scores = np.column_stack(
            [
                np.sort(similar[:, labels == name], axis=1)[:, -self.k :].mean(axis=1)
                for name in names
            ]
        )
        best = scores.argmax(axis=1)
        return [(names[place], float(scores[row, place])) for row, place in enumerate(best)]
