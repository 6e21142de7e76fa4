"""What risk reads: facts of orders, velocities, cases, figures for staff."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

import pandas as pd
from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.charts import chart, day_label
from risk.learning.features import history_columns
from risk.models import Assessment, Case, Decision, Freeze
from shop.models import Customer, Order, OrderLine

TRAINING_DAYS = 120


def active_freeze(customer: Customer | None) -> Freeze | None:
    if customer is None:
        return None
    return Freeze.objects.filter(customer=customer, is_active=True).first()


def frozen_among(customers: Collection[int]) -> set[int]:
    """Which of these customers (their numbers) are frozen now."""
    rows = Freeze.objects.filter(customer__in=customers, is_active=True)
    return set(rows.values_list("customer_id", flat=True))


def frozen_since(moment: datetime) -> set[int]:
    """Customers (their numbers) whose account was frozen at or after ``moment`` and still is."""
    rows = Freeze.objects.filter(frozen_at__gte=moment, is_active=True).order_by()
    return set(rows.values_list("customer_id", flat=True))


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
    screened = reverse("admin:risk_assessment_changelist")
    return {
        "title": _("Risk"),
        "figures": [
            {
                "label": _("Open cases"),
                "value": open_cases().count(),
                "url": reverse("admin:risk_case_changelist") + "?state__exact=open",
                "action": _("Decide the next case"),
                "waits": True,
            },
            {
                "label": _("Screened in 24 hours"),
                "value": sum(counts.values()),
                "url": reverse("admin:risk_overview"),
                "action": _("Risk in figures"),
                "permission": "risk.view_assessment",
            },
            {
                "label": _("Held for review"),
                "value": counts.get(Decision.REVIEW, 0),
                "url": screened + "?decision__exact=review",
                "permission": "risk.view_assessment",
            },
            {
                "label": _("Blocked"),
                "value": counts.get(Decision.BLOCK, 0),
                "url": screened + "?decision__exact=block",
                "permission": "risk.view_assessment",
            },
        ],
        "charts": [_decisions_by_day()],
    }


def _decisions_by_day(days: int = 14) -> dict:
    """What became of the checkouts of each day."""
    today = timezone.localdate()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = timezone.make_aware(datetime.combine(dates[0], time.min))
    rows = (
        Assessment.objects.filter(at__gte=since, checkout_uuid__isnull=False)
        .order_by()
        .annotate(day=TruncDate("at"))
        .values_list("day", "decision")
        .annotate(n=Count("id"))
    )
    known = {(day, decision): n for day, decision, n in rows}
    stopped = [name for name in Decision.values if name not in (Decision.ALLOW, Decision.BLOCK)]

    def line(*decisions: str) -> list[float | None]:
        return [sum(known.get((day, name), 0) for name in decisions) for day in dates]

    return chart(
        _("Checkouts screened, by day"),
        kind="bar",
        head=_("Day"),
        labels=[day_label(day) for day in dates],
        lines={
            _("Allowed"): line(Decision.ALLOW),
            _("Asked or held"): line(*stopped),
            _("Blocked"): line(Decision.BLOCK),
        },
        stacked=True,
    )
