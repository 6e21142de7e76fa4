"""Fill the browser tests' own database: a small shop whose whole chain works.

The hand-written departments, four groceries that households buy every week, stock, a year's worth
of orders in miniature, trained models, a coupon, reviews, and people who can sign in. Run as
``python -m tests.browser.seed`` with the environment of the server under test.
"""

import os
from datetime import timedelta
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

import inventory.demo  # noqa: E402
import recommend.demo  # noqa: E402
import risk.demo  # noqa: E402
import risk.services  # noqa: E402
import support.demo  # noqa: E402
from inventory.models import Warehouse  # noqa: E402
from inventory.services import receive  # noqa: E402
from shop.demo.context import ImportContext  # noqa: E402
from shop.demo.stages.coldstart import load_hand_written  # noqa: E402
from shop.demo.stages.people import load_staff  # noqa: E402
from shop.models import Customer, Order, Product, Review, User, Variant  # noqa: E402
from tests.browser import workplace  # noqa: E402
from tests.shop import factories  # noqa: E402

SHOPPER = "household-1@demo.mercato.example"
FROZEN = "household-2@demo.mercato.example"
ROBBED = "household-3@demo.mercato.example"
"""Buys for a few dollars; somebody has the card."""
READER = "household-4@demo.mercato.example"
"""Reads letters, returns, reviews, and thinks of leaving."""
COUPON = "TENOFF"
GROCERIES = (
    ("whole-milk", "Whole milk, Store brand, 1 gal", "全脂牛奶 (自有品牌) 1 加仑", "1F95B", "2.79"),
    ("bananas", "Bananas, Fern Harvest", "香蕉 (蕨叶丰收)", "1F34C", "1.00"),
    ("white-bread", "White bread, Ruskwyke, 20 oz", "白面包 (拉斯克怀克) 20 盎司", "1F35E", "1.99"),
    ("cheddar", "Cheddar cheese, Zelwath, 8 oz", "切达奶酪 (泽尔沃思) 8 盎司", "1F9C0", "2.49"),
    ("cream-maker", "Cream maker, Fern Harvest", "奶油机 (蕨叶丰收)", "1F95B", "429.00"),
)
ORDERS = 240


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    context = ImportContext("small", 0)
    load_staff(context, quiet)
    load_hand_written(context, quiet)
    factories.ChannelFactory()
    factories.ChannelFactory(store=True, code="1", name_en="Store 1", name_zh="1 号门店")
    variants = groceries()
    shopper, frozen = customer(SHOPPER, 1), customer(FROZEN, 2)
    reader = customer(READER, 4)
    factories.OrderFactory(customer=customer(ROBBED, 3), total=20, status=Order.Status.DELIVERED)
    past(variants, shopper)
    factories.CouponFactory(code=COUPON, name_en="10 % off your order", name_zh="全单九折")
    factories.DealFactory(variant=variants[0], price=Decimal("1.99"))
    reviews(variants[0].product)
    for step in (inventory.demo.load, recommend.demo.load, risk.demo.load, support.demo.load):
        step(context.plan, quiet)
    inventory.demo.forecast(context.plan, quiet)
    online = Warehouse.objects.get(code="online")
    for variant in variants:
        receive(variant=variant, warehouse=online, quantity=500, reference=variant.sku)
    risk.services.freeze(customer=frozen, reason="Chargeback", by=None)
    workplace.load(variants, reader)


def quiet(done: int, total: int) -> None:
    """Nobody watches this import."""


def groceries() -> list[Variant]:
    department = factories.DepartmentFactory(
        slug="dairy", name_en="Dairy & eggs", name_zh="乳品蛋类", icon="1F95B"
    )
    category = factories.CategoryFactory(
        department=department, slug="milk", name_en="Milk & creamers", name_zh="牛奶与咖啡奶精"
    )
    made = []
    for slug, english, chinese, icon, price in GROCERIES:
        product = factories.ProductFactory(
            category=category,
            slug=slug,
            title_en=english,
            title_zh=chinese,
            icon=icon,
            min_price=Decimal(price),
            source=Product.Source.COMPLETE_JOURNEY,
        )
        made.append(factories.VariantFactory(product=product, price=Decimal(price)))
    return made


def customer(email: str, household: int) -> Customer:
    """A customer who can sign in with the demo's password, as every household can."""
    staff = User.objects.filter(is_staff=True).first()
    assert staff is not None
    user = factories.UserFactory(email=email)
    # Hashing a password takes longer than all else here.
    User.objects.filter(pk=user.pk).update(password=staff.password)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    made = Customer.objects.filter(user=user).first() or factories.CustomerFactory(user=user)
    Customer.objects.filter(pk=made.pk).update(
        name=f"Household {household}", household_key=household, birth_date="1980-01-01"
    )
    factories.AddressFactory(customer=made, is_default=True)
    return made


def past(variants: list[Variant], shopper: Customer) -> None:
    """Sixty days of orders: the shopper buys milk and bread, the others what comes next."""
    now = timezone.now()
    others = [factories.CustomerFactory() for _ in range(11)]
    for number in range(ORDERS):
        buyer = shopper if number % 12 == 0 else others[number % 12 - 1]
        order = factories.OrderFactory(
            customer=buyer,
            status=Order.Status.DELIVERED,
            placed_at=now - timedelta(days=number % 60 + 1, hours=number % 9),
            lines=1,
            lines__variant=variants[0 if buyer == shopper else number % 4],
        )
        factories.OrderLineFactory(order=order, variant=variants[(number + 2) % 4])


def reviews(product: Product) -> None:
    factories.ReviewFactory(product=product, title="Fresh every time", body="Keeps for a week.")
    factories.ReviewFactory(
        product=product, title="很新鲜", body="孩子很喜欢。", language="zh-hans", rating=5
    )
    Product.objects.filter(pk=product.pk).update(rating_count=2, rating_mean=4.5)
    assert Review.objects.count() == 2


if __name__ == "__main__":
    main()
