"""Rows of the shop for every test suite. Each factory makes what it needs around itself."""

from datetime import timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from shop.models import (
    Address,
    Campaign,
    Cart,
    CartLine,
    Category,
    Channel,
    Checkout,
    Coupon,
    Customer,
    Deal,
    Department,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Product,
    Review,
    TestCharge,
    User,
    Variant,
)
from shop.privacy.register import consent_version

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"shopper-{n}@example.com")

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **kwargs: object) -> None:
        # Most tests sign in by force_login; hashing a password costs more than they do.
        if extracted:
            self.set_password(extracted)
        else:
            self.set_unusable_password()
        if create:
            self.save()


class StaffFactory(UserFactory):
    email = factory.Sequence(lambda n: f"staff-{n}@example.com")
    is_staff = True
    is_superuser = True


class CustomerFactory(DjangoModelFactory):
    """A shopper who allows everything; with ``consent_version=""`` one who was never asked."""

    class Meta:
        model = Customer

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Shopper {n}")
    personalisation = True
    advertising = True
    chat_training = True
    consent_version = factory.LazyFunction(consent_version)


class AddressFactory(DjangoModelFactory):
    class Meta:
        model = Address

    customer = factory.SubFactory(CustomerFactory)
    recipient = "Ada Lovelace"
    line1 = "12 Analytical Road"
    city = "Cincinnati"
    region = "OH"
    postal_code = "45202"
    country = "US"


class ChannelFactory(DjangoModelFactory):
    """The online shop by default; ``ChannelFactory(store=True)`` makes a store."""

    class Meta:
        model = Channel
        django_get_or_create = ("code",)

    class Params:
        store = factory.Trait(
            code=factory.Sequence(lambda n: f"test-store-{n}"),
            kind=Channel.Kind.STORE,
            name_en=factory.Sequence(lambda n: f"Test store {n}"),
            name_zh=factory.Sequence(lambda n: f"测试门店 {n}"),
            position=5,
        )

    code = "online"
    kind = Channel.Kind.ONLINE
    name_en = "Online shop"
    name_zh = "网上商店"


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department

    slug = factory.Sequence(lambda n: f"department-{n}")
    name_en = factory.Sequence(lambda n: f"Department {n}")
    name_zh = factory.Sequence(lambda n: f"部门 {n}")
    icon = "1F6D2"


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    department = factory.SubFactory(DepartmentFactory)
    slug = factory.Sequence(lambda n: f"category-{n}")
    name_en = factory.Sequence(lambda n: f"Category {n}")
    name_zh = factory.Sequence(lambda n: f"类别 {n}")
    icon = "1F95B"


class ProductFactory(DjangoModelFactory):
    """A product page; give it variants with :class:`VariantFactory`."""

    class Meta:
        model = Product

    category = factory.SubFactory(CategoryFactory)
    slug = factory.Sequence(lambda n: f"product-{n}")
    title_en = factory.Sequence(lambda n: f"Product {n}")
    title_zh = factory.Sequence(lambda n: f"商品 {n}")
    min_price = Decimal("10.00")


class VariantFactory(DjangoModelFactory):
    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price = Decimal("10.00")


class DealFactory(DjangoModelFactory):
    """A deal that is running now."""

    class Meta:
        model = Deal

    variant = factory.SubFactory(VariantFactory)
    price = Decimal("8.00")
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=6))


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = Campaign

    code = factory.Sequence(lambda n: f"campaign-{n}")
    name_en = factory.Sequence(lambda n: f"Campaign {n}")
    name_zh = factory.Sequence(lambda n: f"活动 {n}")
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=1))
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=6))


class CouponFactory(DjangoModelFactory):
    """Ten per cent off the whole cart, usable now."""

    class Meta:
        model = Coupon

    code = factory.Sequence(lambda n: f"SAVE{n}")
    name_en = "Ten per cent off"
    name_zh = "九折"
    kind = Coupon.Kind.PERCENT
    value = Decimal("10.00")
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=6))


class CartFactory(DjangoModelFactory):
    """A guest's cart; pass ``customer=`` for a customer's."""

    class Meta:
        model = Cart


class CartLineFactory(DjangoModelFactory):
    class Meta:
        model = CartLine

    cart = factory.SubFactory(CartFactory)
    variant = factory.SubFactory(VariantFactory)
    quantity = 1


class OrderFactory(DjangoModelFactory):
    """A placed order; lines are added by :class:`OrderLineFactory` or ``OrderFactory(lines=2)``.

    With ``lines`` the order's sums are those of its lines.
    """

    class Meta:
        model = Order
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"M-20260101-T{n:05d}")
    customer = factory.SubFactory(CustomerFactory)
    channel = factory.SubFactory(ChannelFactory)
    email = factory.LazyAttribute(
        lambda o: o.customer.user.email if o.customer and o.customer.user else "guest@example.com"
    )
    placed_at = factory.LazyFunction(timezone.now)
    subtotal = Decimal("10.00")
    total = Decimal("10.00")
    delivery_option = "standard"
    access_token = factory.Sequence(lambda n: f"token-{n}-{'x' * 24}")
    address = factory.LazyFunction(
        lambda: {
            "recipient": "Ada Lovelace",
            "line1": "12 Analytical Road",
            "city": "Cincinnati",
            "region": "OH",
            "postal_code": "45202",
            "country": "US",
        }
    )

    @factory.post_generation
    def lines(self, create: bool, extracted: int | None, **kwargs: object) -> None:
        if not create or not extracted:
            return
        made = [OrderLineFactory(order=self, **kwargs) for _ in range(extracted)]
        self.subtotal = sum((line.total for line in made), Decimal("0.00"))
        self.total = self.subtotal + self.delivery_fee
        self.save()


class OrderLineFactory(DjangoModelFactory):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory)
    variant = factory.SubFactory(VariantFactory)
    quantity = 1
    unit_price = Decimal("10.00")
    total = factory.LazyAttribute(
        lambda o: o.unit_price * o.quantity - getattr(o, "discount", Decimal(0))
    )


class OrderEventFactory(DjangoModelFactory):
    class Meta:
        model = OrderEvent

    order = factory.SubFactory(OrderFactory)
    status = Order.Status.PLACED
    at = factory.LazyFunction(timezone.now)


class CheckoutFactory(DjangoModelFactory):
    class Meta:
        model = Checkout

    idempotency_key = factory.Sequence(lambda n: f"key-{n}")
    cart = factory.SubFactory(CartFactory)
    total = Decimal("10.00")


class PaymentFactory(DjangoModelFactory):
    """A captured payment of an order, known to the test provider, so that it can be paid back."""

    class Meta:
        model = Payment
        skip_postgeneration_save = True

    order = factory.SubFactory(OrderFactory)
    checkout = factory.SubFactory(
        CheckoutFactory,
        state=Checkout.State.PLACED,
        order=factory.SelfAttribute("..order"),
        total=factory.SelfAttribute("..order.total"),
    )
    provider = "test"
    state = Payment.State.CAPTURED
    amount = factory.SelfAttribute("order.total")
    card_last4 = "4242"

    @factory.post_generation
    def charge(self, create: bool, extracted: object, **kwargs: object) -> None:
        if create:
            TestCharge.objects.create(
                key=str(self.checkout.uuid), amount=self.amount, state=TestCharge.State.CAPTURED
            )


class ReviewFactory(DjangoModelFactory):
    class Meta:
        model = Review

    product = factory.SubFactory(ProductFactory)
    customer = factory.SubFactory(CustomerFactory)
    rating = 4
    title = "Good"
    body = "Does what it should."
    state = Review.State.APPROVED
