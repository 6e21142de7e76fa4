"""Customers with a past, goods in stock, and the whole checkout that the settings name."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from foundation import registry
from risk import services
from shop import events
from shop.checkout.protocol import Visitor
from shop.models import Customer, Order, OrderLine, Variant
from shop.services import checkout
from tests.inventory.factories import stocked
from tests.shop.conftest import card, given
from tests.shop.factories import (
    CartFactory,
    CartLineFactory,
    ChannelFactory,
    CustomerFactory,
    VariantFactory,
)

Buyer = Callable[..., Order]


@pytest.fixture(autouse=True)
def clean_process(settings, tmp_path: Path) -> Iterator[None]:
    """Models and waiting events of one test are not those of the next."""
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    registry.forget_loaded()
    events._waiting.clear()
    yield
    events._waiting.clear()
    registry.forget_loaded()


@pytest.fixture
def variant(db) -> Variant:
    row, _ = stocked(1000, variant=VariantFactory(price="10.00"))
    return row


@pytest.fixture
def customer(db) -> Customer:
    return CustomerFactory()


@pytest.fixture
def past(customer: Customer, variant: Variant) -> None:
    """240 ordinary orders of twelve customers, one of them ours, over two months of daytimes."""
    people = [customer, *(CustomerFactory() for _ in range(11))]
    channel, noon = ChannelFactory(), timezone.now().replace(hour=17, minute=0)
    orders = Order.objects.bulk_create(
        Order(
            number=f"M-PAST-{row:04d}",
            customer=people[row % 12],
            channel=channel,
            status=Order.Status.DELIVERED,
            placed_at=noon - timedelta(days=2 + row // 12 * 3, minutes=row * 7 % 240),
            subtotal=10 * (1 + row % 4),
            total=10 * (1 + row % 4),
        )
        for row in range(240)
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=variant,
            quantity=1 + row % 4,
            unit_price=10,
            total=10 * (1 + row % 4),
        )
        for row, order in enumerate(orders)
    )


@pytest.fixture
def model(past: None):
    """A model trained on the past, active."""
    return services.train()


@pytest.fixture
def buy(variant: Variant) -> Buyer:
    """Check out like somebody at home: one card and one browser each."""

    def check_out(
        customer: Customer | None, quantity: int = 1, *, number: str = "", visitor: str = ""
    ) -> Order:
        cart = CartFactory()
        CartLineFactory(cart=cart, variant=variant, quantity=quantity)
        owner = customer.pk if customer else 0
        who = Visitor(visitor or f"browser-{owner}", f"192.0.2.{owner % 250}", "tests", "en")
        sent = given(
            idempotency_key=uuid4().hex,
            email=customer.user.email if customer else "guest@example.com",
            card=card(number or own_card(owner)),
            visitor=who,
        )
        outcome = checkout.run(cart=cart, customer=customer, given=sent)
        assert outcome.order is not None
        return outcome.order

    return check_out


def own_card(owner: int) -> str:
    """A valid number of one's own that the test provider accepts."""
    from shop.payments.cards import luhn_valid

    numbers = (f"42{check}{owner:09d}4242" for check in range(10))
    return next(number for number in numbers if luhn_valid(number))
