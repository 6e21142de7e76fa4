"""Labelled fraud for the shop's own past: for demos, and to see what the model would find.

The orders are the shop's, the identities and campaigns are made (:mod:`risk.learning.campaigns`).
What is made is written as signals of its own source, never as orders, so that no other figure of
the shop moves; the states that serving reads are not touched either.
"""

import json
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from django.db import connection
from django.db.models import Count, Max, Sum
from django.utils import timezone

from risk import memory
from risk.learning import campaigns, stream
from risk.learning.batch import BASKETS, events_of
from risk.learning.signals import DAY, ORDER
from risk.models import Signal
from shop.demo import bulk
from shop.models import Order, OrderLine

WARM_UP_DAYS = 14


def past_orders(since: datetime) -> pd.DataFrame:
    """Orders of known customers since then, in the columns of an Activity and ``household``."""
    rows = Order.objects.filter(customer__isnull=False, placed_at__gte=since)
    orders = pd.DataFrame.from_records(
        list(
            rows.exclude(status=Order.Status.CANCELLED).values_list(
                "id", "customer_id", "placed_at", "total", "discount", "email"
            )
        ),
        columns=["id", "household", "when", "total", "discount", "email"],
    )
    if orders.empty:
        return orders
    when = pd.to_datetime(orders.pop("when"), utc=True)
    orders["at"] = (when - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    local = when.dt.tz_convert(timezone.get_default_timezone_name())
    orders["hour"] = local.dt.hour + local.dt.minute / 60
    for name in ("total", "discount"):
        orders[name] = orders[name].astype(float)
    orders["domain"] = orders.pop("email").map(memory.domain_of)
    return orders.merge(_line_sums(since), on="id").reset_index(drop=True)


def _line_sums(since: datetime) -> pd.DataFrame:
    rows = (
        OrderLine.objects.filter(order__placed_at__gte=since, order__customer__isnull=False)
        .values_list(
            "order_id",
            "variant__product__category__department_id",
            "variant__product__category_id",
        )
        .annotate(
            lines=Count("id"),
            units=Sum("quantity"),
            most=Max("quantity"),
            dearest=Max("unit_price"),
            spent=Sum("total"),
            coupon=Sum("coupon_discount"),
        )
        .order_by()
    )
    names = ["id", "department", "category", "lines", "units", "most", "dearest", "spent", "coupon"]
    table = pd.DataFrame.from_records(list(rows), columns=names)
    for name in ("dearest", "spent", "coupon"):
        table[name] = table[name].astype(float)
    by = table.groupby("id")
    result = by.agg(
        lines=("lines", "sum"),
        units=("units", "sum"),
        max_quantity=("most", "max"),
        max_unit_price=("dearest", "max"),
    )
    result["coupons"] = (by["coupon"].sum() > 0).astype(int)
    for column, key in (("departments", "department"), ("categories", "category")):
        baskets: dict[int, dict[str, float]] = {}
        for order, name, spent in table[["id", key, "spent"]].itertuples(index=False):
            basket = baskets.setdefault(order, {})
            basket[str(name)] = basket.get(str(name), 0.0) + spent
        result[column] = pd.Series(baskets)
    return result.reset_index()


def simulate(
    *,
    days: int = 120,
    share: float = 0.005,
    seed: int = 0,
    boldness: float = 1.0,
    kinds: tuple[str, ...] = tuple(campaigns.CAMPAIGNS),
) -> int:
    """Write the last ``days`` with identities and campaigns as signals; return the frauds.

    An earlier simulation is replaced.
    """
    orders = past_orders(timezone.now() - timedelta(days=days))
    if len(orders) < 100:
        return 0
    honest = campaigns.with_identities(orders.drop(columns="domain"), seed=seed)
    start = float(honest["at"].min()) + WARM_UP_DAYS * DAY
    end = float(honest.loc[honest["kind"] == ORDER, "at"].max())
    weights = {kind: campaigns.Plan(0, 1).weights[kind] for kind in kinds}
    plan = campaigns.Plan(start, end, share, seed, boldness, weights)
    events = campaigns.inject(honest, plan)
    Signal.objects.filter(source=Signal.Source.SIMULATION).delete()
    _write(events, timezone.now().timestamp())
    return int(events["fraud"].sum())


def _write(events: pd.DataFrame, now: float) -> None:
    """Insert simulated events; what is not known yet stays without a label."""
    frame = pd.DataFrame({name: events[name] for name in memory.FIELDS if name not in BASKETS})
    for name in BASKETS:
        frame[name] = [json.dumps(row) for row in events[name]]
    frame["id"] = np.arange(len(events)) + bulk.next_id(Signal)
    frame["reference"] = [f"simulated-{number}" for number in frame["id"]]
    frame["source"] = Signal.Source.SIMULATION.value
    frame["campaign"] = events["campaign"]
    frame["at"] = _text(events["at"])
    known = (events["known_at"] <= now) & (events["kind"] == ORDER)
    frame["fraud"] = pd.Series(events["fraud"].astype(bool), dtype=object).where(known, None)
    frame["known_at"] = _text(events["known_at"]).where(known, None)
    bulk.insert_frame(Signal, frame)
    bulk.reset_sequence(Signal)


def _text(seconds: pd.Series) -> pd.Series:
    when = pd.to_datetime((seconds * 1_000_000).astype("int64"), unit="us", utc=True)
    zone = "+00" if connection.vendor == "postgresql" else ""
    return when.dt.strftime(f"%Y-%m-%d %H:%M:%S.%f{zone}")


def rebuild_states(*, days: int = 400) -> int:
    """Make the states again from orders without a signal and from the signals of checkouts.

    Orders that came from an import name their customer and their e-mail domain alone.
    """
    since = timezone.now() - timedelta(days=days)
    orders = past_orders(since)
    told = set(Signal.objects.filter(order__isnull=False).values_list("order_id", flat=True))
    events = []
    if len(orders):
        orders = orders[~orders["id"].isin(told)].assign(kind=ORDER)
        orders["customer"] = orders.pop("household").astype(str)
        orders[["card", "visitor", "address", "ip"]] = ""
        orders[["latitude", "longitude"]] = 0.0
        events = events_of(orders)
    signals = Signal.objects.filter(source=Signal.Source.CHECKOUT, at__gte=since)
    events += [memory.as_activity(row) for row in signals.iterator(chunk_size=2000)]
    states: dict[str, stream.State] = {}
    for event in sorted(events, key=lambda event: (event.at, event.id)):
        stream.apply(event, states)
    memory.save_states(states)
    return len(states)
