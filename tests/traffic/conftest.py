"""A corner shop with its whole chain behind it: stock, risk, money, behaviour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation import registry
from shop import events
from shop.models import Customer, Variant
from tests.inventory.factories import stocked
from tests.shop.factories import (
    CategoryFactory,
    CustomerFactory,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    VariantFactory,
)

GOODS = ("milk", "bread", "pasta", "sauce", "coffee", "apples", "soap", "cheese")


@pytest.fixture(autouse=True)
def clean_process() -> Iterator[None]:
    """Models and waiting events of one test are not those of the next."""
    registry.forget_loaded()
    events._waiting.clear()
    yield
    events._waiting.clear()
    registry.forget_loaded()


@dataclass
class World:
    """``regular`` buys milk and bread every week, and pasta once; the others buy less often."""

    variants: dict[str, Variant]
    regular: Customer
    others: list[Customer]


@pytest.fixture
def world(db) -> World:
    """Eight products in four categories, and customers with an order or more each."""
    categories = [CategoryFactory() for _ in range(4)]
    variants = {}
    for row, name in enumerate(GOODS):
        product = ProductFactory(title_en=name.title(), category=categories[row % 4])
        variants[name], _ = stocked(60, variant=VariantFactory(product=product))
    # In the morning, whenever the tests run: the simulated afternoon is as busy each time.
    now = timezone.now().replace(hour=14)

    def buy(customer: Customer, days_ago: int, *names: str) -> None:
        order = OrderFactory(customer=customer, placed_at=now - timedelta(days=days_ago))
        for name in names:
            OrderLineFactory(order=order, variant=variants[name])

    regular = CustomerFactory(household_key=1)
    for days_ago in range(3, 60, 7):
        buy(regular, days_ago, "milk", "bread")
    buy(regular, 45, "pasta")
    others = [CustomerFactory(household_key=2 + row) for row in range(5)]
    for row, customer in enumerate(others):
        buy(customer, 10 + row, GOODS[row], GOODS[row + 1], GOODS[row + 2])
        buy(customer, 40 - row, GOODS[row], GOODS[row + 1])
    return World(variants, regular, others)
