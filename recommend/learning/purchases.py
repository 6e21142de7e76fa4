"""The purchase model as it is served: small arrays in one npz, scores for one shopper at a time."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.household import HouseholdRanker, Recipe
from recommend.learning.interactions import decay

Scores = npt.NDArray[np.float32]


class PurchaseModel:
    """A fitted :class:`HouseholdRanker` with product ids.

    Parameters
    ----------
    product_ids : int64 array, shape (n_items,)
    ranker : HouseholdRanker
        Fitted; its items are in the order of ``product_ids``.

    Attributes
    ----------
    rows : dict
        Row of each product id.
    """

    def __init__(self, product_ids: npt.NDArray[np.int64], ranker: HouseholdRanker) -> None:
        self.product_ids = product_ids
        self.ranker = ranker
        self.rows = {int(pk): row for row, pk in enumerate(product_ids)}

    @property
    def recipe(self) -> Recipe:
        return self.ranker.recipe

    @property
    def last_day(self) -> int:
        """Last day of the training lines, as an ordinal."""
        return self.ranker.last_day_

    def history(self, purchases: Iterable[tuple[int, int]]) -> tuple[Scores, Scores]:
        """Return (decayed counts, log1p counts), each of shape (n_items,).

        ``purchases`` are (product id, day ordinal); products the model does not know are left
        out. Time counts back from the training data's end, or from the last purchase if later.
        """
        known = [(self.rows[pk], day) for pk, day in purchases if pk in self.rows]
        if not known:
            empty = np.zeros(len(self.product_ids), np.float32)
            return empty, empty.copy()
        rows, days = np.array(known).T
        now = max(self.last_day, int(days.max()))
        size = len(self.product_ids)
        decayed = np.bincount(rows, decay(now - days, self.recipe.half_life), minlength=size)
        counts = np.log1p(np.bincount(rows, minlength=size))
        return decayed.astype(np.float32), counts.astype(np.float32)

    def strengths(self, weights: Mapping[int, float]) -> Scores:
        """Return an array of shape (n_items,) with the given weights of product ids."""
        values = np.zeros(len(self.product_ids), np.float32)
        for pk, weight in weights.items():
            if pk in self.rows:
                values[self.rows[pk]] += weight
        return values

    def related(self, strengths: Scores) -> Scores:
        """Return what EASE^R expects beside the given strengths, shape (n_items,)."""
        rows = np.flatnonzero(strengths)
        if not len(rows):
            return np.zeros_like(strengths)
        return np.asarray(strengths[rows] @ self.ranker.weights_[rows]).ravel()

    def repeat(self, decayed: Scores, counts: Scores) -> Scores:
        recipe = self.recipe
        return (
            decayed
            + recipe.repeat_ease * self.related(counts)
            + recipe.repeat_popularity * self.ranker.recent_
        )

    def discovery(self, counts: Scores) -> Scores:
        return self.related(counts) + self.recipe.discovery_popularity * self.ranker.recent_

    def best(self, scores: Scores, count: int) -> list[tuple[int, float]]:
        """Return (product id, score) of the highest finite scores, best first."""
        count = min(count, len(scores))
        if not count:
            return []
        turned = -scores
        best = np.argpartition(turned, count - 1)[:count]
        best = best[np.argsort(turned[best], kind="stable")]
        best = best[np.isfinite(scores[best])]
        return list(zip(self.product_ids[best].tolist(), scores[best].tolist(), strict=True))

    @property
    def recent(self) -> Scores:
        """Recent popularity, shape (n_items,), 1 for the most popular."""
        return self.ranker.recent_

    def save(self, path: Path) -> None:
        """Write a compressed npz without pickles; weights as float16."""
        weights = self.ranker.weights_
        np.savez_compressed(
            path,
            product_ids=self.product_ids,
            data=weights.data.astype(np.float16),
            indices=weights.indices.astype(np.uint16 if weights.shape[1] < 65536 else np.int32),
            indptr=weights.indptr.astype(np.int32),
            popularity=self.ranker.popularity_,
            recent=self.ranker.recent_,
            last_day=np.array(self.ranker.last_day_),
            recipe=np.array(json.dumps(self.recipe.as_dict())),
        )

    @classmethod
    def load(cls, path: Path) -> "PurchaseModel":
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        size = len(parts["product_ids"])
        ranker = HouseholdRanker(Recipe(**json.loads(str(parts["recipe"]))))
        rows = (parts["data"].astype(np.float32), parts["indices"].astype(np.int32))
        ranker.weights_ = sparse.csr_array((*rows, parts["indptr"]), shape=(size, size))
        ranker.popularity_ = parts["popularity"]
        ranker.recent_ = parts["recent"]
        ranker.last_day_ = int(parts["last_day"])
        return cls(parts["product_ids"], ranker)
