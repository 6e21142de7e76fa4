"""How good a ranking is: NDCG, recall and hit rate of the first k.

NDCG (Järvelin and Kekäläinen 2002) with equal gains; the ideal has min(k, bought) hits. Recall is
over all that was bought.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse


def rank_metrics(
    scores: npt.NDArray[np.float32],
    bought: sparse.csr_array,
    *,
    exclude: sparse.csr_array | None = None,
    k: int = 10,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return each user's metrics; users who bought nothing that counts are left out.

    Parameters
    ----------
    scores : array, shape (n_users, n_items)
    bought : csr_array, shape (n_users, n_items)
        What was bought in the held-out window (any positive value).
    exclude : csr_array, optional
        Items that are neither ranked nor counted: what the user has had, for discovery.

    Returns
    -------
    dict
        ``ndcg``, ``recall``, ``hit``: arrays of shape (n_users that count,).
    """
    truth = bought.toarray() > 0
    ranked = scores
    if exclude is not None:
        had = exclude.toarray() > 0
        truth &= ~had
        ranked = np.where(had, -np.inf, scores)
    counted = truth.any(axis=1)
    truth, ranked = truth[counted], ranked[counted]
    top = top_k(ranked, k)
    hits = np.take_along_axis(truth, top, axis=1)
    discounts = 1.0 / np.log2(np.arange(2, top.shape[1] + 2))
    number = truth.sum(axis=1)
    ideal = np.cumsum(discounts)[np.minimum(number, top.shape[1]) - 1]
    return {
        "ndcg": (hits * discounts).sum(axis=1) / ideal,
        "recall": hits.sum(axis=1) / number,
        "hit": hits.any(axis=1).astype(np.float64),
    }


def top_k(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.intp]:
    """Return the columns of the k highest scores of each row, best first."""
    k = min(k, scores.shape[1])
    part = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, part, axis=1), axis=1, kind="stable")
    return np.take_along_axis(part, order, axis=1)
