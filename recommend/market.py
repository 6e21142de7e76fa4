"""The shop's tables as the arrays that the learned ranker takes. Read-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.db.models import BooleanField, Case, Value, When
from scipy import sparse

from recommend.days import ordinals
from recommend.learning.market import WINDOW_DAYS, Catalogue, Market, Plan, Purchases
from recommend.services import consenting_orders, pseudonyms
from shop.models import Channel, OrderLine, PlannedPromotion, Product

CHUNK = 50_000
MIN_LINES = 10
"""Products with fewer lines are left to the blend and to search; nothing can be learnt of them."""
ROW = np.dtype([("order", "i8"), ("product", "i8"), ("reduced", "?")])


@dataclass(frozen=True)
class ShopMarket:
    """A market whose days are ordinals, with its users' pseudonyms, ids of items and stores."""

    market: Market
    customers: npt.NDArray[np.str_]
    products: npt.NDArray[np.int64]
    channels: npt.NDArray[np.int64]

    @property
    def first(self) -> date:
        return date.fromordinal(int(self.market.purchases.days.min()))

    @property
    def last(self) -> date:
        return date.fromordinal(int(self.market.purchases.days.max()))


def read_market(windows: int) -> ShopMarket | None:
    """Return purchases, catalogue and the plans of the last ``windows`` windows and the next.

    None without a line of a product that sold often enough.
    """
    orders = pd.DataFrame.from_records(
        consenting_orders().order_by().values_list("pk", "customer_id", "channel_id", "placed_at"),
        columns=["order", "customer", "channel", "placed"],
    )
    reduced = Case(
        When(discount__gt=0, then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    sales = OrderLine.objects.order_by().annotate(reduced=reduced)
    rows = sales.values_list("order_id", "variant__product_id", "reduced")
    lines = pd.DataFrame(np.fromiter(rows.iterator(chunk_size=CHUNK), dtype=ROW))
    sold = lines["product"].value_counts()
    lines = lines[lines["product"].isin(sold.index[sold >= MIN_LINES])]
    lines = lines.merge(orders, on="order")
    if lines.empty:
        return None
    days = ordinals(lines["placed"])
    customers, users = np.unique(lines["customer"].to_numpy(np.int64), return_inverse=True)
    products, items = np.unique(lines["product"].to_numpy(np.int64), return_inverse=True)
    channels, stores = np.unique(lines["channel"].to_numpy(np.int64), return_inverse=True)
    catalogue, prices = _catalogue(products)
    none = np.zeros(len(lines), bool)
    purchases = Purchases(
        users=users.astype(np.int32),
        items=items.astype(np.int32),
        days=days,
        stores=stores.astype(np.int32),
        discounted=lines["reduced"].to_numpy(bool),
        mailed=none,
        displayed=none,
        prices=prices[items],
        n_users=len(customers),
        n_items=len(products),
        n_stores=len(channels),
    )
    end = int(days.max()) + 1
    starts = [end - WINDOW_DAYS * back for back in range(windows + 1)]
    plans = _plans(starts, products, channels, len(customers))
    people = pseudonyms(customers)
    return ShopMarket(Market(purchases, catalogue, plans), people, products, channels)


def _catalogue(products: npt.NDArray[np.int64]) -> tuple[Catalogue, npt.NDArray[np.float32]]:
    names = ["pk", "product_type", "category_id", "brand_en", "min_price"]
    frame = pd.DataFrame.from_records(Product.objects.values_list(*names), columns=names)
    frame = frame.set_index("pk").loc[products]
    # Without a type the category stands in for it.
    kinds = frame["product_type"].where(frame["product_type"] != "", frame["category_id"])

    def numbered(values: pd.Series) -> npt.NDArray[np.int32]:
        return pd.factorize(values.astype(str))[0].astype(np.int32)

    catalogue = Catalogue(
        types=numbered(kinds),
        categories=numbered(frame["category_id"]),
        makers=numbered(frame["brand_en"]),
        own_brand=np.zeros(len(products), bool),
    )
    return catalogue, frame["min_price"].astype(float).to_numpy(np.float32)


def _plans(
    starts: Sequence[int],
    products: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    n_users: int,
) -> dict[int, Plan]:
    """Return the plan of each window: by how many of its days a channel promotes a product."""
    codes = dict(Channel.objects.values_list("pk", "code"))
    stores = {codes[int(pk)]: row for row, pk in enumerate(channels)}
    items = {int(pk): row for row, pk in enumerate(products)}
    rows = PlannedPromotion.objects.filter(week_start__gt=date.fromordinal(min(starts) - 7))
    names = ("week_start", "variant__product_id", "mailer_channels", "display_channels")
    shape = (len(channels), len(products))
    found = {
        start: {kind: np.zeros(shape, np.float32) for kind in ("mailed", "displayed")}
        for start in starts
    }
    for week, product, mailer, display in rows.values_list(*names).iterator(chunk_size=CHUNK):
        item = items.get(product)
        if item is None:
            continue
        monday = week.toordinal()
        for start in starts:
            days = min(monday + 7, start + WINDOW_DAYS) - max(monday, start)
            if days <= 0:
                continue
            for kind, listed in (("mailed", mailer), ("displayed", display)):
                places = [stores[code] for code in listed if code in stores]
                # Two variants of one product in one week count once.
                values = found[start][kind]
                values[places, item] = np.minimum(values[places, item] + days / WINDOW_DAYS, 1)
    none = sparse.csr_array(shape, dtype=np.float32)
    coupons = sparse.csr_array((n_users, len(products)), dtype=np.float32)
    covered = np.ones(len(channels), bool)
    return {
        start: Plan(
            sparse.csr_array(plan["mailed"]),
            none,
            sparse.csr_array(plan["displayed"]),
            covered,
            coupons,
        )
        for start, plan in found.items()
    }
