"""Orders made strange, on which a forest without labels can be measured.

Each order is changed in one of three ways that honest shoppers rarely are: far dearer, far more
of one thing, or one of a burst at night. What is measured is how well a score tells the changed
ones from those they were made of (Emmott et al. 2013, systematic anomaly benchmarks).
"""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from risk.learning.features import feature_matrix
from risk.learning.isolation import OrderIsolationForest

WAYS = 3


def made_strange(facts: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """A copy of ``facts`` (columns of OrderFacts), each row changed in one of ``WAYS``."""
    rng = np.random.default_rng(seed)
    way, times = rng.integers(0, WAYS, len(facts)), rng.uniform(4, 12, len(facts))
    dear, much, burst = (way == number for number in range(WAYS))
    strange = facts.copy()
    for name, rows in (
        ("total", dear | much),
        ("max_unit_price", dear),
        ("units", much),
        ("max_quantity", much),
    ):
        strange[name] = np.where(rows, facts[name] * times, facts[name])
    strange["hour"] = np.where(burst, 3.0, facts["hour"])
    strange["orders_last_day"] = np.where(burst, 6, facts["orders_last_day"])
    strange["days_since_last"] = np.where(burst, 0.02, facts["days_since_last"])
    return strange


def measure(
    forest: OrderIsolationForest, facts: pd.DataFrame, *, review_from: float
) -> dict[str, float]:
    """Area under the curve of strange against real orders, 0 to 1, and the share of the real ones
    at or above the score from which a person looks."""
    honest = feature_matrix(facts)
    strange = feature_matrix(made_strange(facts))
    labels = np.r_[np.zeros(len(honest)), np.ones(len(strange))]
    auc = roc_auc_score(labels, forest.anomaly(np.r_[honest, strange]))
    held = float((forest.score(honest) >= review_from).mean())
    return {"strange_auc": round(float(auc), 4), "honest_held": round(held, 4)}
