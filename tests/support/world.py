"""A small shop for scripted dialogues: Ada's orders, somebody else's, a few products."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from shop.models import Address, Customer, Order, ReturnRequest
from support import services
from support.models import Conversation
from support.simulator import World
from tests.shop import stock
from tests.shop.factories import (
    CategoryFactory,
    CouponFactory,
    CustomerFactory,
    DealFactory,
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
)

NAMES = {
    "placed": "M-20260301-AAAA11",
    "second": "M-20260302-BBBB22",
    "shipped": "M-20260303-CCCC33",
    "delivered": "M-20260304-DDDD44",
    "other": "M-20260305-EEEE55",
    "only": "M-20260306-FFFF66",
    "unknown": "M-20260307-GGGG77",
}
SECRETS = (NAMES["other"], "777.77", "Secret Telescope", "秘密望远镜", "eve@", "Hidden Lane")
PRODUCTS = (
    ("Running Shoes", "跑鞋", "Trail Running Shoes", "越野跑鞋", "89.00"),
    ("Running Shoes", "跑鞋", "City Running Shoes", "城市跑鞋", "69.00"),
    ("Tents", "帐篷", "Family Tent", "家庭帐篷", "249.00"),
    ("Tents", "帐篷", "Light Tent", "轻便帐篷", "199.00"),
    ("Coffee", "咖啡", "Espresso Beans", "浓缩咖啡豆", "12.50"),
    ("Milk", "牛奶", "Oat Milk", "燕麦奶", "3.20"),
)


def build() -> World:
    """Make the world; call it in a transaction that is rolled back."""
    variants = _products()
    customers: dict[str, Customer | None] = {
        "ada": CustomerFactory(name="Ada", user=UserFactory(email="ada@example.com")),
        "single": CustomerFactory(name="Sid", user=UserFactory(email="sid@example.com")),
        "new": CustomerFactory(name="Nora", user=UserFactory(email="nora@example.com")),
        "guest": None,
    }
    eve = CustomerFactory(name="Eve", user=UserFactory(email="eve@example.com"))
    now = timezone.now()
    statuses = Order.Status
    _order("placed", customers["ada"], statuses.PLACED, now, [variants["Espresso Beans"]])
    _order(
        "second", customers["ada"], statuses.PLACED, now - timedelta(1), [variants["Light Tent"]]
    )
    _order("shipped", customers["ada"], statuses.PACKED, now - timedelta(2), [variants["Oat Milk"]])
    bought = [variants["Trail Running Shoes"], variants["Family Tent"]]
    _order("delivered", customers["ada"], statuses.DELIVERED, now - timedelta(9), bought)
    _order("only", customers["single"], statuses.PLACED, now, [variants["Espresso Beans"]])
    secret = VariantFactory(
        product=ProductFactory(title_en="Secret Telescope", title_zh="秘密望远镜", is_active=False)
    )
    _order("other", eve, statuses.PLACED, now, [secret], total=Decimal("777.77"))
    CouponFactory(code="SPRING10")

    def open_for(name: str) -> Conversation:
        return services.open_conversation(visitor=uuid4().hex, customer=customers[name])

    return World(open=open_for, names=NAMES, snapshot=snapshot, secrets=SECRETS)


def _products() -> dict[str, object]:
    categories = {}
    made = {}
    for group_en, group_zh, title_en, title_zh, price in PRODUCTS:
        category = categories.get(group_en)
        if category is None:
            category = categories[group_en] = CategoryFactory(name_en=group_en, name_zh=group_zh)
        product = ProductFactory(
            category=category,
            title_en=title_en,
            title_zh=title_zh,
            min_price=Decimal(price),
            attributes=[
                {
                    "key": "waterproof",
                    "name": {"en": "Waterproof", "zh": "防水"},
                    "value": {"en": "yes", "zh": "是"},
                }
            ],
        )
        made[title_en] = VariantFactory(product=product, price=Decimal(price))
    stock.LEVELS[made["Oat Milk"].pk] = 0
    DealFactory(variant=made["Light Tent"], price=Decimal("159.00"))
    return made


def _order(
    name: str,
    customer: Customer | None,
    status: str,
    placed_at: object,
    variants: list,
    total: Decimal = Decimal("20.00"),
) -> None:
    order = OrderFactory(
        number=NAMES[name],
        customer=customer,
        status=status,
        placed_at=placed_at,
        subtotal=total,
        total=total,
        address={"line1": "99 Hidden Lane" if name == "other" else "1 Open Road"},
    )
    for variant in variants:
        OrderLineFactory(order=order, variant=variant)
    PaymentFactory(order=order)


def snapshot() -> set[str]:
    """Everything that a chat can change, as words."""
    by_number = {number: name for name, number in NAMES.items()}
    state = {f"{row.status} {by_number.get(row.number, row.number)}" for row in Order.objects.all()}
    state |= {
        f"return {by_number[row.order.number]} {row.reason}"
        for row in ReturnRequest.objects.select_related("order")
    }
    state |= {f"address {row.city}" for row in Address.objects.all()}
    state |= {
        f"personalisation {'on' if row.personalisation else 'off'} {row.name}"
        for row in Customer.objects.all()
    }
    return state


def no_search(query: str, **_options: object) -> list:
    """A search provider that finds nothing, so that titles answer."""
    return []
