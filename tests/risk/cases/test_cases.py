"""Cases, appeals, freezes, training: what people and the worker do behind the checkout."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from foundation import registry
from foundation.models import ModelVersion, TrainingRun
from inventory.models import StockLevel
from risk import selectors, services
from risk.models import Assessment, Case, Decision, Freeze
from shop.models import Order, OrderLine, User
from shop.refusals import RefusalCode, Refused
from tests.shop.conftest import charged
from tests.shop.factories import CustomerFactory, StaffFactory


@pytest.fixture
def analyst(db) -> User:
    return StaffFactory()


@pytest.fixture
def held(buy, customer) -> Case:
    """An order on hold, because there is no model yet."""
    buy(customer, 3)
    return Case.objects.get()


def on_hand() -> int:
    return sum(StockLevel.objects.values_list("on_hand", flat=True))


def test_clearing_a_case_releases_the_order(held, analyst):
    services.decide_case(case=held, fraud=False, by=analyst, note="A birthday party.")
    order = held.assessment.order
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert charged() == order.total
    held.refresh_from_db()
    assert (held.state, held.decided_by) == (Case.State.CLEARED, analyst)
    assert held.note == "A birthday party."
    assert held.decided_at is not None


def test_confirming_fraud_cancels_pays_back_and_restocks(held, analyst):
    before = on_hand()
    services.decide_case(case=held, fraud=True, by=analyst)
    order = held.assessment.order
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert charged() == 0
    assert on_hand() == before + 3


def test_a_decision_is_final(held, analyst):
    services.decide_case(case=held, fraud=True, by=analyst)
    again = services.decide_case(case=held, fraud=False, by=StaffFactory())
    assert (again.state, again.decided_by) == (Case.State.FRAUD, analyst)
    assert charged() == 0


def test_one_case_for_one_held_order(held):
    assert services.open_review(assessment=held.assessment) == held
    assert list(selectors.open_cases()) == [held]


@pytest.fixture
def blocked(buy, customer) -> Assessment:
    """A frozen customer's attempt."""
    services.freeze(customer=customer, reason="Chargebacks", by=None)
    with pytest.raises(Refused) as refused:
        buy(customer)
    assert refused.value.code == RefusalCode.ORDER_BLOCKED
    return Assessment.objects.get()


def test_a_frozen_customer_cannot_order(blocked):
    assert blocked.decision == Decision.BLOCK
    assert "frozen" in {reason["code"] for reason in blocked.reasons}
    assert charged() == 0
    assert not Order.objects.exists()


def test_a_lifted_freeze_lets_order_again(blocked, buy, customer, analyst):
    services.lift(freeze=selectors.active_freeze(customer), by=analyst)
    assert buy(customer).pk
    row = Freeze.objects.get()
    assert (row.is_active, row.lifted_by) == (False, analyst)


def test_a_frozen_customer_keeps_the_first_freeze(customer):
    first = services.freeze(customer=customer, reason="First", by=None)
    assert services.freeze(customer=customer, reason="Second", by=None) == first
    assert selectors.active_freeze(customer).reason == "First"


def test_guests_cannot_be_frozen():
    assert selectors.active_freeze(None) is None


def test_a_cleared_appeal_lifts_the_freeze(blocked, customer, analyst):
    case = services.appeal(
        checkout_uuid=blocked.checkout_uuid, message="It was me.", contact="me@example.com"
    )
    services.decide_case(case=case, fraud=False, by=analyst)
    assert selectors.active_freeze(customer) is None


def test_a_refused_appeal_keeps_the_freeze(blocked, customer, analyst):
    case = services.appeal(
        checkout_uuid=blocked.checkout_uuid, message="It was me.", contact="me@example.com"
    )
    services.decide_case(case=case, fraud=True, by=analyst)
    assert selectors.active_freeze(customer) is not None


def test_only_a_blocked_order_can_be_appealed(held):
    for uuid in (uuid4(), held.assessment.checkout_uuid):
        with pytest.raises(Refused) as refused:
            services.appeal(checkout_uuid=uuid, message="Why?", contact="me@example.com")
        assert refused.value.code == RefusalCode.NOT_FOUND


