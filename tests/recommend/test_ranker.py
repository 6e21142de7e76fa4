"""The learned rankers on a sample of the real data; nothing they see lies ahead."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.complete_journey import Window, load_market
from recommend.learning.coldstart import ColdRanker, ColdRecipe, Newcomers
from recommend.learning.ease import EASE, log_counts
from recommend.learning.evaluation import rank_metrics
from recommend.learning.features import FAR, History, Season
from recommend.learning.interactions import decay
from recommend.learning.kin import likeness, normalised
from recommend.learning.market import Catalogue, Market
from recommend.learning.ranker import LearnedRanker, RankerRecipe, pairs_of, shoppers_of
from recommend.learning.ranking import Line, RankingModel

RECIPE = RankerRecipe(windows=1, seeds=1, rounds=40)


@pytest.fixture(scope="module")
def sample() -> tuple[Market, Window]:
    market, window = load_market(households=250, planned=False)
    # The shop knows no demographics either.
    return replace(market, people=None), window


@pytest.fixture(scope="module")
def season(sample: tuple[Market, Window]) -> Season:
    market, window = sample
    return Season(
        market, window.start, EASE(200.0).fit(market.purchases.before(window.start).lines)
    )


@pytest.fixture(scope="module")
def ranker(sample: tuple[Market, Window]) -> LearnedRanker:
    market, window = sample
    return LearnedRanker(RECIPE).fit(market, window.start)


def test_the_learned_ranker_beats_ease_at_what_is_bought(sample, season, ranker) -> None:
    market, window = sample
    found = ranker.scores(season, market, window.users)["repeat"]
    lines = market.purchases.lines
    bought = lines.where(lines.days >= window.start).counts()[window.users]
    expected = season.ease.predict(log_counts(lines.before(window.start))[window.users])
    learned = rank_metrics(found, bought)["ndcg"].mean()
    assert learned > 1.05 * rank_metrics(expected, bought)["ndcg"].mean()


def test_the_served_file_ranks_like_the_fitted_model(sample, season, ranker, tmp_path) -> None:
    market, window = sample
    products = np.arange(market.purchases.n_items, dtype=np.int64) * 2 + 5
    stores = np.arange(market.purchases.n_stores, dtype=np.int64)
    RankingModel(ranker, season, products, stores).save(tmp_path / "model.npz")
    served = RankingModel.load(tmp_path / "model.npz")
    user = window.users[3]
    past = market.purchases.before(window.start).of([user])
    lines = [
        Line(int(products[item]), int(store), int(day), bool(reduced))
        for item, store, day, reduced in zip(
            past.items, past.stores, past.days, past.discounted, strict=True
        )
    ]
    none = np.zeros(len(products), np.float32)
    found = served.rank(lines, none, 20)
    scores = ranker.scores(season, market, np.array([user]))["discovery"][0]
    had = np.unique(past.items)
    scores[had] = -np.inf
    # Prices paid are not kept for serving, and weights are rounded: near is enough.
    best = {int(pk) for pk in products[np.argsort(-scores)[:40]]}
    assert len({pk for pk, _score in found["discovery"]} & best) >= 10
    assert {pk for pk, _score in found["repeat"]} <= {int(pk) for pk in products[had]}
    liked = found["discovery"][15][0]
    interest = none.copy()
    interest[served.rows[liked]] = 1.0
    assert served.rank(lines, interest, 20)["discovery"][0][0] == liked, "clicks count at once"


def test_what_happens_in_the_window_changes_no_feature(sample, season: Season) -> None:
    market, window = sample
    users = window.users[:5]
    _names, before = pairs_of(shoppers_of(season, market, users), RECIPE)
    lines = market.purchases
    moved = lines.items.copy()
    moved[lines.days >= window.start] = 0
    other = replace(market, purchases=replace(lines, items=moved))
    again = Season(other, window.start, season.ease)
    _names, after = pairs_of(shoppers_of(again, other, users), RECIPE)
    assert np.array_equal(before.items, after.items)
    assert np.array_equal(before.values, after.values, equal_nan=True)


def test_a_history_counts_days_gaps_and_absence() -> None:
    bought = np.array([[0, 3, 10], [0, 3, 10], [0, 3, 40], [1, 2, 50]])
    history = History(*bought.T, 100, 5)
    place, there = history.rows(np.array([0, 1, 0]), np.array([3, 2, 4]))
    assert there.tolist() == [True, True, False]
    first = place[0]
    assert history.count[first] == 2, "two lines of one day are one purchase"
    assert history.last[first] == 60
    assert history.gap[first] == 30
    assert history.last.max() < FAR


def test_newcomers_are_found_by_their_kin(sample) -> None:
    market, window = sample
    size = market.purchases.n_items
    hidden = np.arange(0, size, 8)
    news = Newcomers(market, window.start, hidden)
    known = np.setdiff1d(np.arange(size), hidden)
    ranker = ColdRanker(ColdRecipe(windows=1, rounds=40)).fit(market, window.start, known)
    lines = market.purchases.lines
    bought = lines.where(lines.days >= window.start).counts()[:, hidden]
    users = window.users[np.diff(bought[window.users].indptr) > 0]
    found = rank_metrics(ranker.predict(news, users), bought[users], k=20)["recall"].mean()
    past = news.market.purchases.before(window.start)
    categories = market.catalogue.categories
    sold = np.bincount(categories[past.items], decay(0 * past.days, 1))[categories[hidden]]
    popular = np.broadcast_to(sold, (len(users), len(hidden))).astype(np.float32)
    assert found > rank_metrics(popular, bought[users], k=20)["recall"].mean()


def test_a_newcomer_shows_nothing_of_its_own_sales_or_of_the_window(sample) -> None:
    market, window = sample
    hidden = np.arange(0, market.purchases.n_items, 8)
    lines = market.purchases
    # Were hidden products bought ten times as often, and everything else in the window instead:
    own = np.flatnonzero(np.isin(lines.items, hidden))
    ahead = lines.days >= window.start
    changed = lines.where(np.concatenate([np.flatnonzero(~ahead), np.repeat(own, 9)]))
    users = window.users[:5]
    _names, expected = Newcomers(market, window.start, hidden).pairs(users)
    other = replace(market, purchases=changed)
    names, found = Newcomers(other, window.start, hidden).pairs(users)
    assert {"expected_buyers", "kin_ease", "taste_price"} <= set(names)
    assert np.array_equal(expected, found, equal_nan=True)


def test_a_chosen_pair_has_the_features_it_has_among_all(sample) -> None:
    market, window = sample
    news = Newcomers(market, window.start, np.arange(0, market.purchases.n_items, 8))
    users = window.users[:5]
    _names, everything = news.pairs(users)
    chosen = np.arange(len(everything)) % 7 == 2
    _names, some = news.pairs(users, chosen)
    assert np.array_equal(some, everything[chosen], equal_nan=True)


def test_kin_is_what_is_alike_in_price_maker_and_brand() -> None:
    def ints(*values: int) -> np.ndarray:
        return np.array(values, np.int32)

    catalogue = Catalogue(
        types=ints(0, 0, 0, 1, 2),
        categories=ints(0, 0, 0, 0, 0),
        makers=ints(1, 1, 2, 1, 3),
        own_brand=np.zeros(5, bool),
        prices=np.array([2.0, 2.0, 2.0, 2.0, 2.0], np.float32),
    )
    like = likeness(catalogue, np.array([1, 2, 3]), np.array([0, 4])).toarray()
    assert like[0, 1] > like[0, 2] > 0
    assert like[0, 3] == 0, "another type is no kin"
    assert (like[1, 1:4] > 0).all(), "without one of its type, its category stands in"
    shares = normalised(likeness(catalogue, np.array([1, 2, 3]), np.array([0, 4])))
    assert np.allclose(shares.sum(1), 1)
