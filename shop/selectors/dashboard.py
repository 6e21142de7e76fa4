"""What the start page of staff shows of the shop: sales, and the orders and texts that wait."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncHour
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from foundation.charts import chart, day_label, whole
from shop.models import Coupon, Deal, Order, RefundApproval, ReturnRequest, Review
from shop.models.base import ZERO

NEWEST = 8
DAYS = 28
"""Four weeks: the usual of a weekday is the mean of its last four."""
HOURS = range(24)


@dataclass(frozen=True)
class Day:
    """Orders and revenue of a day by hour; both have 24 values."""

    orders: list[int]
    revenue: list[Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.revenue, ZERO)


def sales() -> dict:
    """Revenue of today beside the same weekday's usual, the last weeks, the newest orders."""
    now = timezone.localtime()
    days = _days(now)
    today = days.pop(now.date(), Day([0] * 24, [ZERO] * 24))
    alike = [days[day] for day in days if day.weekday() == now.weekday()]
    usual = [sum((day.revenue[hour] for day in alike), ZERO) / max(len(alike), 1) for hour in HOURS]
    by_now = sum(usual[: now.hour], ZERO) + usual[now.hour] * now.minute / 60
    month = sum((day.total for day in days.values()), today.total)
    count = sum((sum(day.orders) for day in days.values()), sum(today.orders))
    orders = _list("order")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    moved = f"{orders}?{urlencode({'placed_at__gte': str(midnight)})}"
    # Without the customers: who looks at people opens the order, and that is written down.
    newest = Order.objects.select_related("channel").order_by("-placed_at")[:NEWEST]
    return {
        "title": _("Sales"),
        "figures": [
            {
                "label": _("Revenue today"),
                "value": _dollars(today.total),
                "note": _compared(today.total, by_now) if alike else "",
                "url": moved,
                "action": _("See today's orders"),
            },
            {
                "label": _("Orders today"),
                "value": whole(sum(today.orders)),
                "url": moved,
                "action": _("See today's orders"),
            },
            {"label": _("Revenue in 28 days"), "value": _dollars(month)},
            {
                "label": _("Orders in 28 days"),
                "value": whole(count),
                "url": orders,
                "action": _("See all orders"),
            },
            *_start_customers(sum(today.orders)),
        ],
        "charts": [_hours(now, today, usual), _month(now.date(), today, days)],
        "columns": [_("Order"), _("Placed"), _("Sales channel"), _("Status"), _("Total")],
        "rows": [
            [
                row.number,
                date_format(timezone.localtime(row.placed_at), "SHORT_DATETIME_FORMAT"),
                str(row.channel),
                row.get_status_display(),
                _dollars(row.total),
            ]
            for row in newest
        ],
        "links": [reverse("admin:shop_order_change", args=[row.pk]) for row in newest],
    }


def orders() -> dict:
    """Orders to pick, to ship and to check, and returns to decide."""
    states = Order.Status
    waiting = [states.PLACED, states.PACKED, states.ON_HOLD]
    found = dict(
        Order.objects.filter(status__in=waiting)
        .order_by()
        .values_list("status")
        .annotate(n=Count("pk"))
    )
    returns = ReturnRequest.objects.aggregate(
        asked=Count("pk", filter=Q(state=ReturnRequest.State.REQUESTED)),
        approved=Count("pk", filter=Q(state=ReturnRequest.State.APPROVED)),
    )
    listed = _list("order", "?status__exact=")
    asked = _list("returnrequest", "?state__exact=")
    return {
        "title": _("Orders"),
        "figures": [
            {
                "label": _("Orders to pick"),
                "value": found.get(states.PLACED, 0),
                "url": f"{listed}placed",
                "action": _("Pick and mark as packed"),
                "waits": True,
            },
            {
                "label": _("Orders to ship"),
                "value": found.get(states.PACKED, 0),
                "url": f"{listed}packed",
                "action": _("Hand over and mark as shipped"),
                "waits": True,
            },
            {
                "label": _("Orders on hold"),
                "value": found.get(states.ON_HOLD, 0),
                "url": f"{listed}on_hold",
                "action": _("See why they are held"),
                "waits": True,
            },
            {
                "label": _("Returns to decide"),
                "value": returns["asked"],
                "url": f"{asked}requested",
                "action": _("Approve or refuse"),
                "permission": "shop.view_returnrequest",
                "waits": True,
            },
            {
                "label": _("Returned goods on their way"),
                "value": returns["approved"],
                "url": f"{asked}approved",
                "action": _("Receive and pay back"),
                "permission": "shop.view_returnrequest",
            },
            {
                "label": _("Refunds to approve"),
                "value": RefundApproval.objects.filter(state=RefundApproval.State.WAITING).count(),
                "url": _list("refundapproval", "?state__exact=waiting"),
                "action": _("Agree or refuse"),
                "permission": "shop.view_refundapproval",
                "waits": True,
            },
        ],
    }


