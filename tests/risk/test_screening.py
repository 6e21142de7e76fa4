"""Orders are screened by lists, staff's rules and the model that learned from outcomes."""

import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from foundation import outbox
from risk import fraud, memory, services, staff_rules, trial
from risk.expressions import ExpressionError
from risk.learning import stream
from risk.learning.signals import Activity
from risk.models import (
    Assessment,
    Case,
    Decision,
    IdentityState,
    ListEntry,
    Rule,
    RuleVersion,
    Signal,
)
from shop.checkout.protocol import Visitor
from shop.models import Order
from shop.payments.testprovider import CARD_DECLINED
from shop.refusals import RefusalCode, Refused
from tests.shop.conftest import card, given
from tests.shop.factories import CartFactory, CartLineFactory, StaffFactory

pytestmark = pytest.mark.django_db


def last() -> Assessment:
    return Assessment.objects.latest("id")


def visitor(key: str) -> Visitor:
    return Visitor(key=key, ip="192.0.2.1", user_agent="tests", language="en")


def codes(assessment: Assessment) -> list[str]:
    return [reason["code"] for reason in assessment.reasons]


@pytest.fixture
def many_cards(django_capture_on_commit_callbacks) -> str:
    """A browser in which seven cards were used today."""
    for number in range(7):
        at = timezone.now().timestamp() - 3600 + number
        memory.learn(Activity(at=at, id=number, visitor="tester", card=f"card-{number}", total=5.0))
    return "tester"


def test_an_order_becomes_a_signal_and_states(buy, customer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = buy(customer=customer)
    signal = Signal.objects.get(order=order)
    assert signal.kind == Signal.Kind.ORDER
    assert signal.customer == str(customer.pk)
    assert signal.total == float(order.total)
    assert signal.fraud is None
    state = IdentityState.objects.get(key=f"customer:{customer.pk}").state
    assert state["orders"] == 1
    assert list(state["addresses"]) == [signal.address]


def test_a_declined_card_is_remembered(screened, django_capture_on_commit_callbacks):
    cart = CartFactory()
    CartLineFactory(cart=cart)
    from shop.services import checkout

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Refused):
        checkout.run(cart=cart, customer=None, given=given(card=card(CARD_DECLINED)))
    assert Signal.objects.get().kind == Signal.Kind.DECLINED
    assert IdentityState.objects.get(key="visitor:visitor-1").state["declined"]


def test_what_is_surely_fraud_is_refused(buy, model, many_cards):
    with pytest.raises(Refused):
        buy(visitor=visitor(many_cards))


def test_what_looks_like_fraud_is_held_with_its_reasons_in_words(buy, model, many_cards, settings):
    settings.RISK_COSTS = {"refuse_from": 1.1}
    order = buy(visitor=visitor(many_cards))
    assessment = last()
    assert assessment.probability > 0.5
    assert "likely_fraud" in codes(assessment)
    assert order.status == Order.Status.ON_HOLD
    from risk.rules import reason_text

    texts = [reason_text(reason) for reason in assessment.reasons]
    assert any("cards of the same browser in 1 day" in text for text in texts)


def test_an_ordinary_order_is_let_through_by_the_model(buy, model):
    buy()
    assert last().probability < 0.1
    assert "likely_fraud" not in codes(last())


def test_in_shadow_mode_the_model_only_takes_notes(buy, model, many_cards, settings):
    settings.RISK_MODEL_SHADOW = True
    buy(visitor=visitor(many_cards))
    assert "likely_fraud" not in codes(last())
    assert last().shadow["model"] in (Decision.REVIEW, Decision.BLOCK, Decision.CHALLENGE)


@pytest.fixture
def candidate(model, scorer):
    """A newer model that does not serve: it takes every order for fraud."""
    from foundation import registry

    usual, scorer.curve_ = scorer.curve_, np.array([0.0, 9.0])
    version = registry.save_version(
        capability=fraud.CAPABILITY, suffix=".npz", write=scorer.save, parameters={"newest_at": 1.0}
    )
    scorer.curve_ = usual
    trial.forget()
    yield version
    trial.forget()


