"""Two at once: threads with connections of their own against the real database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from shop.models import Cart, Checkout, CouponRedemption, Order, Refund
from shop.payments import testprovider
from shop.refusals import Refused
from shop.services import carts, checkout, orders, returns
from tests.shop.conftest import card, charged, given
from tests.shop.factories import (
    CartFactory,
    CartLineFactory,
    ChannelFactory,
    CouponFactory,
    OrderFactory,
    PaymentFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_connections(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """SQLite's test database is in memory, where connections do not wait for each other.

    For these tests it is a file, as the shop has it; PostgreSQL stays as it is.
    """
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    name = connection.settings_dict["NAME"]
    file = str(tmp_path / "threads.sqlite3")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [file])
    held = connection.connection
    connection.connection = None
    connection.settings_dict["NAME"] = file
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.connection = held


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Run all at the same moment; return each one's result or its refusal."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=20)
            return deed()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.fixture
def cart() -> Cart:
    ChannelFactory()
    line = CartLineFactory(quantity=2)
    return line.cart


def buy(cart: Cart, **changes) -> Callable[[], object]:
    sent = given(**changes)
    return lambda: checkout.run(cart=cart, customer=None, given=sent)


@pytest.mark.parametrize("number", [testprovider.CARD_OK, testprovider.CARD_TIMEOUT])
def test_a_doubled_click_is_one_order_and_one_charge(cart, number):
    key = "clicked-twice-0001"
    deeds = [buy(cart, idempotency_key=key, card=card(number)) for _ in range(4)]
    outcomes = at_once(*deeds)
    order = Order.objects.get()
    assert [getattr(outcome, "order", outcome) for outcome in outcomes] == [order] * 4
    assert charged() == order.total == Decimal("24.90")


def test_answering_the_bank_twice_is_one_order(cart):
    key = "answered-twice-001"
    buy(cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))()
    answers = [buy(cart, idempotency_key=key, challenge_answer="123456") for _ in range(3)]
    at_once(*answers)
    assert charged() == Order.objects.get().total


def test_the_last_use_of_a_coupon_is_one_use():
    ChannelFactory()
    coupon = CouponFactory(max_uses=1)
    waiting = []
    for number in range(3):
        cart = CartFactory(coupon_codes=[coupon.code])
        CartLineFactory(cart=cart)
        waiting.append(buy(cart, email=f"guest-{number}@example.com"))
    outcomes = at_once(*waiting)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert CouponRedemption.objects.count() == Order.objects.count() == 1
    assert charged() == Order.objects.get().total


def test_cancelling_and_packing_end_in_one_of_the_two():
    order = OrderFactory(lines=1)
    PaymentFactory(order=order)
    at_once(
        lambda: orders.cancel(order=order, by=None),
        lambda: orders.advance(order=order, to=Order.Status.PACKED, by=None),
    )
    order.refresh_from_db()
    assert (order.status == "cancelled") == (charged() == 0)
    assert order.events.count() == 1


def test_cancelling_twice_pays_back_once():
    order = OrderFactory(lines=1)
    PaymentFactory(order=order)
    at_once(*[lambda: orders.cancel(order=order, by=None)] * 3)
    assert Refund.objects.get().amount == order.total
    assert charged() == 0


def test_units_cannot_be_returned_twice():
    order = OrderFactory(lines=1, status=Order.Status.DELIVERED)
    line = order.lines.get()
    ask = {"order": order, "quantities": {line.pk: 1}, "reason": "other"}
    outcomes = at_once(*[lambda: returns.request_return(**ask)] * 3)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert order.returns.count() == 1


def test_a_cart_filled_by_two_tabs_has_one_line():
    cart, variant = CartFactory(), VariantFactory()
    at_once(*[lambda: carts.add(cart=cart, variant_id=variant.pk, quantity=2)] * 3)
    assert cart.lines.get().quantity == 6


def test_recovering_twice_at_once_undoes_once(cart):
    key = "never-answered-02"
    buy(cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))()
    Checkout.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    counts = at_once(checkout.recover_stuck, checkout.recover_stuck)
    assert sorted(counts) == [0, 1]
    assert Checkout.objects.get().state == Checkout.State.REFUSED
