"""Risk's figures: what was stopped, what it was worth, whom it hit, and what is watched."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from foundation import watching
from foundation.models import Alert
from risk import overview, readings
from risk.models import Assessment, Case, Chargeback, Decision
from tests.shop.factories import CustomerFactory, OrderFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def screen(days: float, decision: str, total: float, customer=None, **values) -> Assessment:
    at = NOW - timedelta(days=days)
    order = OrderFactory(customer=customer, placed_at=at, total=total)
    return Assessment.objects.create(
        order=order, checkout_uuid=uuid4(), customer=customer, decision=decision, at=at,
        features={"total": total}, **{"milliseconds": 4.0, "probability": 0.002, **values},
    )  # fmt: skip


def test_money_and_precision_of_a_week():
    caught = screen(1, Decision.REVIEW, 80)
    Case.objects.create(assessment=caught, kind=Case.Kind.REVIEW, state=Case.State.FRAUD)
    honest = screen(1, Decision.REVIEW, 50)
    Case.objects.create(assessment=honest, kind=Case.Kind.REVIEW, state=Case.State.CLEARED)
    missed = screen(1, Decision.ALLOW, 30)
    Chargeback.objects.create(order=missed.order, reference="1", amount=30, received_at=NOW)
    screen(1, Decision.BLOCK, 99)
    told = overview.figures(overview.screened())
    assert (told["orders"], told["alert_rate"], told["precision"]) == (4, 0.75, 0.5)
    assert (told["saved"], told["lost"], told["reviews"]) == (80, 30, 2)


def test_nobody_complained_for_long_means_honest():
    screen(50, Decision.REVIEW, 50)
    screen(3, Decision.REVIEW, 50)
    assert [row.fraud for row in overview.screened()] == [False, None]


def test_a_group_whose_honest_orders_are_stopped_more_often_is_an_alert(settings):
    settings.MODEL_WATCHERS = ["risk.readings.readings"]
    groups = [CustomerFactory(demographics={"age": age}) for age in ("25-34", "65+")]
    for number in range(40):
        old = screen(1, Decision.REVIEW if number % 2 else Decision.ALLOW, 20, groups[1])
        new = screen(1, Decision.ALLOW, 20, groups[0])
        for row in (old, new):
            Case.objects.create(assessment=row, kind=Case.Kind.APPEAL, state=Case.State.CLEARED)
    told = {(kind, name): share for kind, name, _n, share in overview.fairness(overview.screened())}
    assert told == {("", ""): 0.25, ("age", "25-34"): 0.0, ("age", "65+"): 0.5}
    watching.watch()
    assert overview.GAP in set(Alert.objects.values_list("subject", flat=True))


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_draws_and_lists_every_figure(admin_client, filled, language):
    if filled:
        for days in (1, 2, 45, 45):
            screen(days, Decision.REVIEW, 40, probability=0.2)
    admin_client.cookies["django_language"] = language
    page = admin_client.get("/admin/risk/assessment/overview/")
    assert page.status_code == 200
    drawn = [chart for chart in page.context["charts"] if chart["rows"]]
    assert len(drawn) == (5 if filled else 0)
    assert page.content.decode().count("<canvas") == len(drawn)


def test_only_who_may_see_assessments_sees_the_page(client):
    from tests.shop.factories import StaffFactory

    client.force_login(StaffFactory(is_superuser=False))
    assert client.get("/admin/risk/assessment/overview/").status_code == 403


def test_what_is_on_trial_is_held_against_what_became_of_the_orders():
    would = {"rules": ["dear"], "candidate": {"version": 7, "decision": "review"}}
    missed = screen(1, Decision.ALLOW, 80, shadow=would)
    Chargeback.objects.create(order=missed.order, reference="1", amount=80, received_at=NOW)
    caught = screen(1, Decision.REVIEW, 90, shadow={"rules": ["dear"], "model": "block"})
    Case.objects.create(assessment=caught, kind=Case.Kind.REVIEW, state=Case.State.FRAUD)
    screen(50, Decision.ALLOW, 70, shadow=would)
    screen(1, Decision.ALLOW, 60, shadow={"candidate": {"version": 7, "decision": "allow"}})
    assert overview.trials(overview.screened()) == [
        ("Candidate, version 7", 2, 1, 1, 1),
        ("Rule: dear", 3, 2, 1, 1),
        ("The model that serves", 1, 1, 0, 0),
    ]


@pytest.mark.parametrize(("last", "grown"), [(2, False), (12, True)])
def test_chargebacks_of_a_week_are_told_against_the_weeks_before(monkeypatch, last, grown):
    monkeypatch.setattr(readings, "LEAST_ORDERS", 2)
    monkeypatch.setattr(readings, "LEAST_CHARGEBACKS", 2)
    orders = {days: [screen(days, Decision.ALLOW, 20).order for _ in range(12)] for days in (20, 2)}
    for days, count in ((20, 2), (2, last)):
        for number, order in enumerate(orders[days][:count]):
            Chargeback.objects.create(
                order=order, reference=f"{days}-{number}", amount=20,
                received_at=NOW - timedelta(days=days),
            )  # fmt: skip
    found = {reading.subject: reading for reading in readings.readings()}
    assert found[readings.BACK].value == pytest.approx(last / 12, abs=1e-3)
    assert found[readings.BACK].against == pytest.approx(2 / 12)
    assert found[readings.BACK_GROWN].is_bad is grown
