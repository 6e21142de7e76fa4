"""How often a page or an answer asks the database does not depend on how much there is to show."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.models import Category, Customer, Order, Product
from tests.api.conftest import member
from tests.inventory.factories import stocked
from tests.shop.factories import (
    AddressFactory,
    CategoryFactory,
    CouponFactory,
    DealFactory,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    ReviewFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/d/{department}/",
    "/c/{category}/",
    "/search/",
    "/p/{product}/",
    "/cart/",
    "/checkout/",
    "/wishlist/",
    "/compare/",
    "/orders/",
    "/orders/{order}/",
    "/account/addresses/",
]
ANSWERS = [
    "home/",
    "departments/",
    "categories/",
    "products/",
    "products/?q=product",
    "products/{product}/",
    "products/{product}/reviews/",
    "suggest/?q=product",
    "search/?q=product",
    "recommendations/",
    "compare/",
    "recently-viewed/",
    "cart/",
    "checkout/",
    "orders/",
    "orders/{order}/",
    "addresses/",
    "wishlist/",
    "support/messages/",
]
OWN, RAIL = 12, 16
"""Queries of the product page itself, and of the recommendations on it."""


class World:
    """A shop that can be made larger, and one customer who has to do with all of it."""

    def __init__(self) -> None:
        self.customer: Customer = member()
        self.category: Category = CategoryFactory()
        self.main = ProductFactory(category=self.category, slug="the-product")
        self.order = OrderFactory(customer=self.customer, status=Order.Status.SHIPPED)
        self.browser = Client()
        self.browser.force_login(
            self.customer.user, backend="django.contrib.auth.backends.ModelBackend"
        )
        self.names = {
            "department": self.category.department.slug,
            "category": self.category.slug,
            "product": self.main.slug,
            "order": self.order.number,
        }

    def grow(self, count: int) -> None:
        """More of everything that a list can hold."""
        for _ in range(count):
            product = ProductFactory(category=self.category, source="hand_written", recent_units=9)
            variant, _ = stocked(9, 4, variant=VariantFactory(product=product))
            DealFactory(variant=variant, price=Decimal("7.00"))
            stocked(9, 4, variant=VariantFactory(product=self.main))
            ReviewFactory(product=self.main)
            CategoryFactory(department=self.category.department)
            CategoryFactory()
            OrderLineFactory(order=self.order, variant=variant)
            OrderFactory(customer=self.customer, lines=2)
            AddressFactory(customer=self.customer)
            assert self.browser.post("/cart/add/", {"variant": variant.pk}).status_code == 302
            self.browser.post(f"/wishlist/{product.pk}/")
            self.browser.post("/compare/toggle/", {"product": product.pk})
            self.browser.get(product.get_absolute_url())

    def get(self, path: str) -> None:
        address = path.format(**self.names)
        assert self.browser.get(address).status_code == 200, address

    def queries(self, paths: list[str]) -> dict[str, int]:
        """Queries of the addresses, each asked for the second time: the first may fill caches."""
        counted = {}
        for path in paths:
            self.get(path)
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                self.get(path)
            counted[path] = len(seen)
        return counted


def those_that_grow(paths: list[str]) -> dict[str, tuple[int, int]]:
    """Addresses that ask more often in a shop of twelve than in one of three."""
    world = World()
    world.grow(3)
    few = world.queries(paths)
    world.grow(9)
    many = world.queries(paths)
    return {path: (few[path], many[path]) for path in paths if many[path] > few[path]}


def test_pages_ask_as_often_for_twelve_as_for_three():
    assert not those_that_grow(PAGES)


def test_answers_ask_as_often_for_twelve_as_for_three():
    assert not those_that_grow([f"/api/v1/{path}" for path in ANSWERS])


def test_a_guests_product_page_asks_seldom():
    """Twelve of the shop's own, with a cart, coupons and viewed products; the rest is the rail."""
    world = World()
    world.grow(3)
    CouponFactory.create_batch(3)
    guest = world.browser = Client()
    for product in Product.objects.exclude(pk=world.main.pk):
        guest.get(product.get_absolute_url())
    guest.post("/cart/add/", {"variant": world.main.variants.first().pk})
    asked = world.queries(["/p/{product}/", "/api/v1/products/{product}/"])
    assert asked["/p/{product}/"] <= OWN + RAIL
    assert asked["/api/v1/products/{product}/"] <= OWN
