"""Replay of the year with injected fraud: what is found, what is found unseen, who is wronged."""

from collections.abc import Iterator

import lightgbm
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from benchmarks import risk_sequences
from benchmarks.risk_shop import Replay, replay
from risk.learning.campaigns import CAMPAIGNS, Plan
from risk.learning.compromise import Transactions
from risk.learning.decision import CHOICES, REFUSE, Costs
from risk.learning.scorer import PARAMETERS, ROUNDS, OrderScorer
from risk.learning.signals import FEATURES

REVIEWED = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Shares of orders reviewed in the curve."""
LABELLED = {
    "mercato_trees",
    "mercato_trees_and_forest",
    "logistic_regression",
    "trees_that_see_anomaly",
    "rnn_with_labels",
    "cnn_with_labels",
}
SEEDS, QUICK_HOUSEHOLDS = (0,), 300
Figure = tuple[str, str, float, int]


def run(*, quick: bool) -> Iterator[Figure]:
    """Yield ``(method, metric, value, n)``; the mean over the seeds."""
    seeds = SEEDS[:1] if quick else SEEDS
    found: dict[tuple[str, str], list[float]] = {}
    n = 0
    for seed in seeds:
        year = replay(seed=seed, households=QUICK_HOUSEHOLDS if quick else None)
        n += int(year.test.sum())
        for method, metric, value in one(year, novel=not quick):
            found.setdefault((method, metric), []).append(value)
    for (method, metric), values in found.items():
        yield method, metric, float(np.mean(values)), n


def one(year: Replay, *, novel: bool) -> Iterator[tuple[str, str, float]]:
    """All figures of one year."""
    weights = Plan(0, 1).weights
    test = year.features[year.test]
    x, y, kind = (values[year.train] for values in (year.features, year.fraud, year.kind))
    scorer = OrderScorer().fit(x, y)
    probability = scorer.predict_proba(test)
    yield "mercato", "recall_at_1pct", year.recall(probability, weights)
    odds = scorer.unseen_odds(test)
    known = scorer.known_probability(test)
    scores = {"mercato_trees": known, "mercato_without_labels": odds.sum(axis=1)}
    scores |= {"mercato_trees_and_forest": 1 - (1 - known) / (1 + odds[:, 0])}
    scores |= baselines(x, y, test) | sequence_models(year)
    scores["trees_that_see_anomaly"] = with_anomaly(scorer, x, y, test)
    for method, score in scores.items():
        yield method, "recall_at_1pct", year.recall(score, weights)
        if method not in LABELLED:
            # What sees no label has never seen any kind.
            alone = [year.recall(score, {name: 1.0}) for name in CAMPAIGNS]
            yield method, "recall_novel", float(np.mean(alone))
    for method in ("mercato_without_labels", "isolation_forest", "logistic_regression"):
        for share in REVIEWED:
            yield method, f"recall_at_{share:g}", year.recall(scores[method], weights, share)
    for share in REVIEWED:
        yield "mercato", f"recall_at_{share:g}", year.recall(probability, weights, share)
    for name in CAMPAIGNS:
        yield "mercato", f"recall_{name}", year.recall(probability, {name: 1.0})
    honest = year.fraud[year.test] == 0
    chosen = np.array(CHOICES)[Costs().choose(probability, year.total[year.test])]
    yield "mercato", "false_refusals", float((chosen[honest] == REFUSE).mean())
    for name in CHOICES:
        yield "mercato", f"honest_{name}", float((chosen[honest] == name).mean())
        yield "mercato", f"fraud_{name}", float((chosen[~honest] == name).mean())
    if novel:
        recalls = []
        for name in CAMPAIGNS:
            rest = kind != name
            score = OrderScorer().fit(x[rest], y[rest]).predict_proba(test)
            recalls.append(year.recall(score, {name: 1.0}))
            yield "mercato", f"recall_novel_{name}", recalls[-1]
        yield "mercato", "recall_novel", float(np.mean(recalls))


def sequence_models(year: Replay) -> dict[str, np.ndarray]:
    """The nets of :mod:`benchmarks.risk_sequences` on every card's orders."""
    data = Transactions(
        at=year.at.astype(np.int64),
        card=np.unique(year.card, return_inverse=True)[1].astype(np.int64),
        terminal=np.zeros(len(year.at), np.int64),
        amount=year.total,
        fraud=year.fraud.astype(np.int8),
    )
    train = np.flatnonzero(year.train)
    return risk_sequences.scores(data, train, train, np.flatnonzero(year.test))


def with_anomaly(scorer: OrderScorer, x: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Boosted trees that see the unlabelled voices as features (Zhao & Hryniewicki 2018, XGBOD)."""
    known, asked = (np.c_[rows, np.log(scorer.unseen_odds(rows))] for rows in (x, test))
    rows = np.r_[np.flatnonzero(y == 0)[::2], np.flatnonzero(y == 1)]
    data = lightgbm.Dataset(known[rows], y[rows])
    return lightgbm.train(PARAMETERS, data, ROUNDS).predict(asked)


def baselines(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of the test orders by simpler means, on the same features."""
    forest = IsolationForest(n_estimators=100, random_state=0).fit(x)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(x, y)
    column = {name: test[:, number] for number, name in enumerate(FEATURES)}
    scale = StandardScaler().fit(x)
    sample = np.random.default_rng(0).permutation(np.flatnonzero(y == 0))
    few, many = (scale.transform(x[sample[:n]]) for n in (3000, 20_000))
    asked = scale.transform(test)
    svm = OneClassSVM(nu=0.01, gamma="scale").fit(few)
    coder = MLPRegressor(
        hidden_layer_sizes=(16,), activation="tanh", max_iter=10, tol=0, random_state=0
    )
    error = ((coder.fit(many, many).predict(asked) - asked) ** 2).mean(axis=1)
    rules = (
        (column["visitor_order_count_1h"] + column["visitor_declined_count_1h"]) / 6
        + column["card_order_customer_30d"] / 3
        + np.maximum(column["total_surprise"], 0) / 3
    )
    return {
        "isolation_forest": -forest.score_samples(test),
        "logistic_regression": linear.decision_function(test),
        "one_class_svm": -svm.decision_function(asked),
        "autoencoder": error,
        "rules": rules,
        "total": column["log_total"],
    }
