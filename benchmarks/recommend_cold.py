"""Cold start on Complete Journey: a tenth of the products are hidden from all training.

For households that buy a hidden product in the four test weeks: how many of them stand among the
first 50 when all hidden products are ranked. The popularity of a product's category (sales of its
other products) is the baseline; the household's own counts by type, the simple personal one. All
products of a category are equally popular: what is tied stands in any order, so those methods are
the mean of many orders.
"""

import numpy as np

from benchmarks.complete_journey import load_market
from benchmarks.rows import interval, row
from recommend.learning.coldstart import ColdRanker, ColdRecipe, Newcomers
from recommend.learning.evaluation import rank_metrics
from recommend.learning.interactions import decay
from recommend.learning.ranker import BLOCK

NAME = "recommend.cold_start"
SHARE = 0.1
FIRST = 50
ORDERS = 50


def run(window: str = "test", households: int | None = None, seed: int = 0) -> list[dict]:
    market, measured = load_market(window, households)
    lines = market.purchases
    size = lines.n_items
    rng = np.random.default_rng(seed)
    hidden = np.sort(rng.choice(size, int(SHARE * size), replace=False))
    held = lines.where(lines.days >= measured.start)
    bought = held.lines.counts()[:, hidden]
    users = measured.users[np.diff(bought[measured.users].indptr) > 0]
    news = Newcomers(market, measured.start, hidden)
    ranker = ColdRanker(ColdRecipe()).fit(
        market, measured.start, np.setdiff1d(np.arange(size), hidden)
    )
    past = news.market.purchases.before(measured.start)

    def by_group(groups: np.ndarray) -> np.ndarray:
        return np.bincount(groups[past.items], minlength=int(groups.max()) + 1)[groups[hidden]]

    def everyone(values: np.ndarray):
        return lambda rows: np.broadcast_to(values.astype(np.float64), (len(rows), len(hidden)))

    def own_types(rows: np.ndarray) -> np.ndarray:
        mine = past.of(rows)
        types = market.catalogue.types
        counts = np.zeros((len(rows), int(types.max()) + 1), np.float32)
        np.add.at(counts, (mine.users, types[mine.items]), decay(measured.start - mine.days, 90))
        return counts[:, types[hidden]].astype(np.float64) + 1e-6 * by_group(types)

    scorers = {
        "category_popularity": everyone(by_group(market.catalogue.categories)),
        "type_popularity": everyone(by_group(market.catalogue.types)),
        "own_type_counts": own_types,
        "mercato": lambda rows: ranker.predict(news, rows),
    }
    dataset = window if households is None else f"{window}, {households} households"
    rows, recall = [], {}
    orders = np.random.default_rng(seed).random((ORDERS, len(hidden))) * 1e-9
    for method, score in scorers.items():
        parts = []
        for begin in range(0, len(users), BLOCK):
            block = users[begin : begin + BLOCK]
            scores = score(block)
            several = [scores] if method == "mercato" else scores + orders[:, None, :]
            found = [rank_metrics(one, bought[block], k=FIRST)["recall"] for one in several]
            parts.append(np.mean(found, axis=0))
        recall[method] = np.concatenate(parts)
        low, high = interval(recall[method])
        more = {"n": len(users), "low": low, "high": high, "seed": seed}
        rows.append(
            row(NAME, method, f"recall@{FIRST}", recall[method].mean(), dataset=dataset, **more)
        )
    ratio = recall["mercato"].mean() / recall["category_popularity"].mean()
    more = {"n": len(users), "seed": seed}
    rows.append(row(NAME, "mercato", "ratio_to_popularity", ratio, dataset=dataset, **more))
    return rows
