"""Paying back by staff: more than ``REFUND_FOUR_EYES_ABOVE`` of one order takes two people.

A cancelled order is paid back whole and by itself: its goods have not left the house.
"""

from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from foundation import outbox
from shop.models import Order, Refund, RefundApproval, ReturnRequest, User
from shop.models.base import ZERO
from shop.refusals import RefusalCode, Refused
from shop.services import orders
from shop.signals import refund_decided, refund_proposed

State = RefundApproval.State


@transaction.atomic
def pay_back(
    *,
    order: Order,
    amount: Decimal,
    key: str,
    reason: str,
    by: User | None,
    returned: ReturnRequest | None = None,
) -> RefundApproval | None:
    """Pay back a part of an order, or ask for a second person's agreement.

    What was paid back before, and what waits, counts: the limit is not met in parts. The key makes
    a repetition the same refund.

    Returns
    -------
    None when the money is paid back, else what waits or waited for the agreement.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    known = RefundApproval.objects.filter(key=key).first()
    if known is not None or Refund.objects.filter(idempotency_key=key).exists():
        return known
    waits = order.refund_approvals.filter(state=State.WAITING).aggregate(n=Sum("amount"))["n"]
    taken = order.refunded + (waits or ZERO)
    if not 0 < amount <= order.total - taken:
        raise Refused(RefusalCode.AMOUNT_TOO_HIGH, maximum=str(order.total - taken))
    if taken + amount <= settings.REFUND_FOUR_EYES_ABOVE:
        orders.refund(order=order, amount=amount, key=key, reason=reason, by=by)
        return None
    approval = RefundApproval.objects.create(
        order=order,
        returned=returned,
        amount=amount,
        reason=reason[:200],
        key=key,
        requested_by=by,
    )
    refund_proposed.send(sender=RefundApproval, approval=approval)
    return approval


@transaction.atomic
def decide(*, approval: RefundApproval, approve: bool, by: User) -> RefundApproval:
    """Agree to a refund, which pays it, or refuse it. The second decision changes nothing.

    Raises
    ------
    Refused
        Whoever asked for the money agrees to it, or the order has less left than that.
    """
    order = Order.objects.select_for_update().get(pk=approval.order_id)
    approval = RefundApproval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    if approval.state != State.WAITING:
        return approval
    if approve and approval.requested_by_id == by.pk:
        raise Refused(RefusalCode.OWN_REFUND)
    approval.state = State.APPROVED if approve else State.REFUSED
    approval.decided_by, approval.decided_at = by, timezone.now()
    approval.save(update_fields=["state", "decided_by", "decided_at", "updated_at"])
    if approve:
        orders.refund(
            order=order,
            amount=approval.amount,
            key=approval.key,
            reason=approval.reason,
            by=by,
        )
        if approval.returned is not None:
            close_return(approval.returned)
    refund_decided.send(sender=RefundApproval, approval=approval)
    return approval


def close_return(request: ReturnRequest) -> None:
    """The goods of a return are here and its money is paid: tell the customer."""
    request.state = ReturnRequest.State.REFUNDED
    request.save(update_fields=["state", "updated_at"])
    outbox.put("shop.return", f"{request.pk}:{request.state}", request_id=request.pk)
