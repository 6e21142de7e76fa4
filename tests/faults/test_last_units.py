"""A crowd wants the last units: through the whole checkout, each buyer with a connection.

On PostgreSQL 200 buyers want 20 units, on SQLite, where one writes at a time, 20 want 5.
"""

from collections import Counter
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Sum

from inventory.models import LedgerEntry, Reservation, StockLevel
from inventory.selectors import differences
from risk.models import Assessment
from shop.demo.traffic.people import address_of, card_of, visitor_of
from shop.models import CartLine, Checkout, Customer, Order, OrderLine, Payment, TestCharge
from shop.payments.testprovider import CARD_DECLINED, CARD_OK, CARD_TIMEOUT
from shop.refusals import RefusalCode, Refused
from shop.services import checkout
from tests.inventory.factories import stocked
from tests.shop.factories import CartFactory, CartLineFactory, CustomerFactory

pytestmark = pytest.mark.slow


def crowd_and_units() -> tuple[int, tuple[int, ...]]:
    """How many buyers, and the units of each warehouse."""
    return (200, (8, 7, 5)) if connection.vendor == "postgresql" else (20, (2, 2, 1))


def buyer(customer: Customer, cart, card: str):
    """A signed-in customer who presses the button once."""
    given = checkout.CheckoutInput(
        idempotency_key=uuid4().hex,
        email=customer.user.email,
        address=address_of(customer),
        delivery="standard",
        card=card_of(customer, behaves_like=card),
        expected_total=None,
        visitor=visitor_of(customer, uuid4().hex),
    )
    return lambda: checkout.run(cart=cart, customer=customer, given=given).order


def everybody(variant, number: int, cards: tuple[str, ...]):
    work = []
    for row in range(number):
        customer = CustomerFactory()
        cart = CartFactory(customer=customer)
        CartLineFactory(cart=cart, variant=variant)
        work.append(buyer(customer, cart, cards[row % len(cards)]))
    return work


def books() -> dict:
    """Everything that has to agree, read in one thread."""
    captured = TestCharge.objects.filter(state=TestCharge.State.CAPTURED)
    paid = Payment.objects.filter(state=Payment.State.CAPTURED)
    ledger = LedgerEntry.objects.aggregate(
        on_hand=Sum("on_hand_change"), held=Sum("reserved_change")
    )
    level = StockLevel.objects.aggregate(on_hand=Sum("on_hand"), held=Sum("reserved"))
    return {
        "orders": Order.objects.count(),
        "units": OrderLine.objects.aggregate(n=Sum("quantity"))["n"] or 0,
        "total": sum(Order.objects.values_list("total", flat=True)),
        "charged": sum(captured.values_list("amount", flat=True)),
        "charges": captured.count(),
        "paid orders": paid.filter(order__isnull=False).count(),
        "paid without order": paid.filter(order=None).count(),
        "charge keys": set(captured.values_list("key", flat=True)),
        "placed": {
            str(uuid)
            for uuid in Checkout.objects.exclude(order=None).values_list("uuid", flat=True)
        },
        "ledger": ledger,
        "level": level,
        "differences": differences(),
        "held": Reservation.objects.filter(state=Reservation.State.HELD).count(),
        "screened": Assessment.objects.filter(order__isnull=False).count(),
        "left in carts": CartLine.objects.count(),
        "states": Counter(Checkout.objects.values_list("state", flat=True)),
    }


def assert_books_agree(found: dict) -> None:
    assert found["charge keys"] == found["placed"], "charged without an order, or the reverse"
    assert found["charged"] == found["total"]
    assert found["charges"] == found["paid orders"] == found["orders"] == found["units"]
    assert found["paid without order"] == 0
    assert found["ledger"] == found["level"]
    assert found["differences"] == []
    assert found["held"] == found["level"]["held"] == 0
    assert found["screened"] == found["orders"]
    assert set(found["states"]) <= {"placed", "refused"}


def test_exactly_as_many_buyers_as_units_get_an_order(in_threads) -> None:
    """Some answers of the bank are lost on the way; nobody gets less or pays more for it."""
    number, units = crowd_and_units()
    variant, _ = stocked(*units)
    results = in_threads(everybody(variant, number, (CARD_OK, CARD_OK, CARD_TIMEOUT)))
    orders = [one for one in results if isinstance(one, Order)]
    refused = [one for one in results if isinstance(one, Refused)]
    others = [one for one in results if not isinstance(one, Order | Refused)]
    assert others == []
    assert len(orders) == sum(units)
    assert len(refused) == number - sum(units)
    assert {one.code for one in refused} == {RefusalCode.OUT_OF_STOCK}
    (found,) = in_threads([books])
    assert_books_agree(found)
    assert found["orders"] == sum(units)
    assert found["level"]["on_hand"] == 0
    assert found["left in carts"] == number - sum(units)
    assert found["states"] == {"placed": sum(units), "refused": number - sum(units)}


def test_declined_cards_give_their_units_back_in_the_crowd(in_threads) -> None:
    number, units = crowd_and_units()
    variant, _ = stocked(*units)
    results = in_threads(everybody(variant, number, (CARD_OK, CARD_DECLINED)))
    codes = Counter(one.code for one in results if isinstance(one, Refused))
    orders = sum(isinstance(one, Order) for one in results)
    assert orders + sum(codes.values()) == number
    assert set(codes) <= {RefusalCode.OUT_OF_STOCK, RefusalCode.PAYMENT_DECLINED}
    (found,) = in_threads([books])
    assert_books_agree(found)
    assert found["orders"] == orders <= sum(units)
    assert found["level"]["on_hand"] == sum(units) - orders
