"""What flows do: each action is the same service or selector that the pages call.

An action reads and changes only what belongs to ``turn.customer``. ``values`` are the flow's slots,
filled and confirmed.
"""

from collections.abc import Callable

from shop.models import Address, Cart, Order, OrderLine, Refund, ReturnRequest
from shop.privacy import consent
from shop.refusals import Refused
from shop.services import accounts, orders, returns
from support.dialogue import products
from support.dialogue.fillers import named_order, own_orders
from support.dialogue.turn import Turn

Action = Callable[[Turn, dict], None]
SHOWN_ORDERS = 3


def order_card(order: Order) -> dict:
    return {
        "kind": "order",
        "title": order.number,
        "text": f"{order.get_status_display()} · ${order.total}",
        "url": order.get_absolute_url(),
    }


def _show_orders(turn: Turn, found: list[Order]) -> None:
    turn.cards += [order_card(order) for order in found]
    numbers = [order.number for order in found]
    if numbers[1:] or numbers[0] not in (turn.memory.get("listed") or []):
        # One order picked from a list leaves the list: the next one may be picked as well.
        turn.memory["listed"] = numbers
    turn.memory.pop("products", None)
    turn.memory["order"] = found[0].number


def own(turn: Turn, number: str) -> Order | None:
    """The order again, at the moment it is used."""
    return Order.objects.filter(customer=turn.customer, number=number).first()


def track(turn: Turn, values: dict) -> None:
    """The named order, the one pointed at, or the newest ones."""
    if turn.slots.orders:
        order = named_order(turn)
        if order is None:
            turn.say("not_yours")
            return
        found = [order]
    else:
        found = _pointed_at(turn) or own_orders(turn)[:SHOWN_ORDERS]
    if not found:
        turn.say("no_orders")
    elif len(found) == 1:
        turn.say("order_state", number=found[0].number, status=found[0].get_status_display())
        _show_orders(turn, found)
    else:
        turn.say("orders")
        _show_orders(turn, found)


def _pointed_at(turn: Turn) -> list[Order]:
    listed = turn.memory.get("listed") or []
    numbers = [listed[place] for place in turn.slots.ordinals if -1 <= place < len(listed)]
    if not numbers and turn.slots.latest:
        return own_orders(turn)[:1]
    if not numbers and turn.slots.that and turn.memory.get("order"):
        numbers = [turn.memory["order"]]
    found = {
        order.number: order
        for order in Order.objects.filter(customer=turn.customer, number__in=numbers)
    }
    return [found[number] for number in numbers if number in found]


def late(turn: Turn, values: dict) -> None:
    turn.say("late")
    track(turn, values)
    turn.offer("person")


def cancel(turn: Turn, values: dict) -> None:
    order = own(turn, values["order"])
    if order is None:
        turn.say("not_yours")
        return
    try:
        orders.cancel(order=order, by=turn.customer.user if turn.customer else None)
    except Refused as refusal:
        turn.acts.append("refused")
        turn.said.append(refusal.message)
        return
    turn.say("cancel_done", order=order.number)
    turn.memory["order"] = order.number
    turn.memory["undo"] = {"name": "cancel", "order": order.number}


def return_goods(turn: Turn, values: dict) -> None:
    """One request for all units of the line that can still be returned."""
    order = own(turn, values["order"])
    line = OrderLine.objects.filter(order=order, pk=values["line"]).first() if order else None
    if order is None or line is None:
        turn.say("not_yours")
        return
    units = returns.returnable(order).get(line.pk, 0)
    wanted = min(turn.memory.get("quantity") or units, units)
    try:
        returns.request_return(
            order=order,
            quantities={line.pk: wanted},
            reason=values["reason"],
            visitor=turn.conversation.visitor,
        )
    except Refused as refusal:
        turn.acts.append("refused")
        turn.said.append(refusal.message)
        return
    turn.say("return_done", line=line.variant.product.title)


def change_order(turn: Turn, values: dict) -> None:
    turn.say("change_order")


def change_address(turn: Turn, values: dict) -> None:
    turn.say("change_address")
    turn.offer("person")


