"""What is known of one shopper: purchases, and what they look at in this visit."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Value
from django.utils import timezone

from recommend.history import forgotten, forgotten_rows
from recommend.learning.ranking import Line
from shop import events
from shop.models import Customer, Event, Order, OrderLine
from shop.privacy import consent

MAX_LINES = 4000
"""A few households have over 500 baskets; what is older than this many lines adds nothing."""
SESSION = timedelta(hours=12)
MAX_VIEWS = 20
MOST_ROWS = 2000
"""So many rows of what was taken out and looked at are read; what was taken out comes first."""


def purchases(
    customer: Customer | None,
    without: Collection[int] = (),
    *,
    purpose: str = consent.PERSONALISATION,
) -> list[tuple[int, int]]:
    """Return (product id, day ordinal) of a customer's purchase lines, newest first.

    Empty for guests and for customers who have not allowed the purpose, which is personal
    recommendations unless another is named; ``without`` are products that the shopper has taken
    out of the history.
    """
    if not consent.customer_allows(customer, purpose):
        return []
    lines = OrderLine.objects.filter(order__customer=customer)
    lines = lines.exclude(order__status=Order.Status.CANCELLED)
    newest = lines.order_by("-order__placed_at").values_list(
        "variant__product_id", "order__placed_at"
    )
    rows = newest[:MAX_LINES]
    return [(pk, placed.toordinal()) for pk, placed in rows if pk not in without]


def lines(customer: Customer, without: Collection[int] = ()) -> list[Line]:
    """Return a customer's purchase lines with channel and reduction, newest first."""
    if not consent.customer_allows(customer, consent.PERSONALISATION):
        return []
    rows = OrderLine.objects.filter(order__customer=customer.pk)
    rows = rows.exclude(order__status=Order.Status.CANCELLED).order_by("-order__placed_at")
    names = ("variant__product_id", "order__channel_id", "order__placed_at", "discount")
    return [
        Line(product, channel, placed.toordinal(), discount > 0)
        for product, channel, placed, discount in rows.values_list(*names)[:MAX_LINES]
        if product not in without
    ]


def viewed(visitor: str, customer: Customer | None) -> tuple[list[int], frozenset[int]]:
    """Return ids of products looked at or put into the cart in this visit, newest first.

    The second answer is what the shopper has taken out of the history, which is not in the first;
    both come in one query. Events still waiting in this process count too, so that the next page
    already knows. A guest's events name the visitor only with the guest's consent.
    """
    if not visitor or (
        customer is not None and not consent.customer_allows(customer, consent.PERSONALISATION)
    ):
        return [], forgotten(customer, visitor)
    kinds = [Event.Kind.VIEW, Event.Kind.CART]
    since = timezone.now() - SESSION
    stored = Event.objects.filter(
        visitor=visitor, at__gte=since, kind__in=kinds, product__isnull=False
    )
    columns = ("at", "product_id", "seen")
    views = stored.order_by().annotate(seen=Value(1)).values_list(*columns)
    taken_out = forgotten_rows(customer, visitor).annotate(seen=Value(0)).values_list(*columns)
    both = list(views.union(taken_out, all=True).order_by("seen", "-at")[:MOST_ROWS])
    without = frozenset(pk for _at, pk, seen in both if not seen)
    rows = [(at, pk) for at, pk, seen in both if seen]
    rows += [
        (event.at, event.product_id)
        for event in events.pending(visitor)
        if event.kind in kinds and event.product_id and event.at >= since
    ]
    rows.sort(reverse=True)
    newest = dict.fromkeys(pk for _at, pk in rows if pk and pk not in without)
    return list(newest)[:MAX_VIEWS], without
