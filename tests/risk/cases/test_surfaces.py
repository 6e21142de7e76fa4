"""Where analysts work: administration and API. Nobody else gets in."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from risk.models import Assessment, Case, Freeze
from shop.models import Order
from tests.shop.factories import StaffFactory, UserFactory

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def case(buy, customer) -> Case:
    buy(customer, 3)
    return Case.objects.get()


@pytest.fixture
def staff(client, db):
    user = StaffFactory()
    client.force_login(user, backend=BACKEND)
    client.user = user
    return client


@pytest.fixture
def shopper(client, db):
    client.force_login(UserFactory(), backend=BACKEND)
    return client


def act(client, name: str, *rows) -> int:
    address = reverse(f"admin:risk_{rows[0]._meta.model_name}_changelist")
    body = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(address, body).status_code


@pytest.mark.parametrize("model", ["assessment", "case", "freeze"])
def test_lists_open_and_say_why(staff, case, model):
    Freeze.objects.create(customer=case.assessment.customer, reason="Chargebacks")
    page = staff.get(reverse(f"admin:risk_{model}_changelist"))
    assert page.status_code == 200
    wanted = b"Chargebacks" if model == "freeze" else b"No model could be loaded"
    assert wanted in page.content


def test_a_case_shows_its_order_and_takes_a_note(staff, case):
    address = reverse("admin:risk_case_change", args=[case.pk])
    assert case.assessment.order.number.encode() in staff.get(address).content
    staff.post(address, {"note": "Called them."})
    case.refresh_from_db()
    assert case.note == "Called them."


def test_clearing_from_the_list_releases_the_order(staff, case):
    assert act(staff, "clear", case) == 302
    case.refresh_from_db()
    assert (case.state, case.decided_by) == (Case.State.CLEARED, staff.user)
    assert Order.objects.get().status == Order.Status.PLACED


def test_confirming_and_freezing_stops_the_customer(staff, case):
    assert act(staff, "confirm_and_freeze", case) == 302
    assert Order.objects.get().status == Order.Status.CANCELLED
    freeze = Freeze.objects.get()
    assert (freeze.customer, freeze.frozen_by) == (case.assessment.customer, staff.user)
    assert act(staff, "lift", freeze) == 302
    freeze.refresh_from_db()
    assert (freeze.is_active, freeze.lifted_by) == (False, staff.user)


def test_what_was_thought_cannot_be_changed(staff, case):
    address = reverse("admin:risk_assessment_change", args=[case.assessment.pk])
    assert staff.post(address, {"decision": "allow"}).status_code == 403
    assert staff.get(reverse("admin:risk_assessment_add")).status_code == 403
    delete = reverse("admin:risk_assessment_delete", args=[case.assessment.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert Assessment.objects.get().decision == "review"


def test_the_api_lists_assessments_and_cases(staff, case):
    rows = staff.get("/api/v1/risk/assessments/?decision=review").json()["results"]
    assert [row["id"] for row in rows] == [case.assessment.pk]
    assert rows[0]["reasons"] == ["No model could be loaded, so a person has to look"]
    assert staff.get("/api/v1/risk/assessments/?decision=block").json()["results"] == []
    rows = staff.get("/api/v1/risk/cases/?state=open").json()["results"]
    assert rows[0]["assessment"]["id"] == case.assessment.pk


def test_the_api_decides_a_case(staff, case):
    answer = staff.post(
        f"/api/v1/risk/cases/{case.pk}/decide/",
        {"fraud": True, "note": "Same address as M-1."},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["state"] == "fraud"
    assert Order.objects.get().status == Order.Status.CANCELLED


def test_a_decision_has_to_be_one(staff, case):
    address = f"/api/v1/risk/cases/{case.pk}/decide/"
    assert staff.post(address, {}, content_type="application/json").status_code == 400
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


READ = ["/api/v1/risk/assessments/", "/api/v1/risk/cases/"]


@pytest.mark.parametrize("address", READ)
def test_shoppers_and_guests_read_nothing(case, client, address):
    assert client.get(address).status_code in (401, 403)
    client.force_login(UserFactory(), backend=BACKEND)
    assert client.get(address).status_code == 403


def test_shoppers_decide_nothing(case, shopper):
    address = f"/api/v1/risk/cases/{case.pk}/decide/"
    answer = shopper.post(address, {"fraud": False}, content_type="application/json")
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


def test_who_may_only_look_may_not_decide(case, client):
    reader = StaffFactory(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_case"))
    client.force_login(reader, backend=BACKEND)
    address = f"/api/v1/risk/cases/{case.pk}/decide/"
    answer = client.post(address, {"fraud": False}, content_type="application/json")
    assert answer.status_code == 403
    for action in ("clear", "confirm_fraud", "confirm_and_freeze"):
        act(client, action, case)
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2020-01-01T00:00:00-23:26", 200),
        ("2020-01-01T00:00:00+23:59", 200),
        ("0001-01-01T00:00:00+10:00", 400),
        ("9999-12-31T23:59:59-10:00", 400),
        ("yesterday", 400),
    ],
)
def test_any_moment_can_be_asked_for(staff, case, moment, code):
    answer = staff.get("/api/v1/risk/assessments/", {"at__gte": moment})
    assert answer.status_code == code
    if code == 200:
        assert [row["id"] for row in answer.json()["results"]] == [case.assessment_id]
