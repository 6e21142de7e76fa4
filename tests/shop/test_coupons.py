"""Coupons: who may use them, and that their cents add up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.checkout.protocol import PricedLine
from shop.models import Coupon, CouponRedemption
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import coupon_shares, price_cart, split_money, usable_coupon
from shop.services import carts
from tests.shop.factories import (
    CampaignFactory,
    CartFactory,
    CartLineFactory,
    CouponFactory,
    CustomerFactory,
    DealFactory,
    OrderFactory,
    VariantFactory,
)

cents = st.integers(0, 500_000).map(lambda value: Decimal(value) / 100)


@given(weights=st.lists(cents, min_size=1, max_size=30), share=st.fractions(0, 1))
def test_a_split_is_exact_and_no_share_exceeds_its_line(weights, share):
    total = sum(weights, Decimal(0))
    amount = Decimal(int(total * 100 * share.numerator / share.denominator)) / 100
    shares = split_money(amount, weights)
    if total:
        assert sum(shares, Decimal(0)) == amount
    assert all(0 <= part <= weight for part, weight in zip(shares, weights, strict=True))
    assert all(part == part.quantize(Decimal("0.01")) for part in shares)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(
    prices=st.lists(st.tuples(cents, st.integers(1, 99)), min_size=1, max_size=8),
    kind=st.sampled_from([Coupon.Kind.PERCENT, Coupon.Kind.AMOUNT]),
    value=st.integers(1, 10_000).map(lambda value: Decimal(value) / 100),
)
def test_a_coupon_never_makes_a_line_negative(prices, kind, value):
    coupon = CouponFactory(kind=kind, value=value)
    lines = [
        PricedLine(VariantFactory.build(), units, price, Decimal(0), Decimal(0), price * units)
        for price, units in prices
    ]
    total = sum((line.total for line in lines), Decimal(0))
    nothing = [Decimal("0.00")] * len(lines)
    if total == 0:
        with pytest.raises(Refused, match="coupon_nothing"):
            coupon_shares(coupon, lines, nothing)
        return
    shares = coupon_shares(coupon, lines, nothing)
    assert all(0 <= cut <= line.total for cut, line in zip(shares, lines, strict=True))
    wanted = value if kind == Coupon.Kind.AMOUNT else total * value / 100
    assert abs(sum(shares, Decimal(0)) - min(wanted, total)) <= Decimal("0.005")


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(cents, st.integers(1, 99), st.integers(0, 100)), min_size=1, max_size=5
    ),
    percents=st.lists(st.integers(1, 100), max_size=3),
)
def test_the_lines_of_a_priced_cart_add_up_to_its_sums(rows, percents):
    cart = CartFactory()
    for price, units, off in rows:
        variant = VariantFactory(price=price)
        if off:
            DealFactory(
                variant=variant, price=(price * (100 - off) / 100).quantize(Decimal("0.01"))
            )
        CartLineFactory(cart=cart, variant=variant, quantity=units)
    cart.coupon_codes = [CouponFactory(value=percent).code for percent in percents]
    priced = price_cart(cart, None)
    for line in priced.lines:
        assert line.total == line.unit_price * line.quantity - line.discount - line.coupon_discount
        assert line.total >= 0
        assert line.discount >= 0
        assert line.coupon_discount >= 0
    assert priced.subtotal == priced.list_total - priced.discount - priced.coupon_discount
    assert sum(priced.applied.values(), Decimal(0)) == priced.coupon_discount


def code_of(coupon: Coupon | str, customer=None, email: str = "") -> str:
    """Return why a coupon is refused, or an empty string."""
    try:
        usable_coupon(coupon if isinstance(coupon, str) else coupon.code, customer, email=email)
    except Refused as refusal:
        return refusal.code.value
    return ""


@pytest.mark.django_db
class TestWhoMayUseACoupon:
    def test_anybody_whatever_the_case_of_the_letters(self):
        coupon = CouponFactory(code="SPRING")
        assert code_of(coupon) == code_of(" spring ") == ""

    def test_unknown_and_inactive_codes_are_the_same(self):
        hidden = CouponFactory(is_active=False)
        for code in ("NOPE", "", "\x00", "x" * 5000, "' OR 1=1 --", hidden.code):
            assert code_of(code) == RefusalCode.COUPON_UNKNOWN

    def test_too_early_and_too_late(self):
        now = timezone.now()
        early = CouponFactory(starts_at=now + timedelta(hours=1))
        late = CouponFactory(ends_at=now - timedelta(seconds=1))
        assert code_of(early) == code_of(late) == RefusalCode.COUPON_EXPIRED

    def test_used_up_by_all(self):
        coupon = CouponFactory(max_uses=1)
        CouponRedemption.objects.create(
            coupon=coupon, customer=CustomerFactory(), redeemed_at=timezone.now()
        )
        assert code_of(coupon, CustomerFactory()) == RefusalCode.COUPON_USED

    def test_used_by_this_customer(self):
        coupon, customer = CouponFactory(), CustomerFactory()
        CouponRedemption.objects.create(
            coupon=coupon, customer=customer, redeemed_at=timezone.now()
        )
        assert code_of(coupon, customer) == RefusalCode.COUPON_USED
        assert code_of(coupon, CustomerFactory()) == ""

    def test_used_by_this_guest(self):
        coupon = CouponFactory()
        order = OrderFactory(customer=None, email="ada@example.com")
        CouponRedemption.objects.create(
            coupon=coupon, customer=None, order=order, redeemed_at=timezone.now()
        )
        assert code_of(coupon, email="Ada@example.com") == RefusalCode.COUPON_USED
        assert code_of(coupon, email="bob@example.com") == ""

    def test_only_for_those_it_was_sent_to(self):
        campaign, chosen = CampaignFactory(), CustomerFactory()
        coupon = CouponFactory(campaign=campaign, targeted_only=True)
        campaign.customers.add(chosen)
        assert code_of(coupon, chosen) == ""
        assert code_of(coupon, CustomerFactory()) == RefusalCode.COUPON_NOT_FOR_YOU
        assert code_of(coupon) == RefusalCode.COUPON_NOT_FOR_YOU


@pytest.mark.django_db
def test_a_coupon_for_named_variants_touches_no_other_line():
    cart = CartFactory()
    fits = CartLineFactory(cart=cart, variant__price=Decimal("20.00"))
    CartLineFactory(cart=cart, variant__price=Decimal("30.00"))
    coupon = CouponFactory(value=Decimal(50))
    coupon.variants.add(fits.variant)
    carts.add_coupon(cart=cart, code=coupon.code, customer=None)
    priced = price_cart(cart, None)
    assert [line.coupon_discount for line in priced.lines] == [Decimal("10.00"), Decimal("0.00")]


@pytest.mark.django_db
def test_a_minimum_is_told_and_the_code_stays_for_later():
    line = CartLineFactory()
    coupon = CouponFactory(min_subtotal=Decimal("25.00"))
    carts.add_coupon(cart=line.cart, code=coupon.code, customer=None)
    problems = price_cart(line.cart, None).problems
    assert [problem.code for problem in problems] == [RefusalCode.COUPON_MINIMUM]
    carts.set_quantity(cart=line.cart, line_id=line.pk, quantity=3)
    assert price_cart(line.cart, None).subtotal == Decimal("27.00")


@pytest.mark.django_db
def test_the_cart_page_takes_and_removes_codes(client, put):
    put(client, VariantFactory())
    coupon = CouponFactory()
    address = reverse("shop:cart_coupon")
    client.post(address, {"code": coupon.code})
    assert client.get(reverse("shop:cart")).context["priced"].subtotal == Decimal("9.00")
    client.post(address, {"code": coupon.code, "action": "remove"})
    assert client.get(reverse("shop:cart")).context["priced"].subtotal == Decimal("10.00")
    for bad in ("<b>x</b>", "\x00", "x" * 3000, "'; DROP TABLE shop_coupon; --"):
        assert client.post(address, {"code": bad}).status_code == 302
    assert client.get(reverse("shop:cart")).context["priced"].subtotal == Decimal("10.00")
