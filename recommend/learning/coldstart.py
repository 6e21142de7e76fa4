"""A product nobody has bought yet: ranked by what households did with its kin.

The ranker is trained on products that are hidden on purpose: their lines are taken away, as if they
had just arrived, and what happened with them in the next four weeks are the labels. Every known
product is hidden once, a share of them at a time. So it learns how far family, type and category,
price and size of the pack, the promotion plan and habits carry without the item.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import lightgbm
import numpy as np
import numpy.typing as npt

from recommend.learning.ease import EASE, log_counts
from recommend.learning.features import HALF_LIVES, Season, Shoppers
from recommend.learning.interactions import Interactions, decay
from recommend.learning.kin import (
    PRICE_BAND,
    crossed,
    expected_buyers,
    likeness,
    log_prices,
    normalised,
    plan_reach,
)
from recommend.learning.market import WINDOW_DAYS, Market
from recommend.learning.ranker import BLOCK, shoppers_of

UNKNOWN = ("item_", "ease", "sold_")
"""Features that begin so need purchases of the item itself."""


@dataclass(frozen=True)
class ColdRecipe:
    folds: int = 9
    """So many shares of the products are hidden in turn to learn from."""
    share: float = 0.1
    windows: int = 3
    """The last windows, of which the folds take one after the other."""
    negatives: float = 0.1
    rounds: int = 200


class Newcomers:
    """What can be said of items without purchases in a season.

    Parameters
    ----------
    market : Market
        Lines of the hidden items are left out by this class.
    start : int
    hidden : int array
        Items that are new.
    vectors : array, shape (n_items, width), optional
        Unit text vectors.
    """

    def __init__(
        self, market: Market, start: int, hidden: npt.NDArray, vectors: npt.NDArray | None = None
    ) -> None:
        seen = ~np.isin(market.purchases.items, hidden)
        self.market = replace(market, purchases=market.purchases.where(seen))
        self.hidden = np.sort(hidden)
        self.vectors = vectors
        size = market.purchases.n_items
        self.season = Season(self.market, start)
        past = self.market.purchases.before(start).lines
        self.kinds = {
            "type": market.catalogue.types,
            "family": self.season.families,
        }
        self.models = {
            name: EASE(100.0, kept_share=None).fit(_as_groups(past, of))
            for name, of in self.kinds.items()
            if name == "type"
        }
        known = np.setdiff1d(np.arange(size), hidden)
        self.attributes = self._attributes(known)
        self.attributes["expected_buyers"] = expected_buyers(self.market, self.season, known)
        self.attributes |= plan_reach(self.season)
        self.like = likeness(market.catalogue, known, self.hidden)
        self.kin = normalised(self.like)

    def _attributes(self, known: npt.NDArray) -> dict[str, npt.NDArray[np.float32]]:
        """What the items are, and what known products of their kin sell: what to expect of one."""
        sales = np.log1p(self.season.pop84)
        catalogue = self.market.catalogue
        result: dict[str, npt.NDArray] = {"own_brand": catalogue.own_brand.astype(np.float32)}
        kin = {**self.kinds, "maker": catalogue.makers, "category": catalogue.categories}
        kin["type_brand"] = catalogue.types * 2 + catalogue.own_brand
        if catalogue.sizes is not None:
            kin["size"] = catalogue.sizes
            kin["type_size"] = crossed(catalogue.types, catalogue.sizes)
        if catalogue.prices is not None:
            prices = log_prices(catalogue)
            band = np.round(prices / PRICE_BAND).astype(int)
            kin["type_price"] = crossed(catalogue.types, band - band.min())
            result["price"] = prices
            result["price_in_type"] = prices - _mean(catalogue.types, known, prices)
        for name, of in kin.items():
            result[f"typical_{name}"] = _mean(of, known, sales, pull=1)
            result[f"number_{name}"] = np.log1p(np.bincount(of[known], minlength=len(of)))[of]
        for name, of in self.kinds.items():
            best = np.zeros(int(of.max(initial=0)) + 1)
            np.maximum.at(best, of[known], sales[known])
            result[f"best_{name}"] = best[of]
        return {name: values.astype(np.float32) for name, values in result.items()}

    def pairs(
        self, users: npt.NDArray, chosen: npt.NDArray | None = None
    ) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return names and features of every (user, hidden item), user by user.

        ``chosen`` (a mask over them) leaves the others out, which saves the time they take.
        """
        shoppers = shoppers_of(self.season, self.market, users)
        places = np.arange(len(users) * len(self.hidden))
        if chosen is not None:
            places = places[chosen]
        rows = places // len(self.hidden)
        items = self.hidden[places % len(self.hidden)]
        names, values = shoppers.features(rows, items)
        kept = [place for place, name in enumerate(names) if not name.startswith(UNKNOWN)]
        types = self.kinds["type"]
        expected = self.models["type"].predict(log_counts(_as_groups(shoppers.lines.lines, types)))
        more = {"type_expected": expected[rows, types[items]]}
        more |= {name: values[items] for name, values in self.attributes.items()}
        more |= {name: values.ravel()[places] for name, values in self._of_kin(shoppers).items()}
        more |= self._taste(shoppers, rows, items)
        if self.vectors is not None:
            more["text"] = self._alike(shoppers).ravel()[places]
        names = [*(names[place] for place in kept), *more]
        columns = [np.asarray(column, np.float32)[:, None] for column in more.values()]
        return names, np.concatenate([values[:, kept], *columns], 1)

    def _of_kin(self, shoppers: Shoppers) -> dict[str, npt.NDArray[np.float32]]:
        """What the household had and may expect of the hidden items' kin, (users, hidden)."""
        lines, season = shoppers.lines, self.season
        ago = season.start - lines.days
        weights, like = self.kin.T.tocsr(), self.like.T.tocsr()
        had = {half: lines.lines.counts(decay(ago, half)) for half in HALF_LIVES[1:]}
        longest = had[HALF_LIVES[-1]]
        sold, everywhere = shoppers.sold @ weights, season.popularity_share @ weights
        shape = sold.shape
        most = np.zeros(shape, np.float32)
        expected_most = np.zeros(shape, np.float32)
        dense = longest.toarray()
        for place, (first, last) in enumerate(pairwise(self.like.indptr)):
            near, values = self.like.indices[first:last], self.like.data[first:last]
            most[:, place] = (dense[:, near] * values).max(1, initial=0.0)
            expected_most[:, place] = shoppers.expected[:, near].max(1, initial=-1.0)
        result = {
            "kin_ease": shoppers.expected @ weights,
            "kin_ease_lately": shoppers.expected_lately @ weights,
            "kin_ease_sum": np.maximum(shoppers.expected, 0) @ like,
            "kin_ease_most": expected_most,
            "kin_counts": (log_counts(lines.lines) @ weights).toarray(),
            "kin_sum": (longest @ like).toarray(),
            "kin_most": most,
            "kin_sold_at_own": np.log(sold * 1e5 + 0.3),
            "kin_sold_ratio": np.log((sold + 1e-7) / (everywhere + 1e-7)),
            "kin_sales": np.broadcast_to(np.log1p(season.pop84) @ weights, shape),
        }
        result |= {f"kin_{half:.0f}": (had[half] @ weights).toarray() for half in had}
        return {name: values.astype(np.float32) for name, values in result.items()}

    def _taste(
        self, shoppers: Shoppers, rows: npt.NDArray, items: npt.NDArray
    ) -> dict[str, npt.NDArray]:
        """How the item's price, maker and brand fit what the household takes in its type."""
        lines, catalogue = shoppers.lines, self.market.catalogue
        weights = decay(self.season.start - lines.days, HALF_LIVES[-1])

        def total(of: npt.NDArray, values: npt.NDArray) -> npt.NDArray:
            sums = np.zeros((lines.n_users, int(of.max(initial=0)) + 1), np.float32)
            np.add.at(sums, (lines.users, of[lines.items]), values)
            return sums[rows, of[items]]

        prices = log_prices(catalogue)
        brands = crossed(catalogue.types, catalogue.own_brand.astype(int))
        in_type = total(catalogue.types, weights)
        paid = total(catalogue.types, weights * prices[lines.items])
        with np.errstate(divide="ignore", invalid="ignore"):
            dearer = np.where(in_type > 0, prices[items] - paid / in_type, np.nan)
        everything = np.bincount(lines.users, weights, lines.n_users)[rows]
        return {
            "taste_price": dearer,
            "taste_price_off": np.abs(dearer),
            "taste_maker": total(catalogue.makers, weights) / (everything + 5),
            "taste_brand": (total(brands, weights) + 0.5) / (in_type + 1),
        }

    def _alike(self, shoppers: Shoppers) -> npt.NDArray[np.float32]:
        """How near the hidden items' texts are to what the household buys, by cosine."""
        assert self.vectors is not None
        taste = log_counts(shoppers.lines.lines) @ self.vectors
        taste /= np.linalg.norm(taste, axis=1, keepdims=True) + 1e-9
        return (taste @ self.vectors[self.hidden].T).astype(np.float32)


