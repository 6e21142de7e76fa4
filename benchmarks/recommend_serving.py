"""One customer's ranking of the whole catalogue, in process.

``ratio_to_matmul``: the served ranking (EASE^R beside recent popularity, what the customer has had
left out, the first 50 in order) over the bare product of the history with the same weights and a
partial sort, the two that it must contain. Processor time, in turns, medians.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy import sparse

from benchmarks.rows import row
from recommend.learning.household import HouseholdRanker, Recipe
from recommend.learning.purchases import PurchaseModel

NAME = "recommend.serving"
SIZES = (6_000, 100_000)
KEPT = 50
PER_ITEM = 100
"""Neighbours kept for an item at 100,000; at 6,000 the recipe's share keeps 300."""
BASKETS = 400
"""Lines in the customer's past: more than nine of ten households have."""


def model_of(size: int, rng: np.random.Generator) -> PurchaseModel:
    """Return a model of random weights of the shape the served one has."""
    ranker = HouseholdRanker(Recipe())
    per_item = max(PER_ITEM, int(Recipe().kept_share * size)) if size < 10_000 else PER_ITEM
    columns = rng.integers(0, size, size * per_item).astype(np.int32)
    data = rng.random(size * per_item).astype(np.float32)
    offsets = np.arange(size + 1, dtype=np.int64) * per_item
    ranker.weights_ = sparse.csr_array((data, columns, offsets), shape=(size, size))
    ranker.recent_ = rng.random(size).astype(np.float32)
    ranker.popularity_ = ranker.recent_
    ranker.last_day_ = 365
    return PurchaseModel(np.arange(size, dtype=np.int64), ranker)


def run(*, quick: bool = False) -> list[dict]:
    rng = np.random.default_rng(0)
    rows = []
    for size in SIZES:
        model = model_of(size, rng)
        days = rng.integers(1, 365, BASKETS)
        bought = zip(rng.integers(0, size, BASKETS).tolist(), days.tolist(), strict=True)
        decayed, counts = model.history(bought)
        rows_had = np.flatnonzero(counts)

        def bare(model=model, counts=counts, rows_had=rows_had) -> np.ndarray:
            turned = -(counts[rows_had] @ model.ranker.weights_[rows_had])
            best = np.argpartition(turned, KEPT)[:KEPT]
            return best[np.argsort(turned[best])]

        def served(model=model, decayed=decayed, counts=counts) -> list:
            scores = np.where(decayed > 0, -np.inf, model.discovery(counts))
            return model.best(scores, KEPT)

        ours, floor = _medians(served, bare, rounds=20 if quick else 200)
        rows.append(row(NAME, "mercato", "ratio_to_matmul", ours / floor, n=size))
        rows.append(row(NAME, "mercato", "milliseconds", ours * 1000, n=size))
        rows.append(row(NAME, "bare", "milliseconds", floor * 1000, n=size))
    return rows


def _medians(first: Callable, second: Callable, rounds: int) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, kept in zip((first, second), times, strict=True):
            began = time.thread_time()
            call()
            kept.append(time.thread_time() - began)
    return float(np.median(times[0])), float(np.median(times[1]))
