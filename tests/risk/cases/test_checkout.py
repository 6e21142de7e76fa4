"""The screen inside the checkout: what passes, what a person looks at, what is refused."""

import pytest

from foundation import registry
from inventory.models import Reservation
from risk import services
from risk.learning.features import OrderFacts
from risk.models import Assessment, Case, Decision
from risk.rules import (
    ATTEMPTS_BLOCK,
    ATTEMPTS_REVIEW,
    CARD_CUSTOMERS_BLOCK,
    CARD_CUSTOMERS_REVIEW,
    Velocity,
    far_above_usual,
    many_attempts,
    reason_text,
    shared_card,
)
from shop.models import Order, TestCharge
from shop.payments.testprovider import CARD_DECLINED, CARD_OK
from shop.refusals import RefusalCode, Refused
from tests.shop.conftest import charged
from tests.shop.factories import CustomerFactory

CALM = Velocity(by_visitor_hour=0, by_card_day=0, customers_on_card=1)
USUAL = OrderFacts(
    total=40.0,
    lines=3,
    units=4,
    max_quantity=2,
    max_unit_price=10.0,
    hour=17.0,
    past_orders=20,
    past_mean_total=40.0,
    days_since_last=5.0,
    orders_last_day=0,
)


def codes(assessment: Assessment) -> set[str]:
    return {reason["code"] for reason in assessment.reasons}


def test_an_ordinary_order_passes_and_its_assessment_is_kept(model, buy, customer, settings):
    settings.RISK_REVIEW_SCORE = 1.01
    order = buy(customer, 2)
    assert order.status == Order.Status.PLACED
    found = Assessment.objects.get()
    assert (found.order, found.customer, found.decision) == (order, customer, Decision.ALLOW)
    assert found.model == model
    assert 0.0 <= found.score <= 1.0
    assert found.features["total"] == float(order.total)
    assert found.milliseconds > 0
    assert not Case.objects.exists()


def test_a_strange_order_is_held_and_says_by_what(model, buy, customer):
    """Seventy units where four are the most anybody ever bought."""
    order = buy(customer, 70)
    assert order.status == Order.Status.ON_HOLD
    found = Assessment.objects.get()
    assert found.decision == Decision.REVIEW
    assert "far_above_usual" in codes(found)
    assert found.score > 0.9
    assert Case.objects.get().assessment == found
    assert all(reason_text(reason) for reason in found.reasons)


def test_without_a_model_a_person_looks(buy, customer):
    order = buy(customer)
    assert order.status == Order.Status.ON_HOLD
    found = Assessment.objects.get()
    assert codes(found) == {"no_model"}
    assert found.score is None
    assert Case.objects.get().kind == Case.Kind.REVIEW


def test_a_damaged_model_counts_as_none(model, buy, customer, settings):
    (path,) = settings.ARTEFACT_DIR.glob(f"{services.CAPABILITY}/*")
    path.write_bytes(path.read_bytes()[:100])
    registry.forget_loaded()
    assert buy(customer).status == Order.Status.ON_HOLD
    assert "no_model" in codes(Assessment.objects.get())


def test_a_crash_of_the_screen_lets_nothing_through(model, buy, customer, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("the screen broke")

    monkeypatch.setattr(services, "screen", crash)
    with pytest.raises(Refused) as refused:
        buy(customer)
    assert refused.value.code == RefusalCode.CHECKOUT_FAILED
    assert not Order.objects.filter(number__startswith="M-2").exists()
    assert charged() == 0
    assert not Reservation.objects.filter(state=Reservation.State.HELD).exists()


def test_trying_card_after_card_is_stopped(buy, customer):
    """Whoever tests stolen cards is held first and then refused, whatever the next card is."""
    for _ in range(ATTEMPTS_BLOCK):
        with pytest.raises(Refused) as refused:
            buy(customer, number=CARD_DECLINED, visitor="one-browser")
        assert refused.value.code == RefusalCode.PAYMENT_DECLINED
    with pytest.raises(Refused) as refused:
        buy(customer, number=CARD_OK, visitor="one-browser")
    assert refused.value.code == RefusalCode.ORDER_BLOCKED
    last = Assessment.objects.first()
    assert last.decision == Decision.BLOCK
    assert str(last.checkout_uuid) in refused.value.data["appeal_url"]
    assert charged() == 0
    # The bank was not even asked.
    assert not TestCharge.objects.filter(key=str(last.checkout_uuid)).exists()
    assert not Reservation.objects.filter(state=Reservation.State.HELD).exists()


def test_one_card_of_many_customers_is_stopped(buy):
    for number in range(1, CARD_CUSTOMERS_BLOCK):
        buy(CustomerFactory(), number=CARD_OK, visitor=f"browser-{number}")
    with pytest.raises(Refused) as refused:
        buy(CustomerFactory(), number=CARD_OK, visitor="browser-last")
    assert refused.value.code == RefusalCode.ORDER_BLOCKED


def test_the_card_number_is_kept_nowhere(buy, customer):
    buy(customer, number=CARD_OK)
    kept = str(Assessment.objects.values().get())
    assert CARD_OK not in kept
    assert len(Assessment.objects.get().card_fingerprint) == 64


@pytest.mark.parametrize(
    ("attempts", "decision"),
    [
        (ATTEMPTS_REVIEW - 1, None),
        (ATTEMPTS_REVIEW, Decision.REVIEW),
        (ATTEMPTS_BLOCK - 1, Decision.REVIEW),
        (ATTEMPTS_BLOCK, Decision.BLOCK),
    ],
)
@pytest.mark.parametrize("where", ["by_visitor_hour", "by_card_day"])
def test_attempts_are_counted_by_browser_and_by_card(attempts, decision, where):
    values = {"by_visitor_hour": 0, "by_card_day": 0, "customers_on_card": 1} | {where: attempts}
    reason = many_attempts(USUAL, Velocity(**values))
    assert (reason and reason.decision) == decision


@pytest.mark.parametrize(
    ("customers", "decision"),
    [
        (CARD_CUSTOMERS_REVIEW - 1, None),
        (CARD_CUSTOMERS_REVIEW, Decision.REVIEW),
        (CARD_CUSTOMERS_BLOCK - 1, Decision.REVIEW),
        (CARD_CUSTOMERS_BLOCK, Decision.BLOCK),
    ],
)
def test_a_family_may_share_a_card(customers, decision):
    reason = shared_card(USUAL, Velocity(0, 0, customers))
    assert (reason and reason.decision) == decision


@pytest.mark.parametrize(
    ("total", "past_orders", "usual", "held"),
    [
        (299.0, 20, 10.0, False),  # many times the usual, but little money
        (320.0, 20, 40.0, True),
        (319.0, 20, 40.0, False),
        (599.0, 0, 0.0, False),  # a newcomer's large order
        (600.0, 0, 0.0, True),
    ],
)
def test_only_much_more_than_usual_is_held(total, past_orders, usual, held):
    from dataclasses import replace

    facts = replace(USUAL, total=total, past_orders=past_orders, past_mean_total=usual)
    assert (far_above_usual(facts, CALM) is not None) == held


def test_a_reason_of_another_release_is_shown_as_unknown():
    assert reason_text({"code": "of_the_future", "data": {}})
