"""A year of orders and their lines, exact to the cent."""

import numpy as np
import pandas as pd
from django.db.models import Sum

from shop.demo import bulk
from shop.demo.calendar import ZONE, moved
from shop.demo.context import ImportContext, TotalsDiffer
from shop.demo.logins import HOUSEHOLD_EMAIL
from shop.demo.steps import Progress
from shop.models import Channel, Customer, Order, OrderLine, Variant


def line_amounts(lines: pd.DataFrame) -> pd.DataFrame:
    """Amounts of order lines in cents: ``unit_price x quantity - discount - coupon = total``.

    The shelf price of a line is total + retail discount + the shop's match of a coupon; divided by
    the quantity and rounded up it is the unit price, and what the rounding adds is part of the
    discount. A line that the source counts as 0 units keeps its shelf price as unit price; the few
    of these that have a total (33 lines, 8.45 dollars) carry it as a negative discount.
    """
    quantity = lines["quantity"].to_numpy()
    gross = (lines["total"] + lines["retail"] + lines["match"]).to_numpy()
    unit = -(-gross // np.maximum(quantity, 1))
    return pd.DataFrame(
        {
            "quantity": quantity,
            "unit_price": unit,
            "discount": unit * quantity - lines["match"].to_numpy() - lines["total"].to_numpy(),
            "coupon_discount": lines["match"].to_numpy(),
            "total": lines["total"].to_numpy(),
        }
    )


def load_orders(context: ImportContext, progress: Progress) -> dict:
    """Every basket becomes a delivered order of its household, in the order they were bought."""
    source = context.data()
    variants = dict(Variant.objects.values_list("source_product_id", "pk"))
    amounts = line_amounts(source.lines)
    baskets = _baskets(source.lines, amounts)
    baskets["id"] = np.arange(len(baskets)) + bulk.next_id(Order)
    orders = _orders(context, baskets)
    lines = amounts[["quantity"]].copy()
    lines["order_id"] = source.lines["basket_id"].map(baskets["id"])
    lines["variant_id"] = source.lines["product_id"].map(variants)
    for name in ("unit_price", "discount", "coupon_discount", "total"):
        lines[name] = amounts[name] / 100
    rows = 0

    def advance(more: int) -> None:
        nonlocal rows
        rows += more
        progress(rows, len(orders) + len(lines))

    bulk.insert_frame(Order, orders, advance)
    bulk.insert_frame(OrderLine, lines, advance)
    bulk.reset_sequence(Order)
    return {"orders": len(orders), "lines": len(lines)}


def _baskets(lines: pd.DataFrame, amounts: pd.DataFrame) -> pd.DataFrame:
    """One row per basket, indexed by it; amounts in cents."""
    frame = pd.DataFrame(
        {
            "basket": lines["basket_id"],
            "household": lines["household_id"],
            "store": lines["store_id"],
            "at": lines["transaction_timestamp"],
            "total": amounts["total"],
            "discount": amounts["discount"] + amounts["coupon_discount"],
        }
    )
    grouped = frame.groupby("basket", sort=False)
    first = grouped[["household", "store", "at"]].first()
    return first.join(grouped[["total", "discount"]].sum())


def _orders(context: ImportContext, baskets: pd.DataFrame) -> pd.DataFrame:
    """Rows of the orders' table."""
    stores = context.data().stores
    channels = dict(Channel.objects.values_list("source_store_id", "pk"))
    people = {
        key: (pk, language)
        for key, pk, language in Customer.objects.values_list("household_key", "pk", "language")
    }
    owner = baskets["household"].map(people)
    at = moved(baskets["at"], context.shift)
    return pd.DataFrame(
        {
            "id": baskets["id"],
            "number": "CJ-" + baskets.index.astype(str),
            "customer_id": owner.str[0],
            "channel_id": baskets["store"].map(stores).map(channels),
            "email": baskets["household"].map(HOUSEHOLD_EMAIL.format),
            "language": owner.str[1],
            "status": Order.Status.DELIVERED.value,
            "placed_at": bulk.timestamps(at),
            "subtotal": baskets["total"] / 100,
            "discount": baskets["discount"] / 100,
            "delivery_fee": 0,
            "total": baskets["total"] / 100,
            "refunded": 0,
            "delivery_option": "",
            "delivery_date": at.dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d"),
            "address": "{}",
            "access_token": "",
            "source_basket_id": baskets.index,
        }
    )


def check_totals(context: ImportContext, progress: Progress) -> dict:
    """Compare what is stored with the source: orders, lines, units, revenue to the cent."""
    source = context.data().lines
    wanted = {
        "orders": int(source["basket_id"].nunique()),
        "lines": len(source),
        "units": int(source["quantity"].sum()),
        "cents": int(source["total"].sum()),
    }
    imported = Order.objects.exclude(source_basket_id=None)
    lines = OrderLine.objects.filter(order__source_basket_id__isnull=False)
    sums = lines.aggregate(units=Sum("quantity"), revenue=Sum("total"))
    stored = {
        "orders": imported.count(),
        "lines": lines.count(),
        "units": sums["units"] or 0,
        "cents": round((sums["revenue"] or 0) * 100),
    }
    orders_cents = round((imported.aggregate(revenue=Sum("total"))["revenue"] or 0) * 100)
    if stored != wanted or orders_cents != wanted["cents"]:
        raise TotalsDiffer(
            f"The import does not match its source. Stored: {stored}, orders sum to "
            f"{orders_cents} cents. Source: {wanted}. Load the data into an empty database."
        )
    revenue = stored.pop("cents") / 100
    return {**stored, "dollars": revenue}
