"""What a household buys again: purchases counted with a weight that halves with time.

Groceries are mostly bought again, and how often and how lately is hard to beat: personalised
frequency is the strongest simple baseline of next-basket recommendation (Hu, He, Gao, Zhang 2020,
"Modeling personalized item frequency information for next-basket recommendation", SIGIR).
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.interactions import Interactions, decay


class RecencyWeightedFrequency:
    """Score items by a user's decayed number of purchases; popularity breaks ties.

    Parameters
    ----------
    half_life : float
        Days after which a purchase counts half. ``numpy.inf`` gives plain frequency.

    Attributes
    ----------
    weights_ : csr_array, shape (n_users, n_items)
        Decayed counts on the last day of the training lines.
    prior_ : array, shape (n_items,)
        Popularity, scaled below the weight of any purchase.

    Examples
    --------
    >>> bought = Interactions(
    ...     users=np.array([0, 0, 0]), items=np.array([1, 1, 2]), days=np.array([0, 1, 100]),
    ...     n_users=2, n_items=4)
    >>> model = RecencyWeightedFrequency(half_life=10).fit(bought)
    >>> int(model.predict([0])[0].argmax())
    2
    """

    def __init__(self, half_life: float = 120.0) -> None:
        self.half_life = half_life

    def fit(self, lines: Interactions) -> "RecencyWeightedFrequency":
        ago = lines.days.max(initial=0) - lines.days
        self.weights_: sparse.csr_array = lines.counts(decay(ago, self.half_life))
        popularity = lines.popularity()
        self.prior_ = (1e-4 * popularity / max(popularity.max(initial=0), 1)).astype(np.float32)
        return self

    def predict(self, users: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return scores of all items, shape (len(users), n_items)."""
        return self.weights_[np.asarray(users)].toarray() + self.prior_
