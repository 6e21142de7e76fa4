"""What is watched of recommendations: their inputs, their scores, clicks and purchases."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation.watching import Reading, decay, drift, figure
from recommend.serving import ORDERS, purchase_model
from shop.models import Event, Order, OrderLine
from shop.privacy import consent

RAILS = "rail-"
BEFORE, LATELY = timedelta(days=35), timedelta(days=7)
"""The last week is compared with the four weeks before it."""
LEAST_SHOWN = 500
"""Fewer rails shown in either time say nothing about clicks."""
LEAST_ROWS = 200
SAMPLE = 200
TOLERANCE = 0.3
"""Clicks swing by so much from week to week without anything being wrong."""
BOUGHT_WITHIN = timedelta(hours=24)
PRICE = gettext_noop("stability of prices bought at")
LINES = gettext_noop("stability of lines an order")
SCORES = gettext_noop("stability of scores")
CLICKS = gettext_noop("clicks for each rail shown")
BOUGHT = gettext_noop("clicks that were bought within a day")
CLICKS_LOST = gettext_noop("loss of clicks, last week")
BOUGHT_LOST = gettext_noop("loss of purchases after clicks, last week")


def readings() -> Iterator[Reading]:
    """Population stability since a month, and whether rails are clicked and bought from."""
    newest = Order.objects.order_by("-placed_at").values_list("placed_at", flat=True).first()
    if newest is not None:
        yield from _inputs(newest)
        yield from _scores(newest)
    yield from _clicks(timezone.now())


def _inputs(now: datetime) -> Iterator[Reading]:
    """Of what was sold until the newest order, which in a quiet shop is not today."""
    lines = OrderLine.objects.exclude(order__status=Order.Status.CANCELLED).order_by()
    then = lines.filter(order__placed_at__range=(now - BEFORE, now - LATELY))
    last = lines.filter(order__placed_at__gt=now - LATELY)
    for name, of in ((PRICE, _prices), (LINES, _sizes)):
        before, after = of(then), of(last)
        if min(len(before), len(after)) >= LEAST_ROWS:
            yield drift(ORDERS, name, before, after)


def _prices(lines) -> list[float]:
    return [float(price) for price in lines.values_list("unit_price", flat=True)]


def _sizes(lines) -> list[int]:
    orders = np.array(lines.values_list("order_id", flat=True), np.int64)
    return np.unique(orders, return_counts=True)[1].tolist()


def _scores(now: datetime) -> Iterator[Reading]:
    """The active model's best repeat score of some customers, as of a week ago and as of now."""
    model = purchase_model()
    if model is None:
        return
    consenting = consent.granted(consent.PERSONALISATION, "customer__")
    recent = Order.objects.filter(consenting, placed_at__gt=now - LATELY)
    customers = list(recent.order_by("customer").values_list("customer", flat=True).distinct())
    if len(customers) < 2:
        return
    lines = OrderLine.objects.filter(order__customer__in=customers[:SAMPLE]).order_by()
    past: dict[int, list[tuple[int, datetime]]] = {}
    names = ("order__customer", "variant__product_id", "order__placed_at")
    for customer, product, placed in lines.values_list(*names):
        past.setdefault(customer, []).append((product, placed))
    found: dict[bool, list[float]] = {True: [], False: []}
    for bought in past.values():
        for whole in found:
            kept = [(pk, at.toordinal()) for pk, at in bought if whole or at <= now - LATELY]
            if kept:
                found[whole].append(float(model.repeat(*model.history(kept)).max()))
    if len(found[False]) >= SAMPLE // 2:
        yield drift(ORDERS, SCORES, found[False], found[True])


def _clicks(now: datetime) -> Iterator[Reading]:
    """Clicks by rails shown and purchases by click, against the four weeks before."""
    before, last = _rates(now - BEFORE, now - LATELY), _rates(now - LATELY, now)
    if last.shown >= LEAST_SHOWN:
        known = before.shown >= LEAST_SHOWN
        yield figure(ORDERS, CLICKS, last.clicks, before.clicks if known else None)
        yield figure(ORDERS, BOUGHT, last.bought, before.bought if known else None)
    if min(before.shown, last.shown) >= LEAST_SHOWN:
        yield decay(ORDERS, CLICKS_LOST, before.clicks, last.clicks, tolerance=TOLERANCE)
        yield decay(ORDERS, BOUGHT_LOST, before.bought, last.bought, tolerance=TOLERANCE)


class _Rates:
    def __init__(self, shown: int, clicked: int, followed: int, bought: int) -> None:
        self.shown = shown
        self.clicks = clicked / shown if shown else 0.0
        self.bought = bought / followed if followed else 0.0


def _rates(since: datetime, until: datetime) -> _Rates:
    rails = Event.objects.filter(surface__startswith=RAILS, at__gt=since, at__lte=until).order_by()
    shown = rails.filter(kind=Event.Kind.IMPRESSION).count()
    clicked = rails.filter(kind=Event.Kind.VIEW)
    clicks = clicked.count()
    # What is tied to nobody cannot be followed from click to purchase.
    clicked = clicked.exclude(visitor="")
    purchase = Event.objects.filter(
        kind=Event.Kind.PURCHASE,
        visitor=OuterRef("visitor"),
        product=OuterRef("product"),
        at__gt=OuterRef("at"),
        at__lte=OuterRef("at") + BOUGHT_WITHIN,
    )
    bought = clicked.filter(Exists(purchase)).count()
    return _Rates(shown, clicks, clicked.count(), bought)