def save_address(turn: Turn, values: dict) -> None:
    customer = turn.customer
    assert customer is not None
    given = accounts.AddressInput(
        recipient=customer.name or str(customer),
        line1=values["line1"],
        city=values["city"],
        postal_code=values["postcode"],
        country="CN" if turn.language == "zh" else "US",
    )
    try:
        address = accounts.save_address(customer=customer, given=given)
    except Refused as refusal:
        turn.acts.append("refused")
        turn.said.append(refusal.message)
        return
    turn.say("address_done")
    turn.memory["undo"] = {"name": "address", "pk": address.pk}


def refund_request(turn: Turn, values: dict) -> None:
    turn.say("refund_offer")


def refund_status(turn: Turn, values: dict) -> None:
    asked = ReturnRequest.objects.filter(order__customer=turn.customer)[:SHOWN_ORDERS]
    paid = Refund.objects.filter(payment__order__customer=turn.customer).order_by("-created_at")
    lines = [f"{row.order.number}: {row.get_state_display()} · ${row.amount}" for row in asked]
    lines += [
        f"{row.payment.order.number}: ${row.amount} ({row.created_at:%Y-%m-%d})"
        for row in paid.select_related("payment__order")[:SHOWN_ORDERS]
        if row.payment.order
    ]
    if not lines:
        turn.say("no_refunds")
        return
    turn.say("refund_states")
    turn.said += lines


def invoice(turn: Turn, values: dict) -> None:
    order = own(turn, values["order"])
    if order is None:
        turn.say("not_yours")
        return
    turn.say("invoice", order=order.number)
    turn.memory["order"] = order.number
    card = order_card(order)
    turn.cards.append({**card, "kind": "invoice", "url": f"{card['url']}invoice.pdf"})


def privacy(turn: Turn, values: dict) -> None:
    turn.say("privacy")
    turn.offer("person")


def personalisation_off(turn: Turn, values: dict) -> None:
    assert turn.customer is not None
    _personal(turn, on=False)
    turn.say("personal_done")
    turn.memory["undo"] = {"name": "personal"}


def _personal(turn: Turn, *, on: bool) -> None:
    assert turn.customer is not None
    consent.switch(
        customer=turn.customer,
        purpose=consent.PERSONALISATION,
        on=on,
        source=consent.Source.CHAT,
        visitor=turn.conversation.visitor,
    )


def delete_account(turn: Turn, values: dict) -> None:
    turn.say("delete_passed")
    turn.hand_over = True


def hand_over(turn: Turn, values: dict) -> None:
    turn.say("person")
    turn.hand_over = True


def hand_over_complaint(turn: Turn, values: dict) -> None:
    turn.say("complaint")
    turn.hand_over = True


def undo(turn: Turn) -> None:
    """Take back the last change that can be taken back, once."""
    last = turn.memory.pop("undo", None)
    customer = turn.customer
    if not last or customer is None:
        turn.say("nothing_to_undo")
    elif last["name"] == "cancel":
        order = own(turn, last["order"])
        if order is not None:
            cart, _made = Cart.objects.get_or_create(customer=customer, is_open=True)
            orders.reorder(order=order, cart=cart)
        turn.say("undone_cancel")
    elif last["name"] == "address":
        if Address.objects.filter(customer=customer, pk=last["pk"]).exists():
            accounts.delete_address(customer=customer, pk=last["pk"])
        turn.say("undone_address")
    else:
        _personal(turn, on=True)
        turn.say("undone_personal")


ACTIONS: dict[str, Action] = {
    "track": track,
    "late": late,
    "cancel": cancel,
    "return_goods": return_goods,
    "change_order": change_order,
    "change_address": change_address,
    "save_address": save_address,
    "refund_request": refund_request,
    "refund_status": refund_status,
    "invoice": invoice,
    "privacy": privacy,
    "personalisation_off": personalisation_off,
    "delete_account": delete_account,
    "hand_over": hand_over,
    "hand_over_complaint": hand_over_complaint,
    "delivery": products.delivery,
    "product_facts": products.facts,
    "stock": products.stock,
    "price": products.price,
    "coupons": products.coupons,
    "find_products": products.find,
    "compare": products.compare,
}