def test_the_appeal_page_takes_one_appeal(blocked, client):
    address = reverse("risk:appeal", args=[blocked.checkout_uuid])
    page = client.get(address)
    assert page.status_code == 200
    assert b"textarea" in page.content
    body = {"contact": "me@example.com", "message": "<b>It was me</b>"}
    for _ in range(2):
        assert client.post(address, body).status_code == 200
    case = Case.objects.get()
    assert (case.kind, case.contact, case.message) == (
        Case.Kind.APPEAL,
        "me@example.com",
        "<b>It was me</b>",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"contact": "", "message": ""},
        {"contact": "nobody", "message": "Hello"},
        {"contact": "me@example.com", "message": ""},
        {"contact": "me@example.com", "message": "x" * 2001},
    ],
    ids=["empty", "no address", "no words", "too many words"],
)
def test_the_appeal_page_says_what_is_missing(blocked, client, body):
    page = client.post(reverse("risk:appeal", args=[blocked.checkout_uuid]), body)
    assert page.status_code == 200
    assert b"aria-invalid" in page.content
    assert not Case.objects.exists()


def test_nobody_appeals_for_an_order_that_is_not_there(client, db):
    body = {"contact": "me@example.com", "message": "Hello"}
    assert client.post(reverse("risk:appeal", args=[uuid4()]), body).status_code == 404


def test_too_few_orders_make_no_model(db):
    assert services.train() is None
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE
    assert not ModelVersion.objects.exists()


def test_a_trained_model_is_active_and_is_loaded(model):
    assert model.status == ModelVersion.Status.ACTIVE
    assert model.metrics["orders"] == 240
    assert registry.verify(model).exists()
    assert registry.active_artefact(services.CAPABILITY, services.load_forest)[1] == model


def test_the_forest_is_measured_on_the_newest_orders_and_not_trained_twice(model):
    assert model.metrics["strange_auc"] > services.GUESSING
    assert 0 <= model.metrics["honest_held"] <= 0.2
    assert services.train() == model


def later(days: int) -> None:
    """Forty-eight further orders, so that there is something new to be measured on."""
    newest = list(Order.objects.order_by("-placed_at")[:48])
    lines = {line.order_id: line for line in OrderLine.objects.filter(order__in=newest)}
    for number, order in enumerate(newest):
        line = lines[order.pk]
        order.pk, order.number = None, f"M-LATER-{days}-{number:04d}"
        order.placed_at += timedelta(days=days)
        order.save()
        line.pk, line.order = None, order
        line.save()


def test_a_worse_forest_does_not_serve_and_a_better_one_does(model, monkeypatch):
    later(15)
    figures = iter([0.7, 0.8, 0.8, 0.7])
    monkeypatch.setattr(services, "measure", lambda *_, **__: {"strange_auc": next(figures)})
    worse = services.train()
    assert worse.status == ModelVersion.Status.CANDIDATE
    assert registry.active_version(services.CAPABILITY) == model
    later(30)
    better = services.train()
    assert registry.active_version(services.CAPABILITY) == better


def test_a_forest_that_guesses_does_not_serve(past, monkeypatch):
    monkeypatch.setattr(services, "measure", lambda *_, **__: {"strange_auc": 0.5})
    assert services.train().status == ModelVersion.Status.CANDIDATE
    assert registry.active_version(services.CAPABILITY) is None


def test_cancelled_orders_are_not_learned_from(past):
    Order.objects.filter(number__lte="M-PAST-0099").update(status=Order.Status.CANCELLED)
    assert len(selectors.training_facts()) == 140


def test_the_task_trains(past):
    from risk.tasks import train

    train()
    assert ModelVersion.objects.filter(capability=services.CAPABILITY).count() == 1


def test_the_start_page_counts_today(held, analyst):
    figures = {str(row["label"]): row["value"] for row in selectors.dashboard()["figures"]}
    assert figures["Open cases"] == figures["Screened in 24 hours"] == 1
    assert figures["Held for review"] == 1
    services.decide_case(case=held, fraud=False, by=analyst)
    figures = {str(row["label"]): row["value"] for row in selectors.dashboard()["figures"]}
    assert figures["Open cases"] == 0


def test_somebody_elses_past_is_not_ones_own(past, customer, buy):
    buy(CustomerFactory())
    assert Assessment.objects.get().features["past_mean_total"] == 0
    buy(customer)
    assert Assessment.objects.first().features["past_mean_total"] == 10
