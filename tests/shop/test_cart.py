"""Carts: what is in them, whose they are, and what the limits are."""

from decimal import Decimal

import pytest
from django.urls import reverse

from shop.models import Cart, CartLine, Event
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import MAX_LINES, MAX_QUANTITY, price_cart
from shop.services import carts
from tests.shop import stock
from tests.shop.factories import (
    CartFactory,
    CartLineFactory,
    CustomerFactory,
    DealFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


def refusal(code: RefusalCode):
    return pytest.raises(Refused, match=code.value)


def test_a_guest_fills_a_cart_and_finds_it_again(client, put):
    variant = VariantFactory()
    put(client, variant, 2)
    put(client, variant, 1)
    page = client.get(reverse("shop:cart"))
    assert page.status_code == 200
    assert page.context["priced"].units == 3
    assert page.context["priced"].subtotal == Decimal("30.00")


def test_looking_at_an_empty_cart_makes_no_row(client):
    assert client.get(reverse("shop:cart")).status_code == 200
    assert not Cart.objects.exists()


def test_the_guests_cart_moves_into_the_customers_at_sign_in(client, customer, put):
    both, mine_only, guests_only = VariantFactory(), VariantFactory(), VariantFactory()
    mine = CartFactory(customer=customer)
    CartLineFactory(cart=mine, variant=both, quantity=98)
    CartLineFactory(cart=mine, variant=mine_only, quantity=1)
    put(client, both, 5)
    put(client, guests_only, 2)
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    lines = dict(mine.lines.values_list("variant", "quantity"))
    assert lines == {both.pk: MAX_QUANTITY, mine_only.pk: 1, guests_only.pk: 2}
    assert Cart.objects.filter(is_open=True).get() == mine
    assert client.get(reverse("shop:cart")).context["priced"].units == MAX_QUANTITY + 3


def test_a_line_of_another_cart_cannot_be_touched(client, put):
    foreign = CartLineFactory(quantity=4)
    put(client, VariantFactory())
    for action in ("quantity", "remove", "later", "back"):
        client.post(reverse("shop:cart_line", args=[foreign.pk]), {"action": action, "quantity": 1})
    foreign.refresh_from_db()
    assert (foreign.quantity, foreign.saved_for_later) == (4, False)


def test_another_cart_cannot_be_reached_by_its_token_of_a_customer(client, customer):
    theirs = CartFactory(customer=customer)
    CartLineFactory(cart=theirs)
    session = client.session
    session["cart"] = str(theirs.token)
    session.save()
    assert client.get(reverse("shop:cart")).context["priced"].items == []


@pytest.mark.parametrize("quantity", ["-1", "0", "100", "1e3", "abc", "9" * 40, "\x00", "1 OR 1=1"])
def test_a_quantity_that_is_none_changes_nothing(client, quantity):
    variant = VariantFactory()
    answer = client.post(reverse("shop:cart_add"), {"variant": variant.pk, "quantity": quantity})
    assert answer.status_code == 302
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("variant", ["", "-3", "9" * 40, "abc", "\x00", "1; DROP TABLE shop_cart"])
def test_a_variant_that_is_none_changes_nothing(client, variant):
    assert client.post(reverse("shop:cart_add"), {"variant": variant}).status_code == 302
    assert not CartLine.objects.exists()


def test_quantities_add_up_to_the_maximum_and_not_beyond():
    cart, variant = CartFactory(), VariantFactory()
    carts.add(cart=cart, variant_id=variant.pk, quantity=MAX_QUANTITY)
    with refusal(RefusalCode.INVALID_QUANTITY):
        carts.add(cart=cart, variant_id=variant.pk, quantity=1)
    assert cart.lines.get().quantity == MAX_QUANTITY


def test_a_cart_holds_a_hundred_lines_and_not_more():
    cart = CartFactory()
    product = VariantFactory().product
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant=VariantFactory(product=product), quantity=1)
        for _ in range(MAX_LINES)
    )
    with refusal(RefusalCode.CART_FULL):
        carts.add(cart=cart, variant_id=VariantFactory().pk, quantity=1)
    held = cart.lines.first()
    carts.add(cart=cart, variant_id=held.variant_id, quantity=1)


