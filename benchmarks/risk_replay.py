"""Replay of the year with injected fraud: what is found, what is found unseen, who is wronged."""

from collections.abc import Iterator

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.risk_shop import Replay, replay
from risk.learning.campaigns import CAMPAIGNS, Plan
from risk.learning.decision import CHOICES, REFUSE, Costs
from risk.learning.scorer import OrderScorer
from risk.learning.signals import FEATURES

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
    for method, score in baselines(x, y, test).items():
        yield method, "recall_at_1pct", year.recall(score, weights)
        if method != "logistic_regression":
            # What sees no label has never seen any kind.
            alone = [year.recall(score, {name: 1.0}) for name in CAMPAIGNS]
            yield method, "recall_novel", float(np.mean(alone))
    scorer = OrderScorer().fit(x, y)
    probability = scorer.predict_proba(test)
    yield "mercato", "recall_at_1pct", year.recall(probability, weights)
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


def baselines(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of the test orders by simpler means, on the same features."""
    forest = IsolationForest(n_estimators=100, random_state=0).fit(x)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(x, y)
    column = {name: test[:, number] for number, name in enumerate(FEATURES)}
    rules = (
        (column["visitor_order_count_1h"] + column["visitor_declined_count_1h"]) / 6
        + column["card_order_customer_30d"] / 3
        + np.maximum(column["total_surprise"], 0) / 3
    )
    return {
        "isolation_forest": -forest.score_samples(test),
        "logistic_regression": linear.decision_function(test),
        "rules": rules,
        "total": column["log_total"],
    }
