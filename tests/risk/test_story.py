"""From a stolen card to a frozen account, an appeal and an unfreeze, page by page."""

import pytest

from risk.models import AuditEntry, Case, Freeze
from shop.models import Cart, Order
from tests.shop.factories import StaffFactory, VariantFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def shopper(client, customer, screened):
    client.force_login(customer.user, backend=BACKEND)
    return client


def test_a_stolen_card_ends_in_a_freeze_and_a_mistake_in_its_end(
    shopper, customer, buy, django_user_model
):
    from django.test import Client

    office = Client()
    office.force_login(StaffFactory(), backend=BACKEND)
    order = buy(customer=customer, price="400.00")
    assert order.status == Order.Status.ON_HOLD
    case = Case.objects.get(assessment__order=order)
    body = {"action": "confirm_and_freeze", "_selected_action": [case.pk]}
    office.post("/admin/risk/case/", body)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED

    # The same session, at once: reading goes on, changing does not.
    variant = VariantFactory()
    assert shopper.get("/orders/").status_code == 200
    answer = shopper.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    assert answer.status_code == 403
    assert not Cart.objects.filter(customer=customer, lines__variant=variant).exists()
    told = shopper.post(
        "/api/v1/cart/lines/",
        {"variant": variant.pk, "quantity": 1},
        content_type="application/json",
    )
    assert told.status_code == 403
    assert told.json()["error"]["code"] == "account_frozen"

    appeal = told.json()["error"]["details"]["appeal_url"]
    assert appeal in answer.content.decode()
    sent = {"contact": "ada@example.com", "message": "It was my own card."}
    assert shopper.post(appeal, sent).status_code == 200
    heard = Case.objects.get(kind=Case.Kind.APPEAL)
    office.post("/admin/risk/case/", {"action": "clear", "_selected_action": [heard.pk]})
    assert not Freeze.objects.filter(customer=customer, is_active=True).exists()
    assert shopper.post("/cart/add/", {"variant": variant.pk, "quantity": 1}).status_code == 302
    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["decide_case", "freeze", "decide_case", "lift"]
