"""What analysts see and do in the admin."""

import json

import pytest

from risk import fraud, linked, services, staff_rules
from risk.expressions import parse
from risk.models import AuditEntry, Case, Rule
from shop.models import Cart, Order
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
    large, small = buy(price="500.00"), buy(price="5.00")
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


def test_a_case_shows_the_goods_and_what_the_customer_had_done(staff, buy, customer):
    first = buy(price="30.00", customer=customer)
    Cart.objects.update(is_open=False)
    order = buy(price="45.00", customer=customer)
    case = Case.objects.get(assessment__order=order)
    page = staff.get(f"/admin/risk/case/{case.pk}/change/").content.decode()
    assert f"/admin/shop/order/{order.pk}/change/" in page
    assert f"1 × {order.lines.get().variant.product}" in page
    assert "1 earlier orders since" in page
    assert f"{first.total} dollars" in page
    assert f"/admin/shop/customer/{customer.pk}/change/" in page


def test_who_shares_several_things_is_one_mark_of_the_drawing(buy, customer):
    other = CustomerFactory()
    for _ in range(3):
        buy(customer=other)
        Cart.objects.update(is_open=False)
    order = buy(customer=customer)
    assessment = order.risk_assessments.get()
    links = linked.links_of(assessment)
    assert [link.people for link in links] == [[str(other.pk)]] * 3
    drawing = str(linked.graph(assessment))
    assert drawing.count(f"#{other.pk}<") == 1
    assert drawing.count("<line") == 6


def test_alerts_and_the_log_are_told_in_the_reader_s_language(staff, buy):
    order = buy()
    services.charge_back(order=order, reference="CB-7", amount=order.total, by=None)
    client_page = staff.get("/admin/risk/alert/", headers={"Accept-Language": "zh-hans"})
    assert f"CB-7：订单 {order.number}" in client_page.content.decode()
    log = staff.get("/admin/risk/auditentry/", headers={"Accept-Language": "zh-hans"})
    assert "收到拒付" in log.content.decode()
