"""The shop by itself: its own checkout steps, and stock from a test helper."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from shop import events
from shop.checkout.protocol import CardInput, Visitor
from shop.models import Cart, Customer, TestCharge
from shop.payments.testprovider import CARD_OK
from shop.services.checkout import CheckoutInput
from tests.shop import factories, stock

ADDRESS = {
    "recipient": "Ada Lovelace",
    "line1": "12 Analytical Road",
    "line2": "",
    "city": "Cincinnati",
    "region": "OH",
    "postal_code": "45202",
    "country": "US",
    "phone": "",
}
VISITOR = Visitor(key="visitor-1", ip="192.0.2.1", user_agent="tests", language="en")


@pytest.fixture(autouse=True)
def shop_alone(settings) -> Iterator[None]:
    settings.CHECKOUT_STEPS = [
        "shop.checkout.steps.TakePayment",
        "shop.checkout.steps.PlaceOrder",
    ]
    settings.AVAILABILITY_PROVIDER = "tests.shop.stock.availability"
    stock.LEVELS.clear()
    # Behaviour of one test is not written by the next one.
    events._waiting.clear()
    yield
    stock.LEVELS.clear()
    events._waiting.clear()


def card(number: str = CARD_OK, expiry: str = "12/40", code: str = "123") -> CardInput:
    return CardInput(number=number, expiry=expiry, code=code, holder="Ada Lovelace")


def given(**changes) -> CheckoutInput:
    """What a guest sends who does everything right."""
    values = {
        "idempotency_key": uuid4().hex,
        "email": "ada@example.com",
        "address": dict(ADDRESS),
        "delivery": "standard",
        "card": card(),
        "expected_total": None,
        "visitor": VISITOR,
    }
    return CheckoutInput(**(values | changes))


def charged() -> Decimal:
    """What the provider holds in all: captured minus refunded."""
    rows = TestCharge.objects.filter(state=TestCharge.State.CAPTURED)
    return sum((row.amount - row.refunded for row in rows), Decimal("0.00"))


@pytest.fixture
def filled_cart(db) -> Cart:
    """A guest's cart: two units at 10.00 and one at 5.50."""
    cart = factories.CartFactory()
    factories.CartLineFactory(cart=cart, quantity=2)
    factories.CartLineFactory(cart=cart, variant__price=Decimal("5.50"))
    return cart


@pytest.fixture
def customer(db) -> Customer:
    return factories.CustomerFactory()


@pytest.fixture
def shopper(client: Client, customer: Customer) -> Client:
    """A browser in which ``customer`` is signed in."""
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def put(db) -> Callable[..., None]:
    """Put a variant into the cart of a browser, the way the product page does."""

    def put_into(client: Client, variant, quantity: int = 1) -> None:
        body = {"variant": variant.pk, "quantity": quantity}
        assert client.post("/cart/add/", body).status_code == 302

    return put_into
