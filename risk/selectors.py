"""What risk reads: facts of orders, velocities, cases, figures for staff."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
from django.db.models import Avg, Count, Max, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from risk.learning.features import DAY, NO_HISTORY_DAYS, OrderFacts, history_columns
from risk.models import Assessment, Case, Decision, Freeze
from risk.rules import Velocity
from shop.checkout.protocol import CheckoutRun
from shop.models import Customer, Order, OrderLine

TRAINING_DAYS = 120


def facts_of(run: CheckoutRun, *, at: datetime) -> OrderFacts:
    """Facts of a checkout, from what was known before ``at``."""
    past: dict[str, Any] = {"n": 0, "mean": None, "last": None, "day": 0}
    if run.customer is not None:
        past = Order.objects.filter(customer=run.customer, placed_at__lt=at).aggregate(
            n=Count("id"),
            mean=Avg("total"),
            last=Max("placed_at"),
            day=Count("id", filter=Q(placed_at__gte=at - timedelta(days=1))),
        )
    since = (at - past["last"]).total_seconds() / DAY if past["last"] else NO_HISTORY_DAYS
    return OrderFacts(
        total=float(run.total),
        lines=len(run.lines),
        units=sum(line.quantity for line in run.lines),
        max_quantity=max((line.quantity for line in run.lines), default=0),
        max_unit_price=max((float(line.unit_price) for line in run.lines), default=0.0),
        hour=_hour(at),
        past_orders=past["n"],
        past_mean_total=float(past["mean"] or 0),
        days_since_last=since,
        orders_last_day=past["day"],
    )


def velocity_of(
    *, visitor: str, card_fingerprint: str, customer: Customer | None, checkout: UUID, at: datetime
) -> Velocity:
    """Recent attempts by the same browser and the same card, this one not counted."""
    seen = Assessment.objects.filter(at__lte=at, checkout_uuid__isnull=False).exclude(
        checkout_uuid=checkout
    )
    by_visitor = by_card = customers = 0
    if visitor:
        by_visitor = seen.filter(visitor=visitor, at__gte=at - timedelta(hours=1)).count()
    if card_fingerprint:
        on_card = seen.filter(card_fingerprint=card_fingerprint)
        by_card = on_card.filter(at__gte=at - timedelta(days=1)).count()
        known = set(
            on_card.filter(at__gte=at - timedelta(days=30), customer__isnull=False)
            .values_list("customer_id", flat=True)
            .distinct()
        )
        customers = len(known | ({customer.pk} if customer else set()))
    return Velocity(by_visitor, by_card, customers)


def active_freeze(customer: Customer | None) -> Freeze | None:
    if customer is None:
        return None
    return Freeze.objects.filter(customer=customer, is_active=True).first()


def training_facts(*, days: int = TRAINING_DAYS) -> pd.DataFrame:
    """Facts of the last ``days`` of orders of known customers, indexed by order id.

    Columns are those of OrderFacts. Cancelled orders count as history but are not learned from.
    """
    rows = Order.objects.filter(customer__isnull=False).values_list(
        "id", "customer_id", "placed_at", "total", "status"
    )
    orders = pd.DataFrame.from_records(
        list(rows.iterator(chunk_size=20_000)),
        columns=["id", "customer", "when", "total", "status"],
    )
    if orders.empty:
        return orders
    orders["when"] = pd.to_datetime(orders["when"], utc=True)
    orders["at"] = (orders["when"] - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    orders["total"] = orders["total"].astype(float)
    orders = history_columns(orders.set_index("id"))
    local = orders["when"].dt.tz_convert(timezone.get_default_timezone_name())
    orders["hour"] = local.dt.hour + local.dt.minute / 60
    since = orders["when"].max() - pd.Timedelta(days=days)
    kept = orders[(orders["when"] >= since) & (orders["status"] != Order.Status.CANCELLED)]
    return kept.join(_line_facts(since.to_pydatetime()), how="inner")


def _line_facts(since: datetime) -> pd.DataFrame:
    rows = (
        OrderLine.objects.filter(order__placed_at__gte=since)
        .values_list("order_id")
        .annotate(
            lines=Count("id"),
            units=Sum("quantity"),
            most=Max("quantity"),
            dearest=Max("unit_price"),
        )
        .values_list("order_id", "lines", "units", "most", "dearest")
    )
    frame = pd.DataFrame.from_records(
        list(rows), columns=["id", "lines", "units", "max_quantity", "max_unit_price"]
    )
    frame["max_unit_price"] = frame["max_unit_price"].astype(float)
    return frame.set_index("id")


def _hour(at: datetime) -> float:
    local = timezone.localtime(at, timezone.get_default_timezone())
    return local.hour + local.minute / 60


def open_cases() -> QuerySet[Case]:
    return Case.objects.filter(state=Case.State.OPEN).select_related(
        "assessment__order", "assessment__customer"
    )


def dashboard() -> dict:
    """Figures for the administrator's start page."""
    day = timezone.now() - timedelta(days=1)
    counts = dict(
        Assessment.objects.filter(at__gte=day, checkout_uuid__isnull=False)
        .values_list("decision")
        .annotate(n=Count("id"))
    )
    return {
        "title": _("Risk"),
        "figures": [
            {
                "label": _("Open cases"),
                "value": open_cases().count(),
                "url": reverse("admin:risk_case_changelist") + "?state__exact=open",
            },
            {"label": _("Screened in 24 hours"), "value": sum(counts.values())},
            {"label": _("Held for review"), "value": counts.get(Decision.REVIEW, 0)},
            {"label": _("Blocked"), "value": counts.get(Decision.BLOCK, 0)},
        ],
    }
