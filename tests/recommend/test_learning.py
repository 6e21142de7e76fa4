"""The purchase models on a sample of the real data, and what they promise by their mathematics."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from benchmarks.recommend_ranking import Split, load_split, measure
from recommend.learning.ease import EASE, log_counts
from recommend.learning.evaluation import rank_metrics, top_k
from recommend.learning.frequency import RecencyWeightedFrequency
from recommend.learning.household import HouseholdRanker, Recipe, evaluate
from recommend.learning.interactions import Interactions, decay
from recommend.learning.purchases import PurchaseModel


@pytest.fixture(scope="module")
def split() -> Split:
    return load_split(households=400, planned=False)


@pytest.fixture(scope="module")
def popular(split: Split) -> np.ndarray:
    return split.train.popularity()


def ndcg(split: Split, scorer, *, discovery: bool) -> float:
    return float(measure(split, scorer, discovery=discovery)["ndcg"].mean())


def everyone(values: np.ndarray):
    return lambda rows: np.broadcast_to(values, (len(rows), len(values)))


def test_frequency_beats_popularity_at_what_is_bought_again(split: Split, popular) -> None:
    model = RecencyWeightedFrequency(120).fit(split.train)
    baseline = ndcg(split, everyone(popular), discovery=False)
    assert ndcg(split, model.predict, discovery=False) > 1.5 * baseline


def test_ease_beats_popularity_at_what_is_new(split: Split, popular) -> None:
    model, matrix = EASE(200.0, kept_share=None).fit(split.train), log_counts(split.train)
    baseline = ndcg(split, everyone(popular), discovery=True)
    assert ndcg(split, lambda rows: model.predict(matrix[rows]), discovery=True) > 1.1 * baseline


def test_the_served_blend_beats_both(split: Split, popular) -> None:
    model = HouseholdRanker(Recipe()).fit(split.train)
    decayed, counts = model.histories(split.train)
    frequency = RecencyWeightedFrequency(120).fit(split.train)
    repeat = ndcg(split, lambda r: model.repeat(decayed[r], counts[r]), discovery=False)
    found = ndcg(split, lambda r: model.discovery(counts[r]), discovery=True)
    assert repeat > ndcg(split, frequency.predict, discovery=False)
    assert found > 1.1 * ndcg(split, everyone(popular), discovery=True)


def test_the_saved_model_scores_like_the_fitted_one(split: Split, tmp_path: Path) -> None:
    ranker = HouseholdRanker(Recipe()).fit(split.train)
    ids = np.arange(split.train.n_items, dtype=np.int64) * 3 + 7
    PurchaseModel(ids, ranker).save(tmp_path / "model.npz")
    assert (tmp_path / "model.npz").stat().st_size < 20_000_000
    served = PurchaseModel.load(tmp_path / "model.npz")
    user = split.users[0]
    mine = split.train.users == user
    bought = [(int(ids[i]), int(d)) for i, d in _pairs(split.train, mine)]
    decayed, counts = ranker.histories(split.train)
    expected = ranker.repeat(decayed[[user]], counts[[user]])[0]
    assert np.allclose(served.repeat(*served.history(bought)), expected, atol=5e-3)
    assert served.history([(1, 1)])[0].sum() == 0, "an unknown product is left out"


def _pairs(lines: Interactions, mask: np.ndarray):
    return zip(lines.items[mask].tolist(), lines.days[mask].tolist(), strict=True)


def random_lines(seed: int, n_users: int = 30, n_items: int = 12) -> Interactions:
    rng = np.random.default_rng(seed)
    size = 300
    return Interactions(
        users=rng.integers(0, n_users, size).astype(np.int32),
        items=rng.integers(0, n_items, size).astype(np.int32),
        days=rng.integers(0, 90, size).astype(np.int32),
        n_users=n_users,
        n_items=n_items,
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ease_is_the_minimum_of_its_objective(seed: int) -> None:
    """The closed form must not be beaten by any small step that keeps the diagonal at zero."""
    matrix = log_counts(random_lines(seed))
    dense, penalty = matrix.toarray().astype(np.float64), 5.0
    weights = EASE(penalty, kept_share=None).fit_matrix(matrix).weights_.toarray()
    assert np.allclose(np.diag(weights), 0.0)

    def objective(candidate: np.ndarray) -> float:
        return float(((dense - dense @ candidate) ** 2).sum() + penalty * (candidate**2).sum())

    least = objective(weights)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        step = rng.normal(size=weights.shape) * 0.01
        np.fill_diagonal(step, 0.0)
        assert objective(weights + step) >= least


def test_pruning_keeps_the_largest_weights() -> None:
    lines = random_lines(3)
    whole = EASE(5.0, kept_share=None).fit(lines).weights_.toarray()
    kept = EASE(5.0, kept_share=0.3).fit(lines).weights_.toarray()
    assert np.count_nonzero(kept) < 0.4 * np.count_nonzero(whole)
    assert np.abs(whole[kept == 0]).max() <= np.abs(kept[kept != 0]).min() + 1e-7


@given(st.floats(1, 365), st.floats(0, 1000))
def test_a_half_life_halves(half_life: float, ago: float) -> None:
    now, later = decay([ago, ago + half_life], half_life)
    assert later == pytest.approx(now / 2, rel=1e-3)


def test_metrics_by_hand() -> None:
    scores = np.array([[3.0, 2.0, 1.0, 0.0]], np.float32)
    bought = sparse.csr_array(np.array([[0.0, 1.0, 0.0, 1.0]]))
    got = rank_metrics(scores, bought, k=2)
    assert got["ndcg"][0] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))
    assert got["recall"][0] == 0.5
    assert got["hit"][0] == 1.0
    had = sparse.csr_array(np.array([[0.0, 1.0, 0.0, 0.0]]))
    new = rank_metrics(scores, bought, exclude=had, k=3)
    assert new["recall"][0] == 1.0
    assert new["ndcg"][0] == pytest.approx(1 / np.log2(4)), "rank 3 of what is left"


def test_ranking_is_best_first() -> None:
    assert top_k(np.array([[0.1, 0.9, 0.5]], np.float32), 5).tolist() == [[1, 2, 0]]


def test_a_model_of_too_little_data_measures_nothing_and_does_not_break() -> None:
    one = Interactions(*(np.zeros(1, np.int32) for _ in range(3)), n_users=1, n_items=1)
    assert evaluate(Recipe(), one)["repeat_ndcg@10"] == 0.0
