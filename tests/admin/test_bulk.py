"""Changes to many rows are shown first, applied as shown or not at all, once, and written down."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from config.roles import MARKETING, SUPPORT
from shop.admin.bulk import PromotionForm
from shop.models import Deal, Order, Product
from shop.pricing import offers
from shop.services import bulk
from tests.admin.people import member
from tests.shop.conftest import charged
from tests.shop.factories import OrderFactory, PaymentFactory, ProductFactory, VariantFactory
from tests.shop.factories import StaffFactory as AdministratorFactory

pytestmark = pytest.mark.django_db
PRODUCTS = reverse("admin:shop_product_changelist")
ORDERS = reverse("admin:shop_order_changelist")


@pytest.fixture
def boss(client):
    client.force_login(AdministratorFactory())
    return client


def choose(client, address: str, action: str, *rows, **values):
    keys = [row.pk for row in rows]
    return client.post(address, {"action": action, "_selected_action": keys, **values})


def confirm(client, address: str, action: str, *rows, seen: str = "", **values):
    """See what would change, then say yes."""
    shown = choose(client, address, action, *rows, asked="1", **values)
    seen = seen or shown.context["seen"]
    return choose(client, address, action, *rows, asked="1", seen=seen, apply="1", **values)


def test_showing_changes_nothing(boss):
    variant = VariantFactory(price=Decimal("10.00"))
    shown = choose(boss, PRODUCTS, "change_prices", variant.product, asked="1", percent="-10")
    page = shown.content.decode()
    assert "$10.00" in page
    assert "$9.00" in page
    variant.refresh_from_db()
    assert variant.price == Decimal("10.00")
    assert not LogEntry.objects.exists()


def test_all_variants_of_a_product_and_its_least_price_change(boss):
    dear = VariantFactory(price=Decimal("10.00"))
    cheap = VariantFactory(product=dear.product, price=Decimal("4.99"))
    answer = confirm(boss, PRODUCTS, "change_prices", dear.product, percent="-10")
    assert answer.status_code == 302
    dear.refresh_from_db()
    cheap.refresh_from_db()
    assert (dear.price, cheap.price) == (Decimal("9.00"), Decimal("4.49"))
    assert Product.objects.get().min_price == Decimal("4.49")
    assert LogEntry.objects.get().change_message == "$10.00, $4.99 → $9.00, $4.49"


def test_sent_twice_is_changed_once(boss):
    variant = VariantFactory(price=Decimal("10.00"))
    shown = choose(boss, PRODUCTS, "change_prices", variant.product, asked="1", percent="-10")
    sent = {"asked": "1", "percent": "-10", "seen": shown.context["seen"], "apply": "1"}
    choose(boss, PRODUCTS, "change_prices", variant.product, **sent)
    again = choose(boss, PRODUCTS, "change_prices", variant.product, **sent)
    assert "meanwhile" in again.content.decode()
    variant.refresh_from_db()
    assert variant.price == Decimal("9.00")


def test_what_others_have_changed_is_shown_again_and_nothing_is_done(boss):
    first, second = VariantFactory(price=Decimal("1.00")), VariantFactory(price=Decimal("2.00"))
    rows = (first.product, second.product)
    shown = choose(boss, PRODUCTS, "change_prices", *rows, asked="1", percent="50")
    type(second).objects.filter(pk=second.pk).update(price=Decimal("3.00"))
    sent = {"asked": "1", "percent": "50", "seen": shown.context["seen"], "apply": "1"}
    page = choose(boss, PRODUCTS, "change_prices", *rows, **sent).content.decode()
    assert "$4.50" in page
    first.refresh_from_db()
    assert first.price == Decimal("1.00")


@given(
    percent=st.decimals(-90, 300, places=1),
    price=st.decimals("0.01", "9999.99", places=2),
)
def test_a_price_is_a_whole_cent_above_nothing_or_refused(percent, price):
    deed = bulk.ChangePrices(percent)
    change = deed._change(Product(title_en="x", title_zh="x"), [price])
    new = deed.new(price)
    assert new == new.quantize(Decimal("0.01"))
    assert bool(change.refused) == (new <= 0)
    assert abs(new - price * (100 + percent) / 100) <= Decimal("0.005")


@pytest.mark.parametrize("percent", ["-91", "x", "", "NaN", "\x00", "1e9"])
def test_a_wrong_percentage_is_said_and_shows_no_button(boss, percent):
    variant = VariantFactory()
    sent = {"asked": "1", "apply": "1", "percent": percent}
    answer = choose(boss, PRODUCTS, "change_prices", variant.product, **sent)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not answer.context["changes"]


def test_marketing_puts_on_promotion_and_changes_no_price(client):
    client.force_login(member(MARKETING))
    variant = VariantFactory(price=Decimal("10.00"))
    hidden = ProductFactory(is_active=False)
    sent = {"percent": "30", "days": "3"}
    confirm(client, PRODUCTS, "put_on_promotion", variant.product, hidden, **sent)
    assert offers([variant])[variant.pk].price == Decimal("7.00")
    assert Deal.objects.count() == 1
    confirm(client, PRODUCTS, "put_on_promotion", variant.product, **sent)
    assert Deal.objects.count() == 1
    choose(client, PRODUCTS, "change_prices", variant.product, asked="1", percent="-10", apply="1")
    choose(client, PRODUCTS, "take_off_sale", variant.product, asked="1", apply="1")
    variant.refresh_from_db()
    assert (variant.price, variant.product.is_active) == (Decimal("10.00"), True)


def test_a_promotion_begins_today_whenever_it_is_confirmed():
    form = PromotionForm({"percent": "20", "days": "7"})
    assert form.is_valid()
    assert form.deed() == form.deed()


def test_products_leave_the_shop_and_come_back(boss):
    there, gone = ProductFactory(), ProductFactory(is_active=False)
    confirm(boss, PRODUCTS, "take_off_sale", there, gone)
    assert not Product.objects.filter(is_active=True).exists()
    assert LogEntry.objects.count() == 1
    confirm(boss, PRODUCTS, "put_on_sale", there, gone)
    assert Product.objects.filter(is_active=True).count() == 2


def test_orders_go_one_step_and_those_that_cannot_stay(boss):
    packed = OrderFactory.create_batch(2, status=Order.Status.PACKED)
    placed = OrderFactory(status=Order.Status.PLACED)
    shown = choose(boss, ORDERS, "mark_shipped", *packed, placed)
    assert shown.context["count"] == 2
    confirm(boss, ORDERS, "mark_shipped", *packed, placed)
    placed.refresh_from_db()
    assert placed.status == Order.Status.PLACED
    shipped = Order.objects.filter(status=Order.Status.SHIPPED)
    assert shipped.count() == 2
    assert all(order.events.get().by is not None for order in shipped)


def test_cancelling_shows_the_money_before_it_is_paid_back(boss):
    order = OrderFactory(lines=1)
    PaymentFactory(order=order)
    page = choose(boss, ORDERS, "cancel_orders", order).content.decode()
    assert "$10.00 paid back" in page
    assert charged() == Decimal("10.00")
    confirm(boss, ORDERS, "cancel_orders", order)
    assert charged() == 0


def test_who_may_only_look_changes_nothing(client):
    client.force_login(member(SUPPORT))
    order = OrderFactory(status=Order.Status.PACKED)
    choose(client, ORDERS, "mark_shipped", order, asked="1", seen="x", apply="1")
    order.refresh_from_db()
    assert order.status == Order.Status.PACKED


def test_too_many_rows_at_once_are_refused(boss, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_ROWS", 1)
    rows = OrderFactory.create_batch(2, status=Order.Status.PACKED)
    answer = choose(boss, ORDERS, "mark_shipped", *rows)
    assert answer.status_code == 302
    assert not Order.objects.filter(status=Order.Status.SHIPPED).exists()
