"""The checkout engine: one order and one charge, or neither."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shop.checkout.protocol import CheckoutRun
from shop.models import (
    Cart,
    Checkout,
    Coupon,
    CouponRedemption,
    Event,
    Order,
    Payment,
    Product,
    TestCharge,
)
from shop.payments import testprovider
from shop.payments.provider import ProviderTimeout
from shop.refusals import RefusalCode, Refused
from shop.services import checkout
from shop.signals import order_placed
from tests.shop.conftest import card, charged, given
from tests.shop.factories import (
    CartLineFactory,
    ChannelFactory,
    CouponFactory,
    CustomerFactory,
    DealFactory,
)

pytestmark = pytest.mark.django_db


class Recorder:
    """A checkout step that writes down what happens to it."""

    calls: list[str] = []
    name = "recorder"
    hold = False
    fail_in = ""

    def run(self, run: CheckoutRun) -> None:
        self.calls.append(f"{self.name}.run")
        if self.fail_in == "run":
            raise RuntimeError("out of order")
        if self.hold:
            run.hold_reasons.append("a person should look")

    def undo(self, run: CheckoutRun) -> None:
        self.calls.append(f"{self.name}.undo")
        if self.fail_in == "undo":
            raise RuntimeError("cannot undo")

    def placed(self, run: CheckoutRun, order: Order) -> None:
        self.calls.append(f"{self.name}.placed")
        if self.fail_in == "placed":
            raise RuntimeError("cannot write")


class First(Recorder):
    name = "first"


class Second(Recorder):
    name = "second"


class Holding(Recorder):
    hold = True


class FailingRun(Recorder):
    fail_in = "run"


class FailingUndo(Recorder):
    fail_in = "undo"


class FailingPlaced(Recorder):
    fail_in = "placed"


HERE = "tests.shop.test_checkout"
PAY, PLACE = "shop.checkout.steps.TakePayment", "shop.checkout.steps.PlaceOrder"


@pytest.fixture(autouse=True)
def _fresh_recorder():
    Recorder.calls.clear()


def run(cart: Cart, customer=None, **changes) -> checkout.Outcome:
    return checkout.run(cart=cart, customer=customer, given=given(**changes))


def refused(cart: Cart, customer=None, **changes) -> RefusalCode:
    """Run a checkout that must be refused; check that nothing is charged or ordered."""
    with pytest.raises(Refused) as caught:
        run(cart, customer, **changes)
    assert charged() == 0
    assert not Order.objects.exists()
    assert not CouponRedemption.objects.exists()
    return caught.value.code


def test_an_order_is_what_was_in_the_cart(filled_cart):
    order = run(filled_cart, expected_total=Decimal("30.40")).order
    assert [line.quantity for line in order.lines.order_by("pk")] == [2, 1]
    assert (order.subtotal, order.delivery_fee, order.total) == (
        Decimal("25.50"),
        Decimal("4.90"),
        Decimal("30.40"),
    )
    assert charged() == order.total
    assert order.status == Order.Status.PLACED
    assert order.payments.get().card_last4 == "4242"
    assert not filled_cart.lines.exists()


def test_numbers_and_links_cannot_be_guessed(filled_cart):
    order = run(filled_cart).order
    assert order.number.startswith(f"M-{timezone.localdate():%Y%m%d}-")
    assert len(order.access_token) >= 32


def test_standard_delivery_is_free_from_thirty_five_dollars(filled_cart):
    CartLineFactory(cart=filled_cart, variant__price=Decimal("9.50"))
    assert run(filled_cart).order.total == Decimal("35.00")


def test_what_was_saved_for_later_is_neither_bought_nor_lost(filled_cart):
    later = CartLineFactory(cart=filled_cart, saved_for_later=True)
    order = run(filled_cart).order
    assert order.lines.count() == 2
    assert filled_cart.lines.get() == later


def test_the_same_key_is_the_same_order(filled_cart):
    key = "the-same-key-0001"
    first = run(filled_cart, idempotency_key=key)
    CartLineFactory(cart=filled_cart)
    again = run(filled_cart, idempotency_key=key)
    assert again.order == first.order
    assert Order.objects.count() == 1
    assert charged() == first.order.total


def test_a_key_of_one_cart_says_nothing_to_another(filled_cart):
    key = "the-same-key-0002"
    mine = run(filled_cart, idempotency_key=key).order
    other = CartLineFactory().cart
    assert run(other, idempotency_key=key).order != mine


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "with\x00nul-in-it", "中文中文中文中文中文"]
)
def test_a_key_must_be_a_key(filled_cart, key):
    assert refused(filled_cart, idempotency_key=key) == RefusalCode.INVALID_INPUT


@pytest.mark.parametrize("seen", ["0.01", "-30.40", "30.39", "1E+20"])
def test_a_tampered_total_is_refused(filled_cart, seen):
    assert refused(filled_cart, expected_total=Decimal(seen)) == RefusalCode.PRICE_CHANGED
    assert filled_cart.lines.count() == 2


def test_a_deal_that_ended_meanwhile_is_refused(filled_cart):
    deal = DealFactory(variant=filled_cart.lines.first().variant, price=Decimal("1.00"))
    seen = Decimal("12.40")
    deal.ends_at = timezone.now() - timedelta(seconds=1)
    deal.save()
    assert refused(filled_cart, expected_total=seen) == RefusalCode.PRICE_CHANGED


def test_an_empty_cart_cannot_be_bought(filled_cart):
    filled_cart.lines.all().delete()
    assert refused(filled_cart) == RefusalCode.CART_EMPTY


def test_an_unknown_delivery_is_refused(filled_cart):
    assert refused(filled_cart, delivery="by-drone") == RefusalCode.DELIVERY_UNKNOWN


def test_goods_taken_off_sale_meanwhile_are_refused(filled_cart):
    Product.objects.filter(variants__cartline__cart=filled_cart).update(is_active=False)
    assert refused(filled_cart) == RefusalCode.NOT_ON_SALE


def test_pick_up_is_free_and_names_the_store(filled_cart):
    store = ChannelFactory(store=True)
    assert refused(filled_cart, delivery="pickup") == RefusalCode.DELIVERY_UNKNOWN
    bad = refused(filled_cart, delivery="pickup", pickup_store="online")
    assert bad == RefusalCode.DELIVERY_UNKNOWN
    order = run(filled_cart, delivery="pickup", pickup_store=store.code).order
    assert (order.delivery_fee, order.address["pickup"]) == (0, store.code)


def test_pick_up_goes_to_the_customers_own_store_by_default(filled_cart):
    store = ChannelFactory(store=True)
    customer = CustomerFactory(home_channel=store)
    assert run(filled_cart, customer, delivery="pickup").order.address["pickup"] == store.code


class TestAge:
    @pytest.fixture
    def gated(self, filled_cart):
        category = filled_cart.lines.first().variant.product.category
        category.age_gated = True
        category.save()
        return filled_cart

    def birthday(self, years: int, days: int) -> date:
        today = timezone.localdate()
        return today.replace(year=today.year - years, day=min(today.day, 28)) + timedelta(days)

    def test_unknown_and_too_young_are_refused(self, gated):
        assert refused(gated) == RefusalCode.AGE_REQUIRED
        tomorrow = self.birthday(21, 5)
        assert refused(gated, birth_date=tomorrow) == RefusalCode.AGE_REQUIRED

    def test_an_adult_may_buy(self, gated):
        assert run(gated, birth_date=self.birthday(21, -1)).order

    def test_the_profiles_date_counts_more_than_what_is_typed(self, gated):
        customer = CustomerFactory(birth_date=self.birthday(16, 0))
        typed = date(1980, 1, 1)
        assert refused(gated, customer, birth_date=typed) == RefusalCode.AGE_REQUIRED

    def test_the_age_is_a_setting(self, gated, settings):
        settings.ADULT_AGE = 18
        assert run(gated, birth_date=self.birthday(18, -1)).order


class TestCoupons:
    def test_what_a_coupon_took_off_is_written_down(self, filled_cart):
        coupon = CouponFactory()
        filled_cart.coupon_codes = [coupon.code]
        filled_cart.save()
        order = run(filled_cart).order
        redemption = CouponRedemption.objects.get()
        assert (redemption.coupon, redemption.order) == (coupon, order)
        assert redemption.discount == order.discount == Decimal("2.55")
        assert sum(line.coupon_discount for line in order.lines.all()) == Decimal("2.55")
        filled_cart.refresh_from_db()
        assert filled_cart.coupon_codes == []

    def test_one_that_expired_meanwhile_is_refused(self, filled_cart):
        coupon = CouponFactory(ends_at=timezone.now() - timedelta(seconds=1))
        filled_cart.coupon_codes = [coupon.code]
        filled_cart.save()
        assert refused(filled_cart) == RefusalCode.COUPON_EXPIRED

    def test_one_used_up_between_pricing_and_writing_gives_the_money_back(
        self, filled_cart, settings
    ):
        coupon = CouponFactory(max_uses=1)
        filled_cart.coupon_codes = [coupon.code]
        filled_cart.save()
        settings.CHECKOUT_STEPS = [PAY, f"{HERE}.SpendCoupons", PLACE]
        with pytest.raises(Refused, match="coupon_used"):
            run(filled_cart)
        assert charged() == 0
        assert not Order.objects.exists()


class SpendCoupons(Recorder):
    """Somebody else is faster."""

    def run(self, run: CheckoutRun) -> None:
        for coupon in Coupon.objects.all():
            CouponRedemption.objects.create(coupon=coupon, redeemed_at=timezone.now())


class TestSteps:
    def test_every_step_hears_of_the_order_in_turn(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [f"{HERE}.First", f"{HERE}.Second", PAY, PLACE]
        run(filled_cart)
        assert Recorder.calls == ["first.run", "second.run", "first.placed", "second.placed"]

    def test_a_refusal_undoes_the_steps_before_in_reverse(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [f"{HERE}.First", f"{HERE}.Second", PAY, PLACE]
        code = refused(filled_cart, card=card(testprovider.CARD_DECLINED))
        assert code == RefusalCode.PAYMENT_DECLINED
        assert Recorder.calls == ["first.run", "second.run", "second.undo", "first.undo"]

    @pytest.mark.parametrize("failing", ["FailingRun", "FailingPlaced"])
    def test_a_step_that_breaks_leaves_no_charge(self, filled_cart, settings, failing):
        settings.CHECKOUT_STEPS = [f"{HERE}.First", PAY, f"{HERE}.{failing}", PLACE]
        assert refused(filled_cart) == RefusalCode.CHECKOUT_FAILED
        assert Recorder.calls[-1] == "first.undo"
        assert Payment.objects.get().state == Payment.State.VOIDED
        assert filled_cart.lines.count() == 2

    def test_an_undo_that_breaks_does_not_stop_the_others(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [
            f"{HERE}.First",
            PAY,
            f"{HERE}.FailingUndo",
            f"{HERE}.FailingRun",
        ]
        assert refused(filled_cart) == RefusalCode.CHECKOUT_FAILED
        assert "first.undo" in Recorder.calls

    def test_a_reason_to_look_puts_the_order_on_hold(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [f"{HERE}.Holding", PAY, PLACE]
        assert run(filled_cart).order.status == Order.Status.ON_HOLD

    def test_a_receiver_that_breaks_gives_the_money_back(self, filled_cart):
        def broken(**kwargs):
            raise RuntimeError("no")

        order_placed.connect(broken)
        try:
            assert refused(filled_cart) == RefusalCode.CHECKOUT_FAILED
        finally:
            order_placed.disconnect(broken)

    def test_what_breaks_after_the_commit_does_not_take_the_order_back(
        self, filled_cart, monkeypatch, django_capture_on_commit_callbacks
    ):
        from shop import events

        def broken(*args, **kwargs):
            raise RuntimeError("no")

        monkeypatch.setattr(events, "record", broken)
        with pytest.raises(RuntimeError), django_capture_on_commit_callbacks(execute=True):
            run(filled_cart)
        assert Order.objects.get().total == charged()


class TestBank:
    def test_the_right_code_places_the_order(self, filled_cart):
        key = "needs-a-challenge-1"
        asked = run(filled_cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))
        assert asked.order is None
        assert asked.prompt
        assert charged() == 0
        order = run(filled_cart, idempotency_key=key, challenge_answer="123456").order
        assert order.total == charged() == Decimal("30.40")
        assert (order.email, order.address["city"]) == ("ada@example.com", "Cincinnati")

    def test_repeating_the_question_asks_again(self, filled_cart):
        key = "needs-a-challenge-2"
        first = run(filled_cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))
        again = run(filled_cart, idempotency_key=key)
        assert (again.checkout, again.prompt) == (first.checkout, first.prompt)

    def test_a_wrong_code_ends_the_attempt(self, filled_cart):
        key = "needs-a-challenge-3"
        run(filled_cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))
        for answer in ("000000", "123456"):
            code = refused(filled_cart, idempotency_key=key, challenge_answer=answer)
            assert code == RefusalCode.PAYMENT_CHALLENGE_FAILED

    def test_what_was_confirmed_is_ordered_whatever_the_cart_became(self, filled_cart):
        key = "needs-a-challenge-4"
        run(filled_cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))
        filled_cart.lines.update(quantity=50)
        order = run(filled_cart, idempotency_key=key, challenge_answer="123456").order
        assert [line.quantity for line in order.lines.order_by("pk")] == [2, 1]

    def test_a_lost_answer_is_one_charge(self, filled_cart):
        order = run(filled_cart, card=card(testprovider.CARD_TIMEOUT)).order
        assert TestCharge.objects.get().amount == order.total

    def test_a_bank_that_is_away_charges_nothing(self, filled_cart, monkeypatch):
        charge = testprovider.TestProvider.charge

        def lost(self, **kwargs):
            charge(self, **kwargs)
            raise ProviderTimeout

        monkeypatch.setattr(testprovider.TestProvider, "charge", lost)
        assert refused(filled_cart) == RefusalCode.PAYMENT_TIMEOUT


class TestRecovery:
    def stuck(self, cart: Cart, **changes) -> Checkout:
        """An attempt whose process died right after the charge."""

        class Killed(BaseException):
            pass

        def die(*args, **kwargs):
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("shop.checkout.steps.PlaceOrder.run", die)
            with pytest.raises(Killed):
                run(cart, **changes)
        return Checkout.objects.get()

    def age(self, row: Checkout) -> None:
        old = timezone.now() - timedelta(hours=1)
        Checkout.objects.filter(pk=row.pk).update(updated_at=old)

    def test_a_young_attempt_is_left_alone(self, filled_cart):
        self.stuck(filled_cart)
        assert checkout.recover_stuck() == 0
        assert charged() > 0

    def test_an_old_attempt_is_undone(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [f"{HERE}.First", PAY, PLACE]
        self.age(self.stuck(filled_cart))
        assert checkout.recover_stuck() == 1
        assert charged() == 0
        assert Recorder.calls == ["first.run", "first.undo"]
        assert Checkout.objects.get().state == Checkout.State.REFUSED
        assert checkout.recover_stuck() == 0
        assert run(filled_cart).order

    def test_a_shopper_who_never_answers_the_bank(self, filled_cart):
        key = "never-answered-01"
        run(filled_cart, idempotency_key=key, card=card(testprovider.CARD_CHALLENGE))
        self.age(Checkout.objects.get())
        checkout.recover_stuck()
        code = refused(filled_cart, idempotency_key=key, challenge_answer="123456")
        assert code == RefusalCode.CHECKOUT_FAILED

    def test_a_charge_that_could_not_be_given_back_is_given_back_later(
        self, filled_cart, monkeypatch, settings
    ):
        settings.CHECKOUT_STEPS = [PAY, f"{HERE}.FailingRun", PLACE]
        void = testprovider.TestProvider.void

        def away(self, **kwargs):
            raise ProviderTimeout

        monkeypatch.setattr(testprovider.TestProvider, "void", away)
        with pytest.raises(Refused):
            run(filled_cart)
        assert charged() > 0
        monkeypatch.setattr(testprovider.TestProvider, "void", void)
        self.age(Checkout.objects.get())
        assert checkout.recover_stuck() == 1
        assert charged() == 0

    def test_an_attempt_taken_for_dead_cannot_end_in_an_order(self, filled_cart, settings):
        settings.CHECKOUT_STEPS = [PAY, f"{HERE}.DeclareDead", PLACE]
        assert refused(filled_cart) == RefusalCode.CHECKOUT_FAILED


class DeclareDead(Recorder):
    """The clean-up runs while the attempt is merely slow."""

    def run(self, run: CheckoutRun) -> None:
        checkout.recover_stuck(older_than=timedelta(seconds=-1))


def test_a_purchase_is_remembered_line_by_line(
    filled_cart, customer, django_capture_on_commit_callbacks
):
    from shop import events

    events.flush()
    with django_capture_on_commit_callbacks(execute=True):
        order = run(filled_cart, customer).order
    events.flush()
    bought = Event.objects.filter(kind=Event.Kind.PURCHASE, customer=customer)
    assert sum(Decimal(event.data["amount"]) for event in bought) == order.subtotal


def test_units_sold_are_counted(filled_cart):
    product = filled_cart.lines.first().variant.product
    run(filled_cart)
    product.refresh_from_db()
    assert product.units_sold == 2


def test_the_checkouts_record_holds_no_card(filled_cart):
    run(filled_cart)
    row = Checkout.objects.get()
    payment = Payment.objects.get()
    assert "4242424242424242" not in str(row.details)
    assert len(payment.card_fingerprint) == 64
    assert payment.card_brand == "Visa"
