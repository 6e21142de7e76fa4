"""An order's life after it was placed: cancel, release, ship, pay back, buy again."""

import logging
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from foundation import outbox
from shop.models import Cart, Order, OrderEvent, Payment, Refund, User
from shop.payments.provider import get_provider
from shop.refusals import RefusalCode, Refused
from shop.services import carts
from shop.signals import order_cancelled, order_shipped

log = logging.getLogger(__name__)
CANCELLABLE = (Order.Status.ON_HOLD, Order.Status.PLACED)
NEXT_STATUS = {
    Order.Status.PLACED: Order.Status.PACKED,
    Order.Status.PACKED: Order.Status.SHIPPED,
    Order.Status.SHIPPED: Order.Status.DELIVERED,
}


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update().get(pk=order.pk)


def _set_status(order: Order, status: Order.Status, by: User | None, note: str = "") -> None:
    order.status = status
    order.save(update_fields=["status"])
    OrderEvent.objects.create(order=order, status=status, note=note, at=timezone.now(), by=by)


@transaction.atomic
def cancel(*, order: Order, by: User | None, note: str = "") -> Order:
    """Cancel an order that is not packed yet, pay it back, announce it. Twice is once."""
    order = _locked(order)
    if order.status == Order.Status.CANCELLED:
        return order
    if order.status not in CANCELLABLE:
        raise Refused(RefusalCode.TOO_LATE, status=order.get_status_display())
    _set_status(order, Order.Status.CANCELLED, by, note)
    order_cancelled.send(sender=Order, order=order)
    remaining = order.total - order.refunded
    if remaining > 0:
        refund(order=order, amount=remaining, key=f"cancel-{order.pk}", reason="cancelled", by=by)
    order.refresh_from_db()
    outbox.put("shop.status", f"{order.pk}:{order.status}", order_id=order.pk, status=order.status)
    return order


@transaction.atomic
def release(*, order: Order, by: User | None) -> Order:
    """Let an order on hold go on."""
    order = _locked(order)
    if order.status == Order.Status.ON_HOLD:
        _set_status(order, Order.Status.PLACED, by)
    return order


@transaction.atomic
def advance(*, order: Order, to: Order.Status, by: User | None, note: str = "") -> Order:
    """Move an order one step along: packed, shipped, delivered. Repeating a step is harmless."""
    order = _locked(order)
    if order.status == to:
        return order
    if NEXT_STATUS.get(Order.Status(order.status)) != to:
        raise Refused(RefusalCode.TOO_LATE, status=order.get_status_display())
    _set_status(order, to, by, note)
    if to == Order.Status.SHIPPED:
        order_shipped.send(sender=Order, order=order)
        outbox.put(
            "shop.status", f"{order.pk}:{order.status}", order_id=order.pk, status=order.status
        )
    return order


@transaction.atomic
def refund(*, order: Order, amount: Decimal, key: str, reason: str, by: User | None) -> None:
    """Pay back a part of an order; the key makes a repetition the same refund."""
    order = _locked(order)
    if Refund.objects.filter(idempotency_key=key).exists():
        return
    left = order.total - order.refunded
    if not 0 < amount <= left:
        raise Refused(RefusalCode.AMOUNT_TOO_HIGH, maximum=str(left))
    payment = order.payments.filter(state=Payment.State.CAPTURED).first()
    if payment is not None:
        reference = get_provider().refund(
            charge_key=str(payment.checkout.uuid), key=key, amount=amount
        )
        Refund.objects.create(
            payment=payment,
            amount=amount,
            idempotency_key=key,
            reference=reference,
            reason=reason[:200],
        )
    order.refunded += amount
    order.save(update_fields=["refunded"])


def reorder(*, order: Order, cart: Cart) -> tuple[int, list[str]]:
    """Put an order's lines into the cart; return how many, and titles no longer to be had."""
    added, missing = 0, []
    for line in order.lines.select_related("variant__product"):
        quantity = min(max(line.quantity, 1), 20)
        try:
            carts.add(cart=cart, variant_id=line.variant_id, quantity=quantity)
            added += 1
        except Refused:
            missing.append(str(line.variant.product))
    return added, missing
