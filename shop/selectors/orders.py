"""Orders as their customers may see them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, QuerySet, Sum
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from shop.models import Customer, Order, OrderLine
from shop.refusals import RefusalCode, Refused
from shop.services.accounts import ORDERS_KEY

TRACK = (Order.Status.PLACED, Order.Status.PACKED, Order.Status.SHIPPED, Order.Status.DELIVERED)


@dataclass(frozen=True)
class TrackStep:
    """One station of an order. ``at`` is None as long as it has not been reached."""

    status: str
    label: str
    at: datetime | None
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.at is not None


def history(customer: Customer) -> QuerySet[Order]:
    """A customer's orders, newest first, with what a list shows of each."""
    return (
        Order.objects.filter(customer=customer)
        .select_related("channel")
        .annotate(line_count=Count("lines"), unit_count=Sum("lines__quantity"))
        .order_by("-placed_at", "-id")
    )


def find(request: HttpRequest, number: str, token: str = "") -> Order:
    """Return the order if it is the visitor's own; otherwise it is not found.

    Own means: of the signed-in customer, opened with the link from the e-mail, or placed or opened
    before in this browser session.
    """
    lines = OrderLine.objects.select_related("variant__product__category").order_by("pk")
    order = (
        Order.objects.filter(number=number)
        .select_related("channel", "customer")
        .prefetch_related(Prefetch("lines", queryset=lines), "events")
        .first()
    )
    if order is None or not may_see(request, order, token):
        raise Refused(RefusalCode.NOT_FOUND)
    return order


def may_see(request: HttpRequest, order: Order, token: str = "") -> bool:
    customer = request.customer  # type: ignore[attr-defined]
    if customer and order.customer_id == customer.pk:
        return True
    if order.access_token and token and constant_time_compare(order.access_token, token):
        return True
    return order.number in request.session.get(ORDERS_KEY, [])


def tracking(order: Order) -> list[TrackStep]:
    """Where the order has been and what is still to come."""
    events = {event.status: event for event in order.events.all()}
    steps = []
    if Order.Status.ON_HOLD in events or order.status == Order.Status.ON_HOLD:
        held = events.get(Order.Status.ON_HOLD)
        held_at = held.at if held else order.placed_at
        steps.append(TrackStep("on_hold", str(Order.Status.ON_HOLD.label), held_at))
    reached = TRACK.index(Order.Status(order.status)) if order.status in TRACK else -1
    for place, status in enumerate(TRACK):
        event = events.get(status)
        at = event.at if event else None
        if at is None and place <= reached:
            # Orders of the data set have no events: they are as old as the order.
            at = order.placed_at
        if order.status == Order.Status.CANCELLED and at is None:
            continue
        steps.append(TrackStep(status.value, track_label(order, status), at, _note(event)))
    cancelled = events.get(Order.Status.CANCELLED)
    if order.status == Order.Status.CANCELLED:
        at = cancelled.at if cancelled else order.placed_at
        steps.append(TrackStep("cancelled", str(Order.Status.CANCELLED.label), at))
    return steps


def track_label(order: Order, status: Order.Status) -> str:
    """A picked-up order is not shipped: it waits in the store."""
    if order.delivery_option == "pickup":
        if status == Order.Status.SHIPPED:
            return _("Ready in the store")
        if status == Order.Status.DELIVERED:
            return _("Picked up")
    return str(status.label)


def _note(event: object) -> str:
    return getattr(event, "note", "") or ""
