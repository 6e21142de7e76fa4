"""The learned ranker: gradient boosting over a few hundred candidates of a household.

Labels come from several past windows of four weeks, each with the features that were known the day
before it began. One model ranks everything a household may buy, another what it never had: what
makes a good discovery is not what makes a good repeat. The chance of a purchase (binary loss) is
averaged over seeds; scores are log odds.

Ke et al. 2017, "LightGBM", NeurIPS.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import lightgbm
import numpy as np
import numpy.typing as npt

from recommend.learning.candidates import Sizes, candidates
from recommend.learning.ease import EASE
from recommend.learning.evaluation import KINDS, Measured, block
from recommend.learning.features import Season, Shoppers
from recommend.learning.market import WINDOW_DAYS, Market

BLOCK = 256


@dataclass(frozen=True)
class RankerRecipe:
    """What the ranker is made of; chosen on the validation window of benchmarks/recommend.py."""

    windows: int = 2
    seeds: int = 2
    negatives: float = 0.3
    """Of the pairs that were not bought, so many are learnt from."""
    new_in_repeat: int = 50
    """So many candidates that the household never had compete in the repeat model."""
    rounds: int = 120
    leaves: int = 31
    learning_rate: float = 0.08
    kept_share: float | None = None
    """Of the EASE^R weights, so many are kept; None keeps all."""
    sequence: bool = False
    """Whether what the market's sequence models expect is a source and a feature."""
    sizes: Sizes = field(default_factory=Sizes)

    def as_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "RankerRecipe":
        """Read what :meth:`as_dict` gave. Raises TypeError and KeyError for another release's."""
        return cls(**{**values, "sizes": Sizes(**values["sizes"])})


@dataclass(frozen=True)
class Pairs:
    """Candidates with their features; ``new`` marks what the user never had."""

    users: npt.NDArray
    items: npt.NDArray
    values: npt.NDArray[np.float32]
    new: npt.NDArray[np.bool_]
    competes: npt.NDArray[np.bool_]
    """In the repeat model: what was had, and the most expected of what is new."""

    def kept(self, kind: str) -> npt.NDArray[np.bool_]:
        return self.new if kind == "discovery" else self.competes


def pairs_of(shoppers: Shoppers, recipe: RankerRecipe) -> tuple[list[str], Pairs]:
    """Return the features' names and the candidates of all households in ``shoppers``."""
    users, items = candidates(shoppers, recipe.sizes)
    names, values = shoppers.features(users, items)
    new = values[:, names.index("item_count")] == 0
    expected = values[:, names.index("ease")]
    order = np.lexsort((-expected, ~new, users))
    place = np.empty(len(users), int)
    place[order] = np.arange(len(users)) - np.searchsorted(users[order], users[order])
    return names, Pairs(users, items, values, new, ~new | (place < recipe.new_in_repeat))


