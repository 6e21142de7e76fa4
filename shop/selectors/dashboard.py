"""Sales figures on the administrator's start page."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.models import Order, ReturnRequest, Review
from shop.models.base import ZERO

NEWEST = 8


def sales() -> dict:
    """Orders and revenue of today, a week and four weeks, what waits, the newest orders."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    day = _sum(today)
    week = _sum(today - timedelta(days=6))
    month = _sum(today - timedelta(days=27))
    orders = _list("order")
    held = Order.objects.filter(status=Order.Status.ON_HOLD).count()
    pending = Review.objects.filter(state=Review.State.PENDING).count()
    returns = ReturnRequest.objects.filter(state=ReturnRequest.State.REQUESTED).count()
    newest = Order.objects.select_related("customer__user").order_by("-placed_at")[:NEWEST]
    return {
        "title": _("Sales"),
        "figures": [
            {"label": _("Revenue today"), "value": _dollars(day[1]), "url": orders},
            {"label": _("Orders today"), "value": f"{day[0]:,}", "url": orders},
            {"label": _("Revenue in 7 days"), "value": _dollars(week[1])},
            {"label": _("Revenue in 28 days"), "value": _dollars(month[1])},
            {"label": _("Orders in 28 days"), "value": f"{month[0]:,}"},
            {
                "label": _("Orders on hold"),
                "value": held,
                "url": _list("order", "?status__exact=on_hold"),
            },
            {
                "label": _("Reviews to moderate"),
                "value": pending,
                "url": _list("review", "?state__exact=pending"),
            },
            {
                "label": _("Returns to decide"),
                "value": returns,
                "url": _list("returnrequest", "?state__exact=requested"),
            },
        ],
        "columns": [_("Order"), _("Customer"), _("Status"), _("Total")],
        "rows": [
            [row.number, str(row.customer or "–"), row.get_status_display(), _dollars(row.total)]
            for row in newest
        ],
    }


def _sum(since: datetime) -> tuple[int, Decimal]:
    """Number and revenue of the orders since then that were not cancelled."""
    rows = Order.objects.filter(placed_at__gte=since).exclude(status=Order.Status.CANCELLED)
    totals = rows.aggregate(n=Count("pk"), revenue=Sum("total"))
    return totals["n"], totals["revenue"] or ZERO


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def _list(model: str, query: str = "") -> str:
    """The address of a list in the administration; empty where the model is not in it."""
    try:
        return reverse(f"admin:shop_{model}_changelist") + query
    except NoReverseMatch:
        return ""
