"""Complete Journey, the next four weeks: what a household buys again and what it discovers.

Test 2017-12-04 to 2017-12-31, train before it (validation: four weeks earlier). All items with at
least 50 lines in train are ranked; discovery ranks only what the household has never bought.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.complete_journey import load_market
from benchmarks.rows import interval, row
from recommend.learning.ease import EASE, log_counts
from recommend.learning.evaluation import rank_metrics
from recommend.learning.features import Season
from recommend.learning.frequency import RecencyWeightedFrequency
from recommend.learning.household import BLOCK, HouseholdRanker, Recipe
from recommend.learning.interactions import Interactions
from recommend.learning.market import Market
from recommend.learning.ranker import LearnedRanker

NAME = "recommend.complete_journey"
Scorer = Callable[[np.ndarray], np.ndarray]
SERVED = "mercato"
COMPARED = {"repeat": ("frequency_120", "blend"), "discovery": ("ease", "blend")}
"""What the served model's paired differences are taken to."""


@dataclass(frozen=True)
class Split:
    """Train and window lines of one protocol; ``users`` have lines in both."""

    train: Interactions
    window: Interactions
    users: np.ndarray
    market: Market
    start: int


def load_split(
    window: str = "test", households: int | None = None, *, planned: bool = True
) -> Split:
    """Read the package's data; ``households`` takes an evenly spaced sample of them."""
    market, measured = load_market(window, households, planned=planned)
    lines = market.purchases.lines
    held = lines.where(lines.days >= measured.start)
    return Split(lines.before(measured.start), held, measured.users, market, measured.start)


def measure(split: Split, score: Scorer, *, discovery: bool) -> dict[str, np.ndarray]:
    """Return each household's metrics for a scorer of blocks of households."""
    had, bought = split.train.counts(), split.window.counts()
    parts: list[dict[str, np.ndarray]] = []
    for start in range(0, len(split.users), BLOCK):
        rows = split.users[start : start + BLOCK]
        exclude = had[rows] if discovery else None
        parts.append(rank_metrics(score(rows), bought[rows], exclude=exclude))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def methods(split: Split) -> dict[str, Callable[[], tuple[Scorer | None, Scorer | None]]]:
    """Return for each method a function that fits it and gives (repeat, discovery) scorers."""
    train = split.train
    last = int(train.days.max())

    def same_for_all(values: np.ndarray) -> tuple[Scorer, Scorer]:
        def score(rows: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values, (len(rows), len(values)))

        return score, score

    def frequency(half_life: float) -> tuple[Scorer, None]:
        return RecencyWeightedFrequency(half_life).fit(train).predict, None

    def ease() -> tuple[Scorer, Scorer]:
        model, matrix = EASE(200.0, kept_share=None).fit(train), log_counts(train)

        def score(rows: np.ndarray) -> np.ndarray:
            return model.predict(matrix[rows])

        return score, score

    def blend() -> tuple[Scorer, Scorer]:
        model = HouseholdRanker(Recipe()).fit(train)
        decayed, counts = model.histories(train)
        return (
            lambda rows: model.repeat(decayed[rows], counts[rows]),
            lambda rows: model.discovery(counts[rows]),
        )

    def learned() -> tuple[Scorer, Scorer]:
        ranker = LearnedRanker().fit(split.market, split.start)
        season = Season(split.market, split.start)

        blocks: dict[int, dict[str, np.ndarray]] = {}

        def of(kind: str) -> Scorer:
            def score(rows: np.ndarray) -> np.ndarray:
                # Both kinds come from one pass over the features.
                if rows[0] not in blocks:
                    blocks[rows[0]] = ranker.scores(season, split.market, rows)
                return blocks[rows[0]][kind]

            return score

        return of("repeat"), of("discovery")

    return {
        "popularity": lambda: same_for_all(train.popularity()),
        "popularity_28": lambda: same_for_all(train.between(last - 27, last).popularity()),
        "frequency": lambda: frequency(np.inf),
        "frequency_120": lambda: frequency(120.0),
        "ease": ease,
        "blend": blend,
        SERVED: learned,
    }


def run(window: str = "test", households: int | None = None) -> list[dict]:
    """Fit and measure every method; one dictionary a figure, and the served model's gains."""
    split = load_split(window, households)
    dataset = window if households is None else f"{window}, {households} households"
    rows: list[dict] = []
    ndcg: dict[tuple[str, str], np.ndarray] = {}
    for method, fit in methods(split).items():
        started = time.perf_counter()
        scorers = dict(zip(("repeat", "discovery"), fit(), strict=True))
        seconds = round(time.perf_counter() - started, 2)
        for kind, scorer in scorers.items():
            if scorer is None:
                continue
            found = measure(split, scorer, discovery=kind == "discovery")
            ndcg[kind, method] = found["ndcg"]
            for name, values in found.items():
                low, high = interval(values)
                more = {"n": len(values), "low": low, "high": high, "seconds": seconds}
                metric = f"{kind}_{name}@10"
                rows.append(row(NAME, method, metric, values.mean(), dataset=dataset, **more))
    for kind, others in COMPARED.items():
        for other in others:
            gain = ndcg[kind, SERVED] - ndcg[kind, other]
            low, high = interval(gain)
            metric = f"{kind}_ndcg@10_over_{other}"
            more = {"n": len(gain), "low": low, "high": high}
            rows.append(row(NAME, SERVED, metric, gain.mean(), dataset=dataset, **more))
    return rows