def marketing() -> dict:
    """Deals and coupons that run, and reviews that wait to be published."""
    now = timezone.now()
    soon = now + timedelta(days=7)
    deals = Deal.objects.filter(starts_at__lte=now, ends_at__gt=now).aggregate(
        running=Count("pk"), ending=Count("pk", filter=Q(ends_at__lte=soon))
    )
    coupons = Coupon.objects.filter(is_active=True, starts_at__lte=now, ends_at__gt=now).count()
    pending = Review.objects.filter(state=Review.State.PENDING).count()
    return {
        "title": _("Promotions and reviews"),
        "figures": [
            {
                "label": _("Reviews to moderate"),
                "value": pending,
                "url": _list("review", "?state__exact=pending"),
                "action": _("Publish or reject"),
                "permission": "shop.view_review",
                "waits": True,
            },
            {
                "label": _("Deals running now"),
                "value": deals["running"],
                "note": _("%(n)s end within a week") % {"n": whole(deals["ending"])},
                "url": _list("deal"),
                "action": _("Change deals"),
                "permission": "shop.view_deal",
            },
            {
                "label": _("Coupons running now"),
                "value": coupons,
                "url": _list("coupon", "?running=now"),
                "action": _("Change coupons"),
                "permission": "shop.view_coupon",
            },
        ],
    }


def _days(now: datetime) -> dict[date, Day]:
    """Today and the days before it that had orders; cancelled ones do not count."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    rows = (
        Order.objects.filter(placed_at__gte=since, placed_at__lte=now)
        .exclude(status=Order.Status.CANCELLED)
        .order_by()
        .annotate(hour=TruncHour("placed_at"))
        .values_list("hour")
        .annotate(n=Count("pk"), revenue=Sum("total"))
    )
    found: dict[date, Day] = {}
    for hour, n, revenue in rows:
        day = found.setdefault(hour.date(), Day([0] * 24, [ZERO] * 24))
        # An hour that comes twice, when the clocks go back, is one hour here.
        day.orders[hour.hour] += n
        day.revenue[hour.hour] += revenue
    return found


def _compared(today: Decimal, usual: Decimal) -> str:
    """Today's revenue beside what the weekday has usually brought by this time."""
    said = {"usual": _dollars(usual)}
    if not usual:
        return _("Usually %(usual)s by now.") % said
    said["percent"] = f"{100 * (today - usual) / usual:+.0f}"
    return _("Usually %(usual)s by now: %(percent)s %%.") % said


def _hours(now: datetime, today: Day, usual: list[Decimal]) -> dict:
    """Revenue added up over the day; today's line ends now."""
    done = [float(sum(today.revenue[: hour + 1], ZERO)) for hour in HOURS]
    names = {"today": _("Today"), "usual": _("Usual")}
    return chart(
        _("Today beside the usual %(weekday)s, revenue added up")
        % {"weekday": date_format(now, "l")},
        kind="line",
        head=_("Until"),
        labels=[f"{hour + 1:02}:00" for hour in HOURS],
        lines={
            names["today"]: [done[hour] if hour <= now.hour else None for hour in HOURS],
            names["usual"]: [float(sum(usual[: hour + 1], ZERO)) for hour in HOURS],
        },
        form=lambda value: _dollars(Decimal(str(value))),
        dashed=names["usual"],
    )


def _month(last: date, today: Day, days: dict[date, Day]) -> dict:
    known = {**days, last: today}
    dates = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return chart(
        _("Revenue by day, four weeks"),
        kind="bar",
        head=_("Day"),
        labels=[day_label(day) for day in dates],
        lines={_("Revenue"): [float(known[day].total) if day in known else 0.0 for day in dates]},
        form=lambda value: _dollars(Decimal(str(value))),
    )


def _start_customers(today: int) -> list[dict]:
    """In a demo nobody buys until somebody asks for it."""
    if not settings.DEMO or today:
        return []
    return [
        {
            "label": _("Customers in the demo"),
            "value": 0,
            "note": _("The data ends before today."),
            "url": reverse("shop:tour") + "#live",
            "action": _("Start simulated customers"),
        }
    ]


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def _list(model: str, query: str = "") -> str:
    """The address of a list in the administration; empty where the model is not in it."""
    try:
        return reverse(f"admin:shop_{model}_changelist") + query
    except NoReverseMatch:
        return ""