def test_more_than_there_is_cannot_be_put_into_the_cart():
    cart, variant = CartFactory(), VariantFactory()
    stock.LEVELS[variant.pk] = 3
    carts.add(cart=cart, variant_id=variant.pk, quantity=2)
    with refusal(RefusalCode.OUT_OF_STOCK) as caught:
        carts.add(cart=cart, variant_id=variant.pk, quantity=2)
    assert caught.value.data["available"] == 3
    line = cart.lines.get()
    with refusal(RefusalCode.OUT_OF_STOCK):
        carts.set_quantity(cart=cart, line_id=line.pk, quantity=4)
    stock.LEVELS[variant.pk] = 0
    carts.set_quantity(cart=cart, line_id=line.pk, quantity=1)


def test_what_is_off_sale_cannot_be_added():
    cart = CartFactory()
    for variant in (VariantFactory(is_active=False), VariantFactory(product__is_active=False)):
        with refusal(RefusalCode.NOT_FOUND):
            carts.add(cart=cart, variant_id=variant.pk, quantity=1)


def test_saved_for_later_is_kept_and_not_counted(client, put):
    put(client, VariantFactory())
    line = CartLine.objects.get()
    client.post(reverse("shop:cart_line", args=[line.pk]), {"action": "later"})
    priced = client.get(reverse("shop:cart")).context["priced"]
    assert (priced.units, len(priced.saved), priced.subtotal) == (0, 1, 0)
    client.post(reverse("shop:cart_line", args=[line.pk]), {"action": "back"})
    assert client.get(reverse("shop:cart")).context["priced"].units == 1


def test_adding_what_was_saved_for_later_starts_at_the_new_quantity():
    line = CartLineFactory(quantity=7, saved_for_later=True)
    carts.add(cart=line.cart, variant_id=line.variant_id, quantity=2)
    line.refresh_from_db()
    assert (line.quantity, line.saved_for_later) == (2, False)


def test_a_deal_lowers_the_line_and_the_list_price_stays_visible():
    deal = DealFactory(variant__price=Decimal("10.00"), price=Decimal("7.49"))
    line = CartLineFactory(variant=deal.variant, quantity=3)
    priced = price_cart(line.cart, None)
    assert (priced.list_total, priced.discount, priced.subtotal) == (
        Decimal("30.00"),
        Decimal("7.53"),
        Decimal("22.47"),
    )


def test_scripts_get_json_and_a_count(client):
    variant = VariantFactory()
    answer = client.post(
        reverse("shop:cart_add"), {"variant": variant.pk}, headers={"accept": "application/json"}
    )
    assert answer.json() | {"message": ""} == {"message": "", "count": 1, "error": ""}


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_the_next_page_is_one_of_ours(client, target):
    answer = client.post(reverse("shop:cart_add"), {"variant": VariantFactory().pk, "next": target})
    assert answer["Location"] == reverse("shop:cart")


def test_titles_are_text_on_the_page(client, put):
    variant = VariantFactory(product__title_en="<script>alert(1)</script>")
    put(client, variant)
    assert "<script>alert(1)" not in client.get(reverse("shop:cart")).content.decode()


def test_adding_is_remembered_as_an_event(client, put):
    from shop import events

    events.flush()
    put(client, VariantFactory(), 2)
    events.flush()
    assert Event.objects.get(kind=Event.Kind.CART).data["quantity"] == 2


def test_customers_have_one_open_cart(client, customer, put):
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    put(client, VariantFactory())
    put(client, VariantFactory())
    other = CustomerFactory()
    assert Cart.objects.filter(customer=customer).count() == 1
    assert not Cart.objects.filter(customer=other).exists()
