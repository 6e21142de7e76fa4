"""Returns: asked for by customers, decided by staff, paid back to the cent."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from foundation import outbox
from shop import events
from shop.models import (
    Event,
    Order,
    OrderLine,
    RefundApproval,
    ReturnLine,
    ReturnRequest,
    User,
)
from shop.models.base import ZERO
from shop.pricing import round_money
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.services import refunds
from shop.signals import return_received

RETURNABLE = (Order.Status.SHIPPED, Order.Status.DELIVERED)
REASONS = (
    ("damaged", _("It arrived damaged")),
    ("wrong_item", _("It is not what I ordered")),
    ("not_as_described", _("It is not as described")),
    ("too_late", _("It came too late")),
    ("changed_mind", _("I changed my mind")),
    ("other", _("Something else")),
)


def returnable(order: Order) -> dict[int, int]:
    """Units of each line (by its id) that can still be returned."""
    if order.status not in RETURNABLE:
        return {}
    asked = dict(
        ReturnLine.objects.filter(order_line__order=order)
        .exclude(request__state=ReturnRequest.State.REFUSED)
        .values_list("order_line")
        .annotate(n=Sum("quantity"))
    )
    left = {line.pk: line.quantity - asked.get(line.pk, 0) for line in order.lines.all()}
    return {pk: units for pk, units in left.items() if units > 0}


def amount_for(line: OrderLine, quantity: int, returned_before: int) -> Decimal:
    """What ``quantity`` units of a line are worth, so that returning all of it, in any number of
    parts, pays back exactly the line's total."""
    before = round_money(line.total * returned_before / line.quantity)
    after = round_money(line.total * (returned_before + quantity) / line.quantity)
    return after - before


@transaction.atomic
def request_return(
    *,
    order: Order,
    quantities: dict[int, int],
    reason: str,
    comment: str = "",
    visitor: str = "",
) -> ReturnRequest:
    """Ask to return units of an order's lines (``{line id: units}``)."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    left = returnable(order)
    wanted = {pk: units for pk, units in quantities.items() if units}
    if not wanted or any(pk not in left for pk in wanted):
        raise Refused(RefusalCode.NOTHING_TO_RETURN)
    if any(not 1 <= units <= left[pk] for pk, units in wanted.items()):
        raise Refused(RefusalCode.INVALID_QUANTITY, maximum=max(left.values()))
    request = ReturnRequest.objects.create(order=order, reason=reason, comment=comment)
    total = ZERO
    for line in order.lines.filter(pk__in=wanted):
        total += amount_for(line, wanted[line.pk], line.quantity - left[line.pk])
        ReturnLine.objects.create(request=request, order_line=line, quantity=wanted[line.pk])
    request.amount = total
    request.save(update_fields=["amount"])
    who = consent.trace_of(order.customer, visitor)
    for line in order.lines.filter(pk__in=wanted).select_related("variant"):
        events.record(
            Event.Kind.RETURN,
            visitor=who.visitor,
            customer_id=who.customer_id,
            product_id=line.variant.product_id,
            data={"quantity": wanted[line.pk]},
        )
    return request


@transaction.atomic
def decide(*, request: ReturnRequest, approve: bool, by: User | None) -> ReturnRequest:
    request = ReturnRequest.objects.select_for_update().get(pk=request.pk)
    if request.state == ReturnRequest.State.REQUESTED:
        states = ReturnRequest.State
        request.state = states.APPROVED if approve else states.REFUSED
        request.decided_by = by
        request.save(update_fields=["state", "decided_by", "updated_at"])
        outbox.put("shop.return", f"{request.pk}:{request.state}", request_id=request.pk)
    return request


@transaction.atomic
def receive_and_refund(*, request: ReturnRequest, by: User | None) -> ReturnRequest:
    """The goods are back: put them into stock and pay. Twice is once.

    So much money that a second person has to agree to it is paid when somebody does; until then
    the return stays received. After a refusal it can be asked for again.
    """
    request = ReturnRequest.objects.select_for_update().select_related("order").get(pk=request.pk)
    asked = request.refund_approvals
    if request.state == ReturnRequest.State.APPROVED:
        request.state = ReturnRequest.State.RECEIVED
        request.save(update_fields=["state", "updated_at"])
        return_received.send(sender=ReturnRequest, request=request)
    elif (
        request.state != ReturnRequest.State.RECEIVED
        or asked.exclude(state=RefundApproval.State.REFUSED).exists()
    ):
        return request
    times = asked.count()
    amount = min(request.amount, request.order.total - request.order.refunded)
    waits = None
    if amount > 0:
        waits = refunds.pay_back(
            order=request.order,
            amount=amount,
            key=f"return-{request.pk}-{times}" if times else f"return-{request.pk}",
            reason=request.reason,
            by=by,
            returned=request,
        )
    if waits is None:
        refunds.close_return(request)
    return request
