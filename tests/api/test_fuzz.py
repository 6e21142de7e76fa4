"""Fuzzing the whole API as a guest, a customer and a member of staff."""

import os
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from risk.models import Assessment, Case, Decision
from shop.models import Order
from support import services as support
from tests.api import fuzz
from tests.api.conftest import Shop, member
from tests.inventory.factories import SupplierFactory
from tests.shop.factories import (
    AddressFactory,
    CartFactory,
    CartLineFactory,
    CouponFactory,
    OrderFactory,
    PaymentFactory,
    ReviewFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))


def known(shop: Shop, cart, order: Order) -> dict[str, list]:
    """Values that lead somewhere, by the names that the schema calls them."""
    variants = [shop.milk.pk, shop.shoes.pk, shop.wine.pk]
    products = [shop.milk.product_id, shop.shoes.product_id]
    line = CartLineFactory(cart=cart, variant=shop.milk, quantity=2)
    return {
        "variant": variants,
        "product": products,
        "slug": ["whole-milk", "running-shoes", "red-wine", "grocery", "milk"],
        "department": ["grocery"],
        "category": ["milk"],
        "line": [line.pk, order.lines.get().pk],
        "number": [order.number],
        "code": [CouponFactory().code],
        "delivery": ["standard", "pickup"],
        "q": ["milk", "牛奶", "我想买一些运动鞋"],
    }


@pytest.fixture
def roles(shop) -> list[fuzz.Role]:
    buyer, agent = member(name="Ada Lovelace"), StaffFactory()
    shipped = OrderFactory(customer=buyer, lines=1, status=Order.Status.SHIPPED)
    PaymentFactory(order=shipped)
    ReviewFactory(product=shop.milk.product)
    address = AddressFactory(customer=buyer)
    cart = CartFactory(customer=buyer)
    own = known(shop, cart, shipped) | {"id": [address.pk], "saved_address": [address.pk]}
    guest_cart = CartFactory()
    guest_known = known(shop, guest_cart, OrderFactory(customer=None, lines=1))
    assessment = Assessment.objects.create(decision=Decision.BLOCK, at=shipped.placed_at)
    case = Case.objects.create(assessment=assessment, kind=Case.Kind.APPEAL)
    talk = support.open_conversation(visitor="somebody", customer=buyer)
    SupplierFactory()
    staff_known = known(shop, CartFactory(), OrderFactory(lines=1))
    return [
        fuzz.role("guest", cart=guest_cart, known=guest_known),
        fuzz.role("customer", user=buyer.user, known=own),
        fuzz.role("staff", user=agent, known=staff_known | {"id": [case.pk, talk.pk]}),
    ]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the test's connection open, as those of Django's own test client do."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_nothing_that_is_sent_breaks_the_api(roles):
    broken, seen = {}, fuzz.Seen("api")
    operations = list(fuzz.operations(fuzz.load()))
    for number in seen.rounds():
        for operation in operations:
            if number and seen.is_over():
                break
            try:
                fuzz.attack(operation, roles, examples=EXAMPLES, seen=seen, number=number)
            except (Exception, BaseExceptionGroup) as error:
                text = "\n".join([str(error), *getattr(error, "__notes__", [])])
                broken.setdefault(operation.label, text)
    seen.write()
    assert not broken, "\n\n".join(broken.values())
