"""A shop with groceries people buy together and sports shoes nobody has bought yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from foundation import registry
from recommend import services
from shop import events
from shop.demo.coldstart import load_coldstart
from shop.models import (
    Category,
    Customer,
    Department,
    Order,
    OrderLine,
    Product,
    Variant,
)
from tests.inventory.factories import stocked
from tests.shop.factories import (
    CategoryFactory,
    ChannelFactory,
    CustomerFactory,
    DepartmentFactory,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    VariantFactory,
)

GROCERIES = [
    # key, English, Chinese, category, type
    ("spaghetti", "Spaghetti", "意大利面", "pasta", "PASTA"),
    ("penne", "Penne", "通心粉", "pasta", "PASTA"),
    ("sauce", "Tomato pasta sauce", "番茄意面酱", "sauces", "SAUCE"),
    ("pesto", "Basil pesto", "罗勒青酱", "sauces", "PESTO"),
    ("parmesan", "Grated parmesan", "帕玛森芝士碎", "cheese", "PARMESAN"),
    ("milk", "Whole milk", "全脂牛奶", "milk", "MILK"),
    ("skimmed", "Skimmed milk", "脱脂牛奶", "milk", "MILK"),
    ("cereal", "Corn flakes", "玉米片", "cereal", "CEREAL"),
    ("coffee", "Ground coffee", "研磨咖啡粉", "coffee", "COFFEE"),
    ("beans", "Coffee beans", "咖啡豆", "coffee", "COFFEE BEANS"),
    ("diapers", "Baby diapers", "婴儿纸尿裤", "baby", "DIAPERS"),
    ("beer", "Lager beer", "拉格啤酒", "beer", "BEER"),
]
NAMES = {
    "pasta": ("Pasta", "意面"),
    "sauces": ("Pasta sauce", "意面酱"),
    "cheese": ("Cheese", "奶酪"),
    "milk": ("Milk", "牛奶"),
    "cereal": ("Breakfast cereal", "早餐谷物"),
    "coffee": ("Coffee", "咖啡"),
    "baby": ("Baby care", "婴儿护理"),
    "beer": ("Beer", "啤酒"),
}
PRICES = {"coffee": "6.99", "beans": "14.99"}


@pytest.fixture(autouse=True)
def clean_process(settings, tmp_path: Path) -> Iterator[None]:
    """Models and waiting events of one test are not those of the next."""
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    registry.forget_loaded()
    events._waiting.clear()
    yield
    events._waiting.clear()
    registry.forget_loaded()


@dataclass
class World:
    """Products and their first variants by key; ``shopper`` has bought pasta for months."""

    products: dict[str, Product]
    variants: dict[str, Variant]
    shopper: Customer

    def name(self, product_id: int) -> str:
        return next(key for key, row in self.products.items() if row.pk == product_id)

    def names(self, found) -> list[str]:
        return [self.name(item.product_id) for item in found]


@pytest.fixture
def world(db) -> World:
    """The shop, stocked, with a year of orders; nothing trained yet."""
    return make_world()


def make_world() -> World:
    products = _groceries() | _shoes()
    variants = {}
    for key, product in products.items():
        price = PRICES.get(key, str(product.min_price))
        variants[key] = VariantFactory(product=product, price=price)
        Product.objects.filter(pk=product.pk).update(min_price=price)
        stocked(20, variant=variants[key])
    shopper = CustomerFactory()
    _orders(variants, shopper)
    return World(products, variants, shopper)


@pytest.fixture
def trained(world: World) -> World:
    services.build_search_index(lambda done, total: None)
    services.train_recommender(lambda done, total: None)
    return world


@pytest.fixture
def half_a_year(trained: World) -> World:
    """Forty households with a taste each, every week for half a year."""
    rng = np.random.default_rng(0)
    variants = list(trained.variants.values())[:11]
    channel = ChannelFactory()
    households = [CustomerFactory() for _ in range(40)] + [trained.shopper]
    now = timezone.now()
    orders, lines = [], []
    for number, household in enumerate(households):
        for week in range(26):
            orders.append(
                Order(
                    number=f"H{number}-{week}",
                    customer=household,
                    channel=channel,
                    placed_at=now - timedelta(days=7 * week + number % 7 + 1),
                    subtotal=1,
                    total=1,
                    status=Order.Status.DELIVERED,
                )
            )
    Order.objects.bulk_create(orders)
    for order in orders:
        taste = order.customer_id % 8
        for place in {taste, taste + 1, int(rng.integers(11))}:
            price = variants[place].price
            lines.append(
                OrderLine(
                    order=order, variant=variants[place], quantity=1, unit_price=price, total=price
                )
            )
    OrderLine.objects.bulk_create(lines)
    return trained


def _groceries() -> dict[str, Product]:
    department = DepartmentFactory(slug="food", name_en="Food", name_zh="食品")
    categories = {
        slug: CategoryFactory(
            slug=slug, name_en=en, name_zh=zh, department=department, age_gated=slug == "beer"
        )
        for slug, (en, zh) in NAMES.items()
    }
    return {
        key: ProductFactory(
            title_en=en, title_zh=zh, category=categories[slug], product_type=kind, slug=key
        )
        for key, en, zh, slug, kind in GROCERIES
    }


def _shoes() -> dict[str, Product]:
    """The real hand-written catalogue's department of sports shoes, a few of each category."""
    cold = next(row for row in load_coldstart() if row.slug == "sports-shoes")
    department = Department.objects.create(
        slug=cold.slug, name_en=cold.name.en, name_zh=cold.name.zh, icon=cold.icon
    )
    found = {}
    for group in cold.categories:
        category = Category.objects.create(
            department=department,
            slug=group.slug,
            name_en=group.name.en,
            name_zh=group.name.zh,
            icon=group.icon,
        )
        for item in group.products[:3]:
            found[item.slug] = ProductFactory(
                category=category,
                slug=item.slug,
                title_en=item.title.en,
                title_zh=item.title.zh,
                brand_en=item.brand.en,
                brand_zh=item.brand.zh,
                min_price=item.price,
            )
    return found


def _orders(variants: dict[str, Variant], shopper: Customer) -> None:
    """Pasta goes with sauce and cheese, milk with cereal; each pair in baskets of its own."""
    now = timezone.now()

    def buy(customer: Customer, days_ago: int, *keys: str) -> None:
        order = OrderFactory(customer=customer, placed_at=now - timedelta(days=days_ago))
        for key in keys:
            OrderLineFactory(order=order, variant=variants[key])

    for number in range(12):
        cook, eater = CustomerFactory(), CustomerFactory()
        for days in (100 + number, 60, 40 - number, 9):
            buy(cook, days, "spaghetti", "sauce", "parmesan")
            buy(eater, days, "milk", "cereal")
        buy(eater, 5, "coffee", "beer")
    for days in (90, 50, 30, 3):
        buy(shopper, days, "spaghetti", "milk")
    buy(shopper, 45, "cereal")