def test_a_candidate_only_takes_notes_beside_the_model_that_serves(buy, candidate, settings):
    order = buy()
    assert order.status == Order.Status.PLACED or "likely_fraud" not in codes(last())
    assert last().probability < 0.1
    told = last().shadow["candidate"]
    assert (told["version"], told["decision"]) == (candidate.version, Decision.BLOCK)
    assert told["probability"] > 0.99
    settings.RISK_CANDIDATE_TRIAL = False
    buy(visitor=visitor("another"))
    assert last().shadow == {}


def test_a_candidate_that_cannot_be_read_changes_nothing(buy, candidate, settings):
    from pathlib import Path

    (Path(settings.ARTEFACT_DIR) / candidate.artefact).write_bytes(b"broken")
    buy()
    assert last().probability < 0.1
    assert last().shadow == {}


def test_a_candidate_that_was_activated_is_on_trial_no_more(buy, candidate):
    from foundation import registry

    registry.activate(candidate)
    registry.forget_loaded()
    with pytest.raises(Refused):
        buy()
    assert last().shadow == {}


def test_a_slow_model_is_not_waited_for_and_a_person_looks(buy, model, settings, monkeypatch):
    settings.RISK_BUDGET_MS = 5
    judge = fraud._judge
    monkeypatch.setattr(fraud, "_judge", lambda *args: (time.sleep(0.2), judge(*args))[1])
    order = buy()
    assert "model_late" in codes(last())
    assert order.status == Order.Status.ON_HOLD


def test_a_damaged_model_does_not_let_anything_through(buy, model, settings):
    from pathlib import Path

    (Path(settings.ARTEFACT_DIR) / model.artefact).write_bytes(b"broken")
    order = buy()
    assert last().probability is None
    assert order.status == Order.Status.ON_HOLD


class TestRules:
    def rule(self, expression: str, **changes) -> Rule:
        values = {"decision": Decision.REVIEW, "mode": Rule.Mode.ACTIVE, "name": expression[:40]}
        return staff_rules.save_rule(Rule(expression=expression, **(values | changes)), by=None)

    def test_an_active_rule_decides(self, buy):
        self.rule("total > 15 and domain == 'example.com'", decision=Decision.BLOCK)
        with pytest.raises(Refused) as refused:
            buy()
        assert refused.value.code == RefusalCode.ORDER_BLOCKED
        assert "staff_rule" in codes(last())

    def test_a_rule_on_trial_is_only_noted(self, buy):
        self.rule("total > 15", mode=Rule.Mode.SHADOW, decision=Decision.BLOCK)
        buy()
        assert last().shadow == {"rules": ["total > 15"]}
        assert "staff_rule" not in codes(last())

    def test_a_change_is_a_new_version_and_the_old_text_is_kept(self, screened):
        rule = self.rule("total > 15")
        rule.expression = "total > 30"
        staff_rules.save_rule(rule, by=StaffFactory())
        assert rule.version == 2
        texts = RuleVersion.objects.filter(rule=rule).values_list("expression", flat=True)
        assert list(texts) == ["total > 30", "total > 15"]

    def test_what_is_not_understood_is_not_stored(self, screened):
        with pytest.raises(ExpressionError):
            self.rule("total >")
        assert not Rule.objects.exists()

    def test_a_dry_run_tells_what_it_would_have_stopped(self, buy):
        bad = buy(price="90.00")
        buy(price="95.00", visitor=visitor("b"))
        buy(price="5.00", visitor=visitor("c"))
        fraud.label(order_id=bad.pk, fraud=True)
        result = staff_rules.dry_run("total > 50")
        assert (result.orders, result.stopped, result.bad) == (3, 2, 1)


class TestLists:
    def entry(self, **changes) -> ListEntry:
        values = {
            "effect": ListEntry.Effect.BLOCK,
            "field": ListEntry.Field.EMAIL,
            "value": "ada@example.com",
        }
        return ListEntry.objects.create(**(values | changes))

    def test_who_is_on_the_block_list_is_refused(self, buy):
        self.entry()
        with pytest.raises(Refused):
            buy()

    def test_an_entry_expires(self, buy):
        self.entry(expires_at=timezone.now() - timedelta(minutes=1))
        assert buy()

    def test_who_is_on_the_allow_list_is_let_through(self, buy):
        self.entry(effect=ListEntry.Effect.ALLOW)
        assert buy(price="900.00").status == Order.Status.PLACED

    def test_the_allow_list_does_not_lift_a_freeze(self, buy, customer):
        self.entry(effect=ListEntry.Effect.ALLOW)
        services.freeze(customer=customer, reason="stolen", by=None)
        with pytest.raises(Refused):
            buy(customer=customer)


