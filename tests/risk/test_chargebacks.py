"""Chargebacks come over the API and become labels; who may send them is a permission."""

import pytest
from django.contrib.auth.models import Permission

from risk.models import AuditEntry, Chargeback, Signal
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/risk/chargebacks/"


def sent(of, **changes) -> dict:
    return {"order": of.number, "reference": "CB-1", "amount": "20.00", **changes}


@pytest.fixture
def bank(client):
    """Signed in with the one permission that a chargeback takes."""
    staff = StaffFactory(is_superuser=False)
    allowed = Permission.objects.filter(codename__in=["add_chargeback", "view_chargeback"])
    staff.user_permissions.set(allowed)
    client.force_login(staff)
    return client


def test_a_chargeback_becomes_a_label_once(bank, buy):
    order = buy()
    for _again in range(2):
        answer = bank.post(URL, sent(order), content_type="application/json")
        assert answer.status_code == 201, answer.content
    assert answer.json()["order"] == order.number
    assert Chargeback.objects.count() == AuditEntry.objects.filter(action="chargeback").count() == 1
    assert Signal.objects.get(order=order).fraud is True
    assert bank.get(URL).json()["results"][0]["reference"] == "CB-1"


def test_goods_that_never_arrived_are_no_fraud(bank, buy):
    order = buy()
    bank.post(URL, sent(order, fraud=False), content_type="application/json")
    assert Chargeback.objects.get().fraud is False
    assert Signal.objects.get(order=order).fraud is None


def test_only_whoever_may_sends_one(client, buy):
    order = buy()
    assert client.post(URL, sent(order), content_type="application/json").status_code in (401, 403)
    client.force_login(StaffFactory(is_superuser=False))
    assert client.post(URL, sent(order), content_type="application/json").status_code == 403
    assert not Chargeback.objects.exists()


@pytest.mark.parametrize("changes", [{"order": "nobody's"}, {"amount": "-1"}, {"reference": ""}])
def test_what_names_nothing_is_refused(bank, buy, changes):
    answer = bank.post(URL, sent(buy(), **changes), content_type="application/json")
    assert answer.status_code == 400
