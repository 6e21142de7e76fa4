"""The features and the forest, on arrays alone."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest

from risk.learning.features import FEATURES, NO_HISTORY_DAYS, history_columns
from risk.learning.isolation import OrderIsolationForest


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2000, len(FEATURES)))


def test_anomaly_equals_scikit_learn(rows):
    forest = OrderIsolationForest(n_trees=50, random_state=3).fit(rows)
    peer = IsolationForest(n_estimators=50, max_samples=256, random_state=3).fit(rows)
    assert np.allclose(forest.anomaly(rows), -peer.score_samples(rows), atol=1e-9)


def test_score_is_the_share_of_more_ordinary_training_rows(rows):
    forest = OrderIsolationForest().fit(rows)
    scores = forest.score(rows)
    assert scores.mean() == pytest.approx(0.5, abs=0.02)
    assert forest.score(np.full((1, len(FEATURES)), 9.0))[0] >= 0.999


def test_what_is_strange_is_named_first(rows):
    forest = OrderIsolationForest().fit(rows)
    strange = np.zeros(len(FEATURES))
    strange[4] = 12.0
    assert int(np.argmax(forest.contributions(strange))) == 4


def test_a_stored_forest_scores_the_same(rows, tmp_path):
    forest = OrderIsolationForest().fit(rows)
    forest.save(tmp_path / "forest.npz")
    again = OrderIsolationForest.load(tmp_path / "forest.npz")
    assert np.array_equal(forest.score(rows[:50]), again.score(rows[:50]))


def test_history_sees_only_what_came_before():
    day = 86_400
    orders = pd.DataFrame(
        {"customer": [1, 2, 1, 1], "at": [0, 0, day / 2, 3 * day], "total": [10.0, 99.0, 20.0, 5.0]}
    )
    result = history_columns(orders)
    assert result["past_orders"].tolist() == [0, 0, 1, 2]
    assert result["past_mean_total"].tolist() == [0, 0, 10, 15]
    assert result["days_since_last"].tolist() == [NO_HISTORY_DAYS, NO_HISTORY_DAYS, 0.5, 2.5]
    assert result["orders_last_day"].tolist() == [0, 0, 1, 0]


def test_a_stored_scorer_scores_the_same_and_explains_itself(scorer, tmp_path):
    from risk.learning.scorer import OrderScorer
    from risk.learning.signals import FEATURES as SIGNALS

    rows = np.random.default_rng(3).normal(size=(40, len(SIGNALS)))
    scorer.save(tmp_path / "scorer.npz")
    again = OrderScorer.load(tmp_path / "scorer.npz")
    assert np.allclose(scorer.predict_proba(rows), again.predict_proba(rows), atol=1e-12)
    column = SIGNALS.index("visitor_order_card_1d")
    rows[:, column] = 7
    assert (scorer.contributions(rows).argmax(axis=1) == column).all()


def test_what_to_do_costs_least_on_average():
    from risk.learning.decision import CHOICES, Costs

    chosen = Costs().choose(np.array([0.0001, 0.05, 0.5, 0.99]), np.array([50, 50, 500, 50]))
    assert [CHOICES[index] for index in chosen] == ["allow", "challenge", "review", "block"]
    # However dear the order: below the bar nobody is refused without a person.
    assert CHOICES[Costs().choose(np.array([0.89]), np.array([1e6]))[0]] != "block"


def test_one_order_has_the_features_it_has_in_a_table():
    from risk.learning.features import FACTS, OrderFacts, feature_matrix, feature_vector

    facts = OrderFacts(31.5, 3, 9, 4, 7.25, 23.5, 0, 0.0, NO_HISTORY_DAYS, 0)
    table = pd.DataFrame([{name: getattr(facts, name) for name in FACTS}])
    assert np.array_equal(feature_vector(facts), feature_matrix(table)[0])