class TestConfirmation:
    @pytest.fixture
    def asked(self, buy) -> Case:
        rule = Rule(name="ask", expression="total > 15", decision=Decision.CHALLENGE)
        rule.mode = Rule.Mode.ACTIVE
        staff_rules.save_rule(rule, by=None)
        ListEntry.objects.all().delete()
        order = buy()
        # Without a model a person has to look; this is about the confirmation alone.
        Assessment.objects.filter(order=order).update(decision=Decision.CHALLENGE)
        Case.objects.all().delete()
        return services.open_review(assessment=last())

    def test_the_link_in_the_mail_releases_the_order(self, asked, client, mailoutbox):
        assert outbox.deliver(f"risk.confirm:{asked.pk}")
        link = next(word for word in mailoutbox[0].body.split() if word.startswith("http"))
        path = "/" + link.split("/", 3)[3]
        assert client.get(path).status_code == 200
        asked.assessment.order.refresh_from_db()
        assert asked.assessment.order.status == Order.Status.ON_HOLD
        assert client.post(path).status_code == 200
        asked.assessment.order.refresh_from_db()
        assert asked.assessment.order.status == Order.Status.PLACED

    def test_a_forged_link_is_not_found(self, asked, client):
        assert client.post("/risk/confirm/nonsense/").status_code == 404


def test_a_decided_case_labels_the_order(buy):
    order = buy()
    services.decide_case(case=Case.objects.get(), fraud=True, by=StaffFactory())
    assert Signal.objects.get(order=order).fraud is True


def test_a_chargeback_labels_the_order_once(buy):
    order = buy()
    for _ in range(2):
        services.charge_back(order=order, reference="CB-1", amount=order.total, by=None)
    assert order.chargebacks.count() == 1
    assert Signal.objects.get(order=order).fraud is True


@pytest.mark.parametrize("damaged", ["visitor:visitor-1", "card"])
def test_a_state_that_cannot_be_read_sends_the_order_to_a_person(buy, model, damaged):
    key = damaged
    if damaged == "card":
        from shop.payments.fingerprint import card_fingerprint

        key = f"card:{card_fingerprint(given().card.number)}"
    IdentityState.objects.create(key=key, state={"order": [["yesterday", None]]})
    order = buy()
    assert "model_late" in codes(last())
    assert order.status == Order.Status.ON_HOLD
    assert Case.objects.filter(assessment=last(), kind=Case.Kind.REVIEW).exists()


def test_a_basket_is_judged_by_what_the_model_knows_of_goods(buy, screened, scorer, customer):
    """The vectors come with the model; what is said of the basket stands with the assessment."""
    from foundation import registry
    from risk.learning.behaviour import BasketEmbedding

    baskets = [{str(n % 3): 5.0, str((n + 1) % 3): 2.0} for n in range(300)]
    scorer.behaviour = BasketEmbedding().fit(baskets)
    version = registry.save_version(
        capability=fraud.CAPABILITY, suffix=".npz", write=scorer.save, parameters={"newest_at": 0.0}
    )
    scorer.behaviour = None
    registry.activate(version)
    state = stream.new_profile() | {"orders": 1, "categories": {"0": 1.0}}
    event = Activity(at=1e9, id=1, customer="1", total=7.0, categories={"0": 5.0})
    raw = fraud.score(event, {"customer:1": state}).raw
    assert (raw["basket_known"], raw["basket_likeness"]) == (1.0, pytest.approx(1.0))
    other = fraud.score(replace(event, categories={"1": 5.0}), {"customer:1": state}).raw
    assert other["basket_likeness"] < 0
    buy(customer=customer)
    assert last().features["basket_known"] == 0.0
    assert set(Signal.objects.get(kind=Signal.Kind.ORDER).categories.values()) == {20.0}
