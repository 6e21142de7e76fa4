"""Who is linked with an order: customers who share its card, browser or address; and what
happened before and after, as a case shows it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Q, Sum
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from risk.models import Assessment, Case, Chargeback, Freeze, Signal
from risk.words import IDENTITY_TEXTS
from shop.models import Customer, Order, OrderEvent, Refund

SHARED = ("card", "visitor", "address")
DAYS, MOST = 90, 12
WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True)
class Link:
    """``people`` used the same ``identity`` (card, visitor, address) as the order."""

    identity: str
    people: list[str]


def links_of(assessment: Assessment) -> list[Link]:
    """Customers (numbers, a guest is empty) by what they share with an order, busiest first."""
    signal = Signal.objects.filter(order=assessment.order).first() if assessment.order else None
    shared = {
        "card": assessment.card_fingerprint,
        "visitor": assessment.visitor,
        "address": signal.address if signal else "",
    }
    since = assessment.at - timedelta(days=DAYS)
    me = str(assessment.customer_id or "")
    result = []
    for identity, key in shared.items():
        if not key:
            continue
        rows = Signal.objects.filter(**{identity: key}, at__gte=since).exclude(customer=me)
        people = list(
            rows.exclude(customer="")
            .order_by("customer")
            .values_list("customer", flat=True)
            .distinct()
        )
        result.append(Link(identity, people[:MOST]))
    return result


def graph(assessment: Assessment) -> SafeString | str:
    """The links as a drawing: the customer in the middle, what is shared, who shares it."""
    links = [link for link in links_of(assessment) if link.people]
    if not links:
        return _("Nobody else used this card, browser or address.")
    centre = (WIDTH / 2, HEIGHT / 2)
    lines: list[tuple] = []
    marks: list[tuple] = []
    drawn: dict[str, tuple[float, float]] = {}
    for number, link in enumerate(links):
        angle = 2 * math.pi * number / len(links) - math.pi / 2
        hub = _at(centre, angle, 80)
        lines.append((*centre, *hub))
        marks.append((*hub, "#2f6f4f", str(IDENTITY_TEXTS[link.identity])))
        # Who shares several things is one mark with several lines.
        new = [person for person in link.people if person not in drawn]
        spread = 2 * math.pi / len(links) / (len(new) + 1)
        for place, person in enumerate(new, 1):
            drawn[person] = _at(centre, angle - math.pi / len(links) + spread * place, 150)
            marks.append((*drawn[person], "#a33", f"#{person}"))
        lines += [(*hub, *drawn[person]) for person in link.people]
    marks.append((*centre, "#333", f"#{assessment.customer_id or '–'}"))
    edges = format_html_join("", '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#999"/>', lines)
    nodes = format_html_join(
        "",
        '<g><circle cx="{0}" cy="{1}" r="7" fill="{2}"/>'
        '<text x="{0}" y="{1}" dx="10" dy="4" font-size="12" fill="currentColor">{3}</text></g>',
        marks,
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="graph">{}{}</svg>',
        WIDTH,
        HEIGHT,
        _("Linked accounts"),
        edges,
        nodes,
    )


def _at(centre: tuple[float, float], angle: float, radius: float) -> tuple[float, float]:
    x, y = centre[0] + 1.5 * radius * math.cos(angle), centre[1] + radius * math.sin(angle)
    return round(x, 1), round(y, 1)


@dataclass(frozen=True)
class Past:
    """What a customer had done before an order; money in dollars."""

    orders: int
    spent: Decimal
    first: datetime | None
    refunds: int
    refunded: Decimal
    chargebacks: int
    frozen: bool


def past_of(customer: Customer, before: datetime) -> Past:
    """What an analyst wants to know of a customer before an order of that moment."""
    orders = customer.orders.filter(placed_at__lt=before).exclude(status=Order.Status.CANCELLED)
    told = orders.aggregate(n=Count("pk"), spent=Sum("total"), first=Min("placed_at"))
    back = Refund.objects.filter(payment__order__customer=customer, created_at__lt=before)
    paid = back.aggregate(n=Count("pk"), amount=Sum("amount"))
    return Past(
        orders=told["n"],
        spent=told["spent"] or Decimal(0),
        first=told["first"],
        refunds=paid["n"],
        refunded=paid["amount"] or Decimal(0),
        chargebacks=Chargeback.objects.filter(
            order__customer=customer, received_at__lt=before
        ).count(),
        frozen=Freeze.objects.filter(customer=customer, is_active=True).exists(),
    )


def timeline(case: Case) -> list[tuple[datetime, str]]:
    """What happened to the customer and the order within ninety days, oldest first."""
    assessment = case.assessment
    since = assessment.at - timedelta(days=DAYS)
    rows: list[tuple[datetime, str]] = [(case.opened_at, _("Case opened"))]
    if assessment.order_id:
        said = dict(Order.Status.choices)
        for event in OrderEvent.objects.filter(order_id=assessment.order_id, status__in=said):
            rows.append((event.at, f"{assessment.order}: {said[event.status]}"))
        for row in assessment.order.chargebacks.all():  # type: ignore[union-attr]
            rows.append((row.received_at, _("Chargeback %(number)s") % {"number": row.reference}))
    customer = assessment.customer
    if customer is not None:
        rows += _of_customer(customer, since)
    match = Q(card=assessment.card_fingerprint) if assessment.card_fingerprint else Q(pk=None)
    if assessment.visitor:
        match |= Q(visitor=assessment.visitor)
    declined = Signal.objects.filter(match, kind=Signal.Kind.DECLINED, at__gte=since)
    rows += [(row.at, _("Payment declined, %(total)s") % {"total": row.total}) for row in declined]
    return sorted(rows, key=lambda row: row[0])[-40:]


def _of_customer(customer: Customer, since: datetime) -> list[tuple[datetime, str]]:
    orders = customer.orders.filter(placed_at__gte=since)[:20]
    rows = [(o.placed_at, _("Order %(n)s, %(t)s") % {"n": o.number, "t": o.total}) for o in orders]
    for row in Freeze.objects.filter(customer=customer):
        rows.append((row.frozen_at, _("Frozen: %(reason)s") % {"reason": row.reason}))
        if row.lifted_at:
            rows.append((row.lifted_at, _("Freeze lifted")))
    return rows
