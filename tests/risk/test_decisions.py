"""Deciding a case on its page: one key, two people for much money, everything on record."""

import pytest
from django.test import Client

from risk import audit, services
from risk.models import Assessment, AuditEntry, Case, Freeze
from shop.models import Order
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db


def office() -> Client:
    client = Client()
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(case: Case) -> str:
    return f"/admin/risk/case/{case.pk}/change/"


def test_a_small_order_is_decided_by_one_person_who_comes_to_the_next_case(buy):
    small, other = buy(price="30.00"), buy(price="20.00")
    case = Case.objects.get(assessment__order=small)
    answer = office().post(page(case), {"note": "stolen", "_decide": "confirm_fraud"})
    small.refresh_from_db()
    assert small.status == Order.Status.CANCELLED
    assert answer.url == page(Case.objects.get(assessment__order=other))
    case.refresh_from_db()
    assert case.state == Case.State.FRAUD


def test_much_money_is_paid_back_when_a_second_person_says_so(buy, customer):
    order = buy(price="900.00", customer=customer)
    case, first = Case.objects.get(), office()
    for _again in range(2):
        answer = first.post(page(case), {"note": "", "_decide": "confirm_and_freeze"}, follow=True)
        assert "second person" in answer.content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.ON_HOLD
    assert Freeze.objects.filter(customer=customer, is_active=True).exists()
    office().post(page(case), {"note": "", "_decide": "confirm_fraud"})
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"propose_fraud", "freeze", "decide_case"} <= actions


def test_an_order_is_released_by_one_person_however_dear(buy):
    order = buy(price="900.00")
    services.decide_case(case=Case.objects.get(), fraud=False, by=StaffFactory())
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_whoever_looks_into_a_case_is_written_down(buy):
    buy()
    case, client = Case.objects.get(), office()
    shown = client.get(page(case)).content.decode()
    assert 'data-key="f"' in shown
    entry = AuditEntry.objects.get(action="view_case")
    assert (entry.subject, entry.actor) == (f"case {case.pk}", client_email(client))


def client_email(client: Client) -> str:
    from shop.models import User

    return User.objects.get(pk=client.session["_auth_user_id"]).email


def test_whoever_looks_into_an_assessment_a_freeze_or_a_chargeback_is_written_down(buy, customer):
    order, client = buy(customer=customer), office()
    rows = [
        Assessment.objects.get(),
        services.freeze(customer=customer, reason="test", by=None),
        services.charge_back(order=order, reference="1", amount=order.total, by=None),
    ]
    for row in rows:
        name = row._meta.model_name
        assert client.get(f"/admin/risk/{name}/{row.pk}/change/").status_code == 200
        entry = AuditEntry.objects.get(action=f"view_{name}")
        assert (entry.subject, entry.actor) == (f"{name} {row.pk}", client_email(client))
    assert audit.first_broken() is None


def test_a_case_says_what_each_feature_adds(buy):
    buy()
    case = Case.objects.get()
    data = {"percent": "97", "features": ["coupons", "hour"], "shares": {"coupons": 3, "hour": 1}}
    reasons = [{"code": "likely_fraud", "decision": "review", "data": data}]
    Assessment.objects.filter(pk=case.assessment_id).update(reasons=reasons)
    shown = office().get(page(case)).content.decode()
    assert '<meter max="100" value="75" aria-label="coupons"></meter> 75 % coupons' in shown
    assert '<meter max="100" value="25" aria-label="hour"></meter> 25 % hour' in shown
