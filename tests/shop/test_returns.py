"""Returns: never more than was bought, paid back to the cent."""

from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.models import Order, OrderLine, ReturnRequest
from shop.refusals import Refused
from shop.services import returns
from shop.signals import return_received
from tests.shop.conftest import charged
from tests.shop.factories import OrderFactory, OrderLineFactory, PaymentFactory, StaffFactory

cents = st.integers(0, 100_000).map(lambda value: Decimal(value) / 100)


@given(total=cents, quantity=st.integers(1, 99), data=st.data())
def test_all_parts_of_a_line_pay_back_exactly_the_line(total, quantity, data):
    line, before, paid = OrderLine(quantity=quantity, total=total), 0, Decimal(0)
    while before < quantity:
        units = data.draw(st.integers(1, quantity - before))
        amount = returns.amount_for(line, units, before)
        assert amount >= 0
        assert amount == amount.quantize(Decimal("0.01"))
        paid, before = paid + amount, before + units
    assert paid == total


@pytest.fixture
def delivered(customer) -> Order:
    order = OrderFactory(
        customer=customer, status=Order.Status.DELIVERED, subtotal=10, delivery_fee=0
    )
    OrderLineFactory(order=order, quantity=3, total=Decimal("10.00"), unit_price=Decimal("4.00"))
    PaymentFactory(order=order)
    return order


def ask(order: Order, units: int) -> ReturnRequest:
    line = order.lines.get()
    return returns.request_return(order=order, quantities={line.pk: units}, reason="damaged")


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(asked=st.lists(st.integers(-2, 5), max_size=6))
def test_whatever_is_asked_for_no_more_than_was_bought_goes_back(asked):
    order = OrderFactory(status=Order.Status.DELIVERED)
    OrderLineFactory(order=order, quantity=4, total=Decimal("9.99"))
    for units in asked:
        try:
            ask(order, units)
        except Refused:
            continue
    requests = order.returns.all()
    units = sum(line.quantity for request in requests for line in request.lines.all())
    assert units <= 4
    assert sum(request.amount for request in requests) <= Decimal("9.99")


@pytest.mark.django_db
class TestReturns:
    def test_three_thirds_are_the_whole(self, delivered):
        amounts = [ask(delivered, 1).amount for _ in range(3)]
        assert amounts == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
        with pytest.raises(Refused, match="nothing_to_return"):
            ask(delivered, 1)

    def test_what_staff_refused_can_be_asked_for_again(self, delivered):
        returns.decide(request=ask(delivered, 3), approve=False, by=StaffFactory())
        assert ask(delivered, 3).amount == Decimal("10.00")

    @pytest.mark.parametrize("status", ["on_hold", "placed", "packed", "cancelled"])
    def test_only_what_left_the_house_can_come_back(self, delivered, status):
        Order.objects.filter(pk=delivered.pk).update(status=status)
        with pytest.raises(Refused):
            ask(delivered, 1)

    def test_a_line_of_another_order_cannot_be_returned(self, delivered):
        foreign = OrderLineFactory(order__status=Order.Status.DELIVERED)
        with pytest.raises(Refused, match="nothing_to_return"):
            returns.request_return(order=delivered, quantities={foreign.pk: 1}, reason="other")

    def test_money_and_goods_move_once_and_only_after_approval(self, delivered):
        staff, request, heard = StaffFactory(), ask(delivered, 2), []

        def listen(request: ReturnRequest, **kwargs: object) -> None:
            heard.append(request.pk)

        return_received.connect(listen)
        returns.receive_and_refund(request=request, by=staff)
        assert charged() == Decimal("10.00")
        returns.decide(request=request, approve=True, by=staff)
        for _ in range(2):
            returns.receive_and_refund(request=request, by=staff)
        return_received.disconnect(listen)
        delivered.refresh_from_db()
        assert heard == [request.pk]
        assert delivered.refunded == Decimal("6.67")
        assert charged() == Decimal("3.33")

    def test_the_page_asks_for_units_and_a_reason(self, shopper, delivered):
        address = reverse("shop:order_return", args=[delivered.number])
        assert shopper.get(address).status_code == 200
        line = delivered.lines.get()
        shopper.post(address, {f"line_{line.pk}": "2", "reason": "damaged", "comment": "torn"})
        assert ReturnRequest.objects.get().amount == Decimal("6.67")

    @pytest.mark.parametrize(
        "typed",
        [
            {"units": "4"},
            {"units": "-1"},
            {"units": "0"},
            {"units": "\x00"},
            {"units": "9" * 30},
            {"units": "1", "reason": "because"},
            {"units": "1", "comment": "\x00"},
            {"units": "1", "comment": "x" * 3000},
        ],
    )
    def test_bad_input_asks_for_nothing(self, shopper, delivered, typed):
        line = delivered.lines.get()
        values = {"reason": "other", "comment": ""} | typed
        values[f"line_{line.pk}"] = values.pop("units")
        address = reverse("shop:order_return", args=[delivered.number])
        assert shopper.post(address, values).status_code == 200
        assert not ReturnRequest.objects.exists()
