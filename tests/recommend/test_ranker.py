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
from recommend.learning.market import Market
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
