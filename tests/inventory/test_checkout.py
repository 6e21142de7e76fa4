"""What the shop's checkout, cancellations and returns do to the stock."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.checkout import ReserveStock
from inventory.models import LedgerEntry, Reservation, StockLevel
from inventory.services import expire_reservations
from shop.checkout.protocol import CardInput, CheckoutRun, PricedLine, Visitor
from shop.models import ReturnLine, ReturnRequest
from shop.refusals import Refused
from shop.signals import order_cancelled, return_received
from tests.inventory.factories import WarehouseFactory, stocked
from tests.shop.factories import (
    ChannelFactory,
    CheckoutFactory,
    OrderFactory,
    OrderLineFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


def run_for(*wanted: tuple) -> CheckoutRun:
    """A checkout run of (variant, quantity) lines."""
    nothing = Decimal("0.00")
    return CheckoutRun(
        checkout=CheckoutFactory(),
        customer=None,
        email="guest@example.com",
        lines=[
            PricedLine(variant, quantity, nothing, nothing, nothing, nothing)
            for variant, quantity in wanted
        ],
        subtotal=nothing,
        delivery_fee=nothing,
        total=nothing,
        address={},
        delivery_option="standard",
        delivery_date=None,
        card=CardInput("", "", ""),
        visitor=Visitor("", "", "", "en"),
    )


def placed(run: CheckoutRun):
    """The order of a run, with the stock sold."""
    order = OrderFactory(customer=None)
    for line in run.lines:
        OrderLineFactory(order=order, variant=line.variant, quantity=line.quantity)
    run.checkout.order = order
    run.checkout.save()
    ReserveStock().placed(run, order)
    return order


def totals() -> tuple[int, int]:
    levels = list(StockLevel.objects.all())
    return sum(row.on_hand for row in levels), sum(row.reserved for row in levels)


def test_run_holds_for_a_quarter_of_an_hour_and_undo_gives_back_twice_over() -> None:
    variant, _ = stocked(5)
    run, step = run_for((variant, 3)), ReserveStock()
    step.run(run)
    left = Reservation.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert totals() == (5, 3)
    step.undo(run)
    step.undo(run)
    assert totals() == (5, 0)


def test_undo_of_a_recovered_checkout_needs_no_lines() -> None:
    variant, _ = stocked(5)
    run = run_for((variant, 3))
    ReserveStock().run(run)
    run.lines = []
    ReserveStock().undo(run)
    assert totals() == (5, 0)


def test_undo_after_the_order_was_placed_gives_nothing_back() -> None:
    variant, _ = stocked(5)
    run, step = run_for((variant, 3)), ReserveStock()
    step.run(run)
    placed(run)
    step.undo(run)
    assert totals() == (2, 0)


def test_the_sale_goes_with_the_orders_transaction() -> None:
    variant, _ = stocked(5)
    run, step = run_for((variant, 3)), ReserveStock()
    step.run(run)

    def fail_after_placing() -> None:
        with transaction.atomic():
            placed(run)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_placing()
    assert totals() == (5, 3)


def test_a_hold_that_ran_out_while_the_bank_asked_is_made_anew_or_refused() -> None:
    variant, _ = stocked(5)
    slow, quick, step = run_for((variant, 3)), run_for((variant, 3)), ReserveStock()
    step.run(slow)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_reservations()
    step.run(quick)
    with pytest.raises(Refused) as refusal:
        step.placed(slow, OrderFactory())
    assert refusal.value.data["available"] == 2
    step.undo(quick)
    step.placed(slow, OrderFactory())
    assert totals() == (2, 0)


def test_a_cancelled_order_puts_its_units_back_once() -> None:
    variant, _ = stocked(2, 4)
    run = run_for((variant, 5))
    ReserveStock().run(run)
    order = placed(run)
    assert totals() == (1, 0)
    for _ in range(2):
        order_cancelled.send(sender=type(order), order=order)
    assert totals() == (6, 0)
    assert set(LedgerEntry.objects.filter(reason="return").values_list("reference", flat=True)) == {
        f"cancel {order.number}"
    }


def test_cancelling_an_order_that_never_took_stock_adds_none() -> None:
    stocked(5)
    order = OrderFactory(lines=2)
    order_cancelled.send(sender=type(order), order=order)
    assert totals() == (5, 0)


def returned(order, line, quantity: int) -> ReturnRequest:
    request = ReturnRequest.objects.create(order=order, reason="damaged")
    ReturnLine.objects.create(request=request, order_line=line, quantity=quantity)
    return_received.send(sender=ReturnRequest, request=request)
    return request


def test_returned_goods_go_back_where_they_came_from_once() -> None:
    variant, (online, store) = stocked(2, 4)
    run = run_for((variant, 5))
    ReserveStock().run(run)
    order = placed(run)
    request = returned(order, order.lines.get(), 3)
    return_received.send(sender=ReturnRequest, request=request)
    assert totals() == (4, 0)
    on_hand = dict(StockLevel.objects.values_list("warehouse__code", "on_hand"))
    assert on_hand == {online.code: 2, store.code: 2}


def test_an_imported_orders_return_goes_to_its_channels_warehouse_or_to_the_centre() -> None:
    online = WarehouseFactory()
    store = WarehouseFactory(store=True)
    for channel, warehouse in ((store.channel, store), (ChannelFactory(store=True), online)):
        order = OrderFactory(channel=channel)
        line = OrderLineFactory(order=order, variant=VariantFactory(), quantity=2)
        returned(order, line, 2)
        level = StockLevel.objects.get(variant=line.variant)
        assert (level.warehouse, level.on_hand) == (warehouse, 2)