class ColdRanker:
    """Ranks new products for households.

    Attributes
    ----------
    booster_ : lightgbm.Booster
    names_ : list of str
    """

    def __init__(self, recipe: ColdRecipe | None = None) -> None:
        self.recipe = recipe or ColdRecipe()

    def fit(
        self,
        market: Market,
        start: int,
        known: npt.NDArray,
        vectors: npt.NDArray | None = None,
        seed: int = 0,
    ) -> "ColdRanker":
        """Learn from windows before ``start``, hiding shares of the ``known`` items in turn.

        At most as many folds are made as there are shares.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(known)
        size = max(1, int(self.recipe.share * len(known)))
        values, labels = [], []
        for fold in range(min(self.recipe.folds, len(order) // size)):
            hidden = order[fold * size : (fold + 1) * size]
            begin = start - (fold % self.recipe.windows + 1) * WINDOW_DAYS
            # What is really new is as unknown here as what is hidden.
            unknown = np.setdiff1d(np.arange(market.purchases.n_items), known)
            gone = ~np.isin(market.purchases.items, unknown)
            past = replace(market, purchases=market.purchases.where(gone))
            for x, y in self._window(Newcomers(past, begin, hidden, vectors), market, begin, rng):
                values.append(x)
                labels.append(y)
        parameters = {
            "objective": "binary",
            "learning_rate": 0.06,
            "num_leaves": 31,
            "min_data_in_leaf": 100,
            "feature_fraction": 0.5,
            "max_bin": 63,
            "lambda_l2": 5.0,
            "verbose": -1,
            "num_threads": 1,
        }
        data = lightgbm.Dataset(
            np.concatenate(values), np.concatenate(labels).astype(np.float32), params=parameters
        )
        self.booster_ = lightgbm.train(parameters, data, self.recipe.rounds)
        return self

    def _window(
        self, news: Newcomers, market: Market, begin: int, rng: np.random.Generator
    ) -> Iterator[tuple[npt.NDArray, npt.NDArray]]:
        days = market.purchases.days
        window = market.purchases.where((days >= begin) & (days < begin + WINDOW_DAYS))
        bought = window.lines.counts()
        # Those who bought nothing of it teach only how seldom it is bought.
        mine = np.isin(window.items, news.hidden)
        users = np.intersect1d(market.purchases.before(begin).users, window.users[mine])
        for first in range(0, len(users), BLOCK):
            rows = users[first : first + BLOCK]
            labels = (bought[rows][:, news.hidden].toarray() > 0).ravel()
            kept = labels | (rng.random(len(labels)) < self.recipe.negatives)
            self.names_, values = news.pairs(rows, kept)
            yield values, labels[kept]

    def predict(self, news: Newcomers, users: npt.NDArray) -> npt.NDArray[np.float32]:
        """Return scores of the hidden items, shape (len(users), len(news.hidden))."""
        _names, values = news.pairs(users)
        scores = np.asarray(self.booster_.predict(values, raw_score=True))
        return scores.reshape(len(users), -1).astype(np.float32)


def _as_groups(lines: Interactions, of: npt.NDArray) -> Interactions:
    """Return the lines with groups (types, families) in place of items."""
    return replace(lines, items=of[lines.items], n_items=int(of.max(initial=0)) + 1)


def _mean(
    of: npt.NDArray, known: npt.NDArray, values: npt.NDArray, pull: float = 1e-9
) -> npt.NDArray:
    """Mean of the known items' values by group, for every item; drawn to 0 by ``pull`` items."""
    size = int(of.max(initial=0)) + 1
    number = np.bincount(of[known], minlength=size)
    return (np.bincount(of[known], values[known], size) / (number + pull))[of]
