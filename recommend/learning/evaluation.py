"""How good a ranking is: NDCG, recall and hit rate of the first k.

NDCG (Järvelin and Kekäläinen 2002) with equal gains; the ideal has min(k, bought) hits. Recall is
over all that was bought.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

KINDS = ("repeat", "discovery")


@dataclass
class Measured:
    """NDCG@10 of each household that counts, on a held-out window.

    Attributes
    ----------
    households : int
        With purchases before and in the window.
    users, values : dict
        By kind, ``repeat`` and ``discovery``: row of the household and its NDCG@10.
    """

    households: int = 0
    users: dict[str, npt.NDArray] = field(default_factory=dict)
    values: dict[str, npt.NDArray] = field(default_factory=dict)

    @classmethod
    def of(cls, users: npt.NDArray, parts: dict[str, list[tuple]]) -> "Measured":
        """Put blocks of (user rows, values) together."""
        made = cls(len(users))
        for kind, blocks in parts.items():
            made.users[kind] = np.concatenate([rows for rows, _ in blocks])
            made.values[kind] = np.concatenate([values for _, values in blocks])
        return made

    def means(self) -> dict[str, float]:
        """Return ``repeat_ndcg@10``, ``discovery_ndcg@10`` (0 without households), ``households``.

        The discovery figure is over households that bought something new.
        """
        result = {"households": float(self.households)}
        for kind in KINDS:
            values = self.values.get(kind, np.zeros(0))
            result[f"{kind}_ndcg@10"] = round(float(values.mean()), 5) if len(values) else 0.0
        return result


def block(
    users: npt.NDArray,
    scores: npt.NDArray[np.float32],
    bought: sparse.csr_array,
    exclude: sparse.csr_array | None = None,
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return (users, NDCG@10) of those rows that bought something that counts."""
    truth = bought.toarray() > 0
    if exclude is not None:
        truth &= ~(exclude.toarray() > 0)
    return users[truth.any(axis=1)], rank_metrics(scores, bought, exclude=exclude)["ndcg"]


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