class LearnedRanker:
    """Two boosted models, for everything and for what is new.

    Attributes
    ----------
    names_ : list of str
        Features, in the order the models take them.
    boosters_ : dict of list of lightgbm.Booster
        By kind, ``repeat`` and ``discovery``.
    """

    def __init__(self, recipe: RankerRecipe | None = None) -> None:
        self.recipe = recipe or RankerRecipe()

    def fit(self, market: Market, start: int) -> "LearnedRanker":
        """Learn from the windows that end before day ``start``; nothing later is looked at."""
        recipe = self.recipe
        values: dict[str, list] = {kind: [] for kind in KINDS}
        labels: dict[str, list] = {kind: [] for kind in KINDS}
        rng = np.random.default_rng(0)
        first = int(market.purchases.days.min(initial=start))
        for back in range(1, recipe.windows + 1):
            begin = start - back * WINDOW_DAYS
            if begin - first < 2 * WINDOW_DAYS:
                break
            for pairs, bought in self._window(market, begin):
                for kind in KINDS:
                    kept = pairs.kept(kind)
                    kept &= bought | (rng.random(len(bought)) < recipe.negatives)
                    values[kind].append(pairs.values[kept])
                    labels[kind].append(bought[kept])
        if not values["repeat"]:
            raise ValueError("Too short a past to learn from: twelve weeks are needed.")
        self.boosters_ = {
            kind: self._boost(np.concatenate(values.pop(kind)), np.concatenate(labels[kind]))
            for kind in KINDS
        }
        return self

    def _window(self, market: Market, begin: int):
        """Yield (pairs, what was bought) for blocks of households with lines before and in it."""
        season = season_of(market, begin, self.recipe)
        past = market.purchases.before(begin)
        days = market.purchases.days
        window = market.purchases.where((days >= begin) & (days < begin + WINDOW_DAYS))
        bought = window.lines.counts()
        users = np.intersect1d(past.users, window.users)
        for begins in range(0, len(users), BLOCK):
            rows = users[begins : begins + BLOCK]
            shoppers = self._shoppers(season, market, rows)
            self.names_, pairs = pairs_of(shoppers, self.recipe)
            truth = np.asarray(bought[rows[pairs.users], pairs.items]).ravel() > 0
            yield pairs, truth

    def _shoppers(self, season: Season, market: Market, users: npt.NDArray) -> Shoppers:
        found = shoppers_of(season, market, users)
        if self.recipe.sequence:
            # Of a model that has seen nothing of the window, else the labels would be in it.
            model = market.sequences[season.start]
            found.chances = model.of_households(found.lines.lines)
        return found

    def _boost(self, values: npt.NDArray, labels: npt.NDArray) -> list[lightgbm.Booster]:
        recipe = self.recipe
        parameters = {
            "objective": "binary",
            "learning_rate": recipe.learning_rate,
            "num_leaves": recipe.leaves,
            "min_data_in_leaf": 200,
            "feature_fraction": 0.4,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "max_bin": 63,
            "feature_pre_filter": False,
            "verbose": -1,
            "num_threads": 1,
        }
        data = lightgbm.Dataset(values, labels.astype(np.float32), params=parameters)
        return [
            lightgbm.train(parameters | {"seed": seed}, data, recipe.rounds)
            for seed in range(recipe.seeds)
        ]

    def score(self, kind: str, values: npt.NDArray) -> npt.NDArray[np.float64]:
        """Return log odds of a purchase, shape (n_pairs,), mean over the seeds."""
        models = self.boosters_[kind]
        return np.mean([model.predict(values, raw_score=True) for model in models], 0)

    def scores(
        self, season: Season, market: Market, users: npt.NDArray, kinds: Sequence[str] = KINDS
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return scores of the whole catalogue by kind, each of shape (len(users), n_items).

        What is no candidate comes after all candidates, in the order that EASE^R gives.
        """
        shoppers = self._shoppers(season, market, users)
        _names, pairs = pairs_of(shoppers, self.recipe)
        rest = (np.tanh(shoppers.expected) - 100.0).astype(np.float32)
        result = {}
        for kind in kinds:
            kept = pairs.kept(kind)
            scores = rest.copy()
            scores[pairs.users[kept], pairs.items[kept]] = self.score(kind, pairs.values[kept])
            result[kind] = scores
        return result


def season_of(market: Market, start: int, recipe: RankerRecipe) -> Season:
    """Return the season of the window from day ``start`` on, with the recipe's EASE^R."""
    ease = EASE(200.0, kept_share=recipe.kept_share)
    return Season(market, start, ease.fit(market.purchases.before(start).lines))


def evaluate(recipe: RankerRecipe, market: Market, start: int) -> dict[str, float]:
    """Return the means of :func:`measure`."""
    return measure(recipe, market, start).means()


def measure(recipe: RankerRecipe, market: Market, start: int) -> Measured:
    """Fit before day ``start`` and measure on the window from it on.

    The same figures over the same households as :func:`recommend.learning.household.measure`.
    """
    days = market.purchases.days
    past = market.purchases.before(start)
    window = market.purchases.where((days >= start) & (days < start + WINDOW_DAYS))
    users = np.intersect1d(past.users, window.users)
    if not len(users):
        return Measured()
    ranker = LearnedRanker(recipe).fit(market, start)
    season = season_of(market, start, recipe)
    had, bought = past.lines.counts(), window.lines.counts()
    found: dict[str, list[tuple]] = {kind: [] for kind in KINDS}
    for first in range(0, len(users), BLOCK):
        rows = users[first : first + BLOCK]
        scores = ranker.scores(season, market, rows)
        for kind in KINDS:
            exclude = had[rows] if kind == "discovery" else None
            found[kind].append(block(rows, scores[kind], bought[rows], exclude))
    return Measured.of(users, found)


def shoppers_of(season: Season, market: Market, users: npt.NDArray) -> Shoppers:
    """Return what some households did before a season."""
    past = market.purchases.before(season.start).of(users)
    people = None if market.people is None else market.people[users]
    return Shoppers(season, past, season.plan.coupons[users], people)
