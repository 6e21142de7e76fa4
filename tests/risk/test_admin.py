"""What analysts see and do in the admin."""

import json

import pytest

from risk import fraud, staff_rules
from risk.expressions import parse
from risk.models import AuditEntry, Case, Rule
from shop.models import Order
from tests.shop.factories import CustomerFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_case_shows_what_happened_and_who_is_linked(staff, buy, customer):
    other = CustomerFactory()
    buy(customer=other)
    order = buy(customer=customer)
    case = Case.objects.get(assessment__order=order)
    page = staff.get(f"/admin/risk/case/{case.pk}/change/").content.decode()
    assert "<svg" in page
    assert f"#{other.pk}" in page
    assert f"{order.number}: {order.get_status_display()}" in page
    assert f"{order.number}: {order.status}" not in page


def test_the_queue_begins_with_what_could_be_lost(staff, buy):
    small, large = buy(price="5.00"), buy(price="500.00")
    page = staff.get("/admin/risk/case/").content.decode()
    assert page.index(large.number) < page.index(small.number)


def test_a_decision_labels_cancels_and_is_audited(staff, buy):
    order = buy()
    body = {"action": "confirm_and_freeze", "_selected_action": [Case.objects.get().pk]}
    assert staff.post("/admin/risk/case/", body).status_code == 302
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert AuditEntry.objects.filter(action="decide_case").count() == 1
    assert staff.get("/admin/risk/auditentry/").status_code == 200
    assert fraud.Signal.objects.get(order=order).fraud is True


def test_a_rule_is_checked_tried_and_versioned(staff, screened):
    body = {
        "name": "dear",
        "expression": "totl > 3",
        "decision": "review",
        "mode": "shadow",
        "versions-TOTAL_FORMS": 0,
        "versions-INITIAL_FORMS": 0,
    }
    page = staff.post("/admin/risk/rule/add/", body).content.decode()
    assert "Did you mean total" in page
    answer = staff.post("/admin/risk/rule/add/", body | {"expression": "total > 3"}, follow=True)
    assert "it would have stopped 0 of 0 orders" in answer.content.decode()
    assert Rule.objects.get().versions.count() == 1


def test_the_editor_knows_what_a_rule_may_say(staff, screened):
    page = staff.get("/admin/risk/rule/add/")
    box = page.context["adminform"].form.fields["expression"].widget.attrs
    words = {word["name"]: word for word in json.loads(box["data-words"])}
    assert words["total"]["text"] == "total"
    assert words["max_unit_price"]["text"] == "most expensive item"
    assert words["abs"]["call"]
    for name, word in words.items():
        parse(f"{name}(total) > 1" if word["call"] else f"{name} == 1", staff_rules.NAMES)
    assert "js/risk-rule" in page.content.decode()


@pytest.mark.parametrize("name", ["listentry", "chargeback", "alert", "rule", "assessment"])
def test_every_list_opens(staff, name):
    assert staff.get(f"/admin/risk/{name}/").status_code == 200
