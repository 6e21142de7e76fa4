"""What follows what: item-to-item transitions, weighted by distance and recency.

An item votes for those that came after it in other people's sequences (and, by half, for those that
came before), less the further apart they were; the last things a person had count most. Ludewig
and Jannach 2018, "Evaluation of session-based recommendation algorithms" (UMUAI), found such
neighbours hard to beat by networks on short sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Sequences = Sequence[npt.NDArray[np.int64]]
"""Item numbers of each user, the oldest first."""


def weighted(sequences: Sequences, n_items: int, fade: float = 1.0) -> sparse.csr_array:
    """Return a ``(n_users, n_items)`` matrix: the last item 1, the one before ``fade``, ..."""
    users = np.repeat(np.arange(len(sequences)), [len(items) for items in sequences])
    values = [fade ** np.arange(len(items))[::-1] for items in sequences]
    flat = np.concatenate(values).astype(np.float32) if values else np.zeros(0, np.float32)
    items = np.concatenate(sequences) if len(sequences) else np.zeros(0, np.int64)
    return sparse.coo_array((flat, (users, items)), shape=(len(sequences), n_items)).tocsr()


@dataclass(frozen=True)
class TransitionRecipe:
    """Chosen on the validation items of Amazon Beauty."""

    reach: int = 20
    """Items so far apart still count as following each other."""
    fade: float = 0.8
    """A step further apart counts so much less."""
    backwards: float = 0.5
    source_power: float = 0.4
    target_power: float = 0.1
    recency: float = 0.6
    """Of a person's items, each earlier one counts so much less."""


class Transitions:
    """Scores of what comes next.

    Attributes
    ----------
    weights_ : csr_array, shape (n_items, n_items)
        ``weights_[i, j]`` is what having had i says for j.
    """

    def __init__(self, n_items: int, recipe: TransitionRecipe | None = None) -> None:
        self.n_items = n_items
        self.recipe = recipe or TransitionRecipe()

    def fit(self, sequences: Sequences) -> "Transitions":
        recipe = self.recipe
        flat = np.concatenate(sequences)
        owner = np.repeat(np.arange(len(sequences)), [len(items) for items in sequences])
        total = sparse.csr_array((self.n_items, self.n_items), dtype=np.float32)
        for step in range(1, recipe.reach + 1):
            same = owner[:-step] == owner[step:]
            if not same.any():
                break
            pair = (flat[:-step][same], flat[step:][same])
            ones = np.full(len(pair[0]), recipe.fade ** (step - 1), np.float32)
            total = total + sparse.coo_array((ones, pair), total.shape).tocsr()
        total = (total + recipe.backwards * total.T).tocoo()
        had = np.bincount(flat, minlength=self.n_items).astype(np.float32) + 1
        scale = had[total.row] ** recipe.source_power * had[total.col] ** recipe.target_power
        self.weights_ = sparse.csr_array(
            (total.data / scale, (total.row, total.col)), shape=total.shape
        )
        return self

    def predict(self, sequences: Sequences) -> npt.NDArray[np.float32]:
        """Return scores, shape (n_sequences, n_items)."""
        histories = weighted(sequences, self.n_items, self.recipe.recency)
        return (histories @ self.weights_).toarray().astype(np.float32)
