"""What risk remembers: signals, written once, and the states that serving reads.

A state is what :mod:`risk.learning.stream` keeps of one identity. Screening reads the states of
an order's identities (:mod:`risk.lookups`); whatever happens next is written as a signal within
the same transaction, and brought into the states after the commit. ``manage.py
rebuild_risk_states`` makes the states again from orders and signals.
"""

import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from risk.learning import stream
from risk.learning.signals import ORDER, Activity
from risk.models import IdentityState, Signal
from shop.checkout.protocol import CheckoutRun
from shop.models import Order, Payment, Refund, Review

log = logging.getLogger(__name__)
FIELDS = (
    "kind",
    "customer",
    "card",
    "visitor",
    "address",
    "domain",
    "ip",
    "latitude",
    "longitude",
    "total",
    "discount",
    "coupons",
    "lines",
    "units",
    "max_quantity",
    "max_unit_price",
    "hour",
    "departments",
    "categories",
)
"""Fields that a signal and an activity share."""
BATCH = 2000
IPV6 = 6


def activity_of(run: CheckoutRun, *, card: str, at: datetime) -> Activity:
    """A checkout as an event. Its number is above all stored ones: it comes after them."""
    departments: dict[str, float] = {}
    categories: dict[str, float] = {}
    for line in run.lines:
        category = line.variant.product.category
        for spent, key in ((departments, category.department_id), (categories, category.pk)):
            spent[str(key)] = spent.get(str(key), 0.0) + float(line.total)
    discounts = sum((line.discount + line.coupon_discount for line in run.lines), Decimal(0))
    return Activity(
        at=at.timestamp(),
        id=2**53,
        kind=ORDER,
        customer=str(run.customer.pk) if run.customer else "",
        card=card,
        visitor=str(run.visitor.key)[:40],
        address=address_key(run.address),
        domain=domain_of(run.email),
        ip=network_of(run.visitor.ip),
        total=float(run.total),
        discount=float(discounts),
        coupons=len(run.coupon_codes),
        lines=len(run.lines),
        units=sum(line.quantity for line in run.lines),
        max_quantity=max((line.quantity for line in run.lines), default=0),
        max_unit_price=max((float(line.unit_price) for line in run.lines), default=0.0),
        hour=local_hour(at),
        departments=departments,
        categories=categories,
    )


def address_key(address: dict) -> str:
    """A hash of where an order goes; the same for small differences in writing, empty for a
    store where it is fetched."""
    if address.get("pickup") or not address.get("line1"):
        return ""
    parts = (str(address.get(name, "")) for name in ("line1", "line2", "postal_code", "country"))
    text = "|".join("".join(filter(str.isalnum, part.lower())) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()[:120]


def network_of(ip: str) -> str:
    """A keyed hash of a network address, of its first half for IPv6: the rest changes by the day.
    Empty when there is none."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    text = address.exploded[:19] if address.version == IPV6 else str(address)
    return salted_hmac("risk.network", text).hexdigest()[:32]


def local_hour(at: datetime) -> float:
    local = timezone.localtime(at, timezone.get_default_timezone())
    return local.hour + local.minute / 60


def remember(event: Activity, *, reference: str, order: Order | None = None) -> Signal:
    """Write an event as a signal, once, and bring it into the states after the commit."""
    values = {name: getattr(event, name) for name in FIELDS}
    values["departments"] = dict(event.departments)
    values["categories"] = dict(event.categories)
    signal, new = Signal.objects.get_or_create(
        reference=reference,
        defaults={
            **values,
            "source": Signal.Source.CHECKOUT,
            "at": datetime.fromtimestamp(event.at, UTC),
            "order": order,
        },
    )
    if new:
        transaction.on_commit(lambda: _learn(signal))
    return signal


def _learn(signal: Signal) -> None:
    try:
        learn(as_activity(signal))
    except Exception:
        # A state that lags costs precision; the order stands whatever happens here.
        log.exception("signal %s did not reach the states", signal.pk)


@transaction.atomic
def learn(event: Activity) -> None:
    """Bring one event into the states of its identities; rows are locked by key."""
    keys = sorted(stream.state_keys(event))
    rows = IdentityState.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    states = {row.key: row.state for row in rows}
    stream.apply(event, states)
    save_states({key: states[key] for key in keys if key in states})


def save_states(states: dict[str, dict]) -> None:
    now = timezone.now()
    rows = [IdentityState(key=key, state=state, updated_at=now) for key, state in states.items()]
    IdentityState.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=["state", "updated_at"],
        unique_fields=["key"],
    )


def as_activity(signal: Signal) -> Activity:
    values = {name: getattr(signal, name) for name in FIELDS}
    return Activity(at=signal.at.timestamp(), id=signal.pk, **values)


def declined(run: CheckoutRun) -> None:
    """Remember a payment that the bank refused."""
    payment = Payment.objects.filter(checkout=run.checkout).first()
    if payment is None or payment.state != Payment.State.DECLINED:
        return
    event = activity_of(run, card=payment.card_fingerprint, at=timezone.now())
    remember(replace(event, kind=Signal.Kind.DECLINED), reference=f"declined-{run.checkout.uuid}")


def signed_in(*, customer: int, visitor: str, ip: str, place: tuple[float, float] | None) -> None:
    """Remember a sign-in: from which browser and network, and from where if that is known."""
    at = timezone.now()
    event = Activity(
        at=at.timestamp(),
        id=2**53,
        kind=Signal.Kind.LOGIN,
        customer=str(customer),
        visitor=visitor[:40],
        ip=network_of(ip),
        latitude=place[0] if place else 0.0,
        longitude=place[1] if place else 0.0,
        hour=local_hour(at),
    )
    remember(event, reference=f"login-{uuid4().hex}")


def reviewed(review: Review) -> None:
    """Remember that somebody wrote a review."""
    at = timezone.now()
    event = Activity(
        at=at.timestamp(),
        id=2**53,
        kind=Signal.Kind.REVIEW,
        customer=str(review.customer_id),
        hour=local_hour(at),
    )
    remember(event, reference=f"review-{review.pk}")


def refunded(refund: Refund) -> None:
    """Remember money paid back for goods that were delivered; a cancelled order is no refund."""
    order = refund.payment.order
    if order is None or order.status == Order.Status.CANCELLED or refund.reason == "cancelled":
        return
    at = timezone.now()
    event = Activity(
        at=at.timestamp(),
        id=2**53,
        kind=Signal.Kind.REFUND,
        customer=str(order.customer_id or ""),
        card=refund.payment.card_fingerprint,
        address=address_key(order.address),
        domain=domain_of(order.email),
        total=float(refund.amount),
        hour=local_hour(at),
    )
    remember(event, reference=f"refund-{refund.pk}", order=order)
