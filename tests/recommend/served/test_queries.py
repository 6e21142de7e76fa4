"""The product page asks the database at most twelve times, whatever it shows of what there is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation import registry
from recommend import graph
from shop import events
from shop.models import Coupon, Customer, Department, Review, WishlistItem
from shop.privacy import consent
from tests.inventory.factories import stocked
from tests.shop.factories import (
    CategoryFactory,
    CustomerFactory,
    DealFactory,
    DepartmentFactory,
    ProductFactory,
    VariantFactory,
)

MOST = 12
BACKEND = "shop.backends.AccountBackend"


@pytest.fixture(autouse=True)
def kept(settings, monkeypatch):
    """A cache of one's own that does keep, and no look for newer models meanwhile."""
    monkeypatch.setattr(registry, "CHECK_SECONDS", 3600.0)
    settings.KEEP_SECONDS = 60
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "kept-of-one-test",
        }
    }
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


def review(product, rating: int) -> Review:
    return Review.objects.create(
        product=product,
        customer=CustomerFactory(),
        rating=rating,
        state=Review.State.APPROVED,
    )


@pytest.fixture
def household(client, world) -> Customer:
    """Signed in, allows everything, has a cart, a past, and things looked at in this visit."""
    graph.build()
    client.force_login(world.shopper.user, backend=BACKEND)
    for name in ("penne", "pesto", "milk"):
        client.get(world.products[name].get_absolute_url())
    events.flush()
    client.post(reverse("shop:cart_add"), {"variant": world.variants["sauce"].pk, "quantity": 2})
    WishlistItem.objects.create(customer=world.shopper, product=world.products["spaghetti"])
    review(world.products["spaghetti"], 5)
    return world.shopper


def asked(client, path: str) -> tuple[list[str], str]:
    client.get(path)
    events.flush()
    with CaptureQueriesContext(connection) as captured:
        page = client.get(path)
    assert page.status_code == 200
    return [row["sql"] for row in captured], page.content.decode()


def test_the_product_page_asks_twelve_times_at_most(client, household, world):
    path = world.products["spaghetti"].get_absolute_url()
    assert consent.customer_allows(household, consent.PERSONALISATION)
    few, page = asked(client, path)
    for part in ("rail-product-goes_with", "rail-product-similar", "from=recent"):
        assert part in page
    assert len(few) <= MOST, "\n".join(few)
    # More of everything is read by the same queries.
    for _ in range(15):
        product = ProductFactory(category=world.products["spaghetti"].category)
        for _variant in range(2):
            variant = VariantFactory(product=product)
            stocked(5, variant=variant)
            DealFactory(variant=variant)
            DealFactory(variant=variant)
        DepartmentFactory()
        client.get(product.get_absolute_url())
        review(world.products["spaghetti"], 4)
    many, _page = asked(client, path)
    assert len(many) <= MOST, "\n".join(many)


def test_what_is_kept_is_forgotten_when_it_changes(client, household, world):
    path = world.products["spaghetti"].get_absolute_url()
    asked(client, path)
    category = CategoryFactory(department=DepartmentFactory(name_en="Brand new aisle"))
    assert "Brand new aisle" in client.get(path).content.decode()
    department = category.department
    category.delete()
    department.delete()
    assert "Brand new aisle" not in client.get(path).content.decode()
    assert Department.objects.exists()
    before = client.get(path).context["reviews"].total
    review(world.products["spaghetti"], 1)
    assert client.get(path).context["reviews"].total == before + 1


def test_of_several_deals_that_run_the_cheapest_counts_once(client, world):
    variant = world.variants["spaghetti"]
    for price in ("1.50", "0.90", "1.20"):
        DealFactory(variant=variant, price=price)
    late = timezone.now() + timedelta(days=3)
    DealFactory(variant=variant, price="0.10", starts_at=late, ends_at=late + timedelta(days=1))
    page = client.get(world.products["spaghetti"].get_absolute_url()).context["page"]
    assert [str(choice.offer.price) for choice in page.choices] == ["0.90"]
    assert not Coupon.objects.exists()
