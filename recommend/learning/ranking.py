"""The learned ranker as it is served: one file, scores for one shopper at a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.evaluation import KINDS
from recommend.learning.features import Season, Shoppers
from recommend.learning.market import Purchases
from recommend.learning.ranker import LearnedRanker, RankerRecipe, pairs_of

Ranked = list[tuple[int, float]]
INTEREST = 10.0
"""What a look at something adds to the log odds of what EASE^R expects beside it."""


@dataclass(frozen=True)
class Line:
    """One purchase: ids of product and channel, the day's ordinal, whether it was reduced."""

    product: int
    channel: int
    day: int
    reduced: bool


class RankingModel:
    """A fitted :class:`LearnedRanker` with the season it ranks for and the ids of its rows.

    Parameters
    ----------
    ranker : LearnedRanker
    season : Season
        Of the window that begins after the training data.
    products, channels : int64 array
        Ids of the season's items and stores.
    """

    def __init__(
        self,
        ranker: LearnedRanker,
        season: Season,
        products: npt.NDArray[np.int64],
        channels: npt.NDArray[np.int64],
    ) -> None:
        self.ranker = ranker
        self.season = season
        self.products = products
        self.channels = channels
        self.rows = {int(pk): row for row, pk in enumerate(products)}
        self.stores = {int(pk): row for row, pk in enumerate(channels)}

    @property
    def takes_sequence(self) -> bool:
        """Whether it has to be told what the sequence model expects."""
        return self.ranker.recipe.sequence

    def rank(
        self,
        lines: Iterable[Line],
        interest: npt.NDArray[np.float32],
        count: int,
        chances: Mapping[str, npt.NDArray[np.float32]] | None = None,
    ) -> dict[str, Ranked]:
        """Return (product id, log odds) by kind, best first, at most ``count`` of each.

        ``repeat`` holds what the shopper has had, ``discovery`` what is new. ``interest`` is what
        EASE^R expects beside what was looked at in this visit, shape (n_items,); it counts at once.
        ``chances`` are the sequence model's by kind, each of shape (n_items,).
        """
        known = [line for line in lines if line.product in self.rows]
        if not known:
            return {kind: [] for kind in KINDS}
        shoppers = Shoppers(self.season, self._purchases(known), self._no_coupons())
        if self.takes_sequence:
            if chances is None:
                raise ValueError("This ranker was trained with a sequence model; there is none.")
            shoppers.chances = {kind: values[None, :] for kind, values in chances.items()}
        _names, pairs = pairs_of(shoppers, self.ranker.recipe)
        result = {}
        for kind in KINDS:
            kept = pairs.new if kind == "discovery" else ~pairs.new
            items = pairs.items[kept]
            scores = self.ranker.score(kind, pairs.values[kept])
            if kind == "discovery":
                scores = scores + INTEREST * np.maximum(interest[items], 0)
            best = np.argsort(-scores, kind="stable")[:count]
            ids = self.products[items[best]].tolist()
            result[kind] = list(zip(ids, scores[best].tolist(), strict=True))
        return result

    def interest(self, weights: dict[int, float]) -> npt.NDArray[np.float32]:
        """Return what EASE^R expects beside products with the given weights, shape (n_items,)."""
        strengths = np.zeros(len(self.products), np.float32)
        for pk, weight in weights.items():
            if pk in self.rows:
                strengths[self.rows[pk]] += weight
        rows = np.flatnonzero(strengths)
        if not len(rows):
            return strengths
        return np.asarray(strengths[rows] @ self.season.ease.weights_[rows]).ravel()

    def _purchases(self, known: list[Line]) -> Purchases:
        """The lines of one user. What was bought after the season began counts as of its eve."""
        size = len(known)
        eve = self.season.start - 1
        no = np.zeros(size, bool)
        items = np.array([self.rows[line.product] for line in known], np.int32)
        price = self.season.item_features["item_price"]
        return Purchases(
            users=np.zeros(size, np.int32),
            items=items,
            days=np.array([min(line.day, eve) for line in known], np.int32),
            stores=np.array([self.stores.get(line.channel, 0) for line in known], np.int32),
            discounted=np.array([line.reduced for line in known]),
            mailed=no,
            displayed=no,
            prices=np.exp(price[items]).astype(np.float32),
            n_users=1,
            n_items=len(self.products),
            n_stores=len(self.channels),
        )

    def _no_coupons(self) -> sparse.csr_array:
        return sparse.csr_array((1, len(self.products)), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write a compressed npz without pickles; the boosted models in LightGBM's own text."""
        models = {
            f"model_{kind}_{number}": np.array(booster.model_to_string())
            for kind in KINDS
            for number, booster in enumerate(self.ranker.boosters_[kind])
        }
        np.savez_compressed(
            path,
            products=self.products,
            channels=self.channels,
            recipe=np.array(json.dumps(self.ranker.recipe.as_dict())),
            **models,  # type: ignore[arg-type]
            **self.season.arrays(),  # type: ignore[arg-type]
        )

    @classmethod
    def load(cls, path: Path) -> "RankingModel":
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        ranker = LearnedRanker(RankerRecipe.from_dict(json.loads(str(parts["recipe"]))))
        ranker.boosters_ = {
            kind: [
                lightgbm.Booster(model_str=str(parts[f"model_{kind}_{number}"]))
                for number in range(ranker.recipe.seeds)
            ]
            for kind in KINDS
        }
        return cls(ranker, Season.restored(parts), parts["products"], parts["channels"])
