"""Large refunds take two people: whoever asks for one never agrees to it."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from shop.models import Order, Refund, RefundApproval, ReturnRequest, User
from shop.refusals import Refused
from shop.services import refunds, returns
from tests.shop.conftest import charged
from tests.shop.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LIMIT = Decimal("500")
State = RefundApproval.State


def dear(total: str = "1200.00", **values) -> Order:
    order = OrderFactory(subtotal=Decimal(total), total=Decimal(total), **values)
    PaymentFactory(order=order)
    return order


def ask(order: Order, amount: str, by: User, key: str = "one") -> RefundApproval | None:
    return refunds.pay_back(order=order, amount=Decimal(amount), key=key, reason="late", by=by)


deeds = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 2), st.integers(1, 130)),
    st.tuples(st.sampled_from(["agree", "refuse"]), st.integers(0, 2), st.integers(0, 5)),
)


@settings(max_examples=40, deadline=None)
@given(doings=st.lists(deeds, max_size=14))
def test_nobody_pays_back_more_than_the_limit_alone(doings):
    """Whatever three people try, in any order: money beyond the limit has two different names."""
    people, order, alone = StaffFactory.create_batch(3), dear(), Decimal(0)
    for number, (deed, who, what) in enumerate(doings):
        waiting = list(order.refund_approvals.order_by("pk"))
        try:
            if deed == "ask":
                amount = f"{10 * what}.00"
                if ask(order, amount, people[who], key=f"{order.pk}-{number}") is None:
                    alone += Decimal(amount)
            elif what < len(waiting):
                refunds.decide(approval=waiting[what], approve=deed == "agree", by=people[who])
        except Refused:
            continue
    order.refresh_from_db()
    approved = list(order.refund_approvals.filter(state=State.APPROVED))
    assert all(row.decided_by_id != row.requested_by_id for row in approved)
    assert alone <= LIMIT
    assert order.refunded == alone + sum(row.amount for row in approved) <= order.total
    paid = Refund.objects.filter(payment__order=order)
    assert sum(row.amount for row in paid) == order.refunded


def test_the_database_keeps_one_from_agreeing_with_oneself():
    someone = StaffFactory()
    approval = ask(dear(), "900.00", someone)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundApproval.objects.filter(pk=approval.pk).update(
            state=State.APPROVED, decided_by=someone
        )


def test_parts_add_up_to_the_limit():
    order, someone = dear(), StaffFactory()
    assert ask(order, "300.00", someone, "a") is None
    assert ask(order, "300.00", someone, "b").state == State.WAITING
    assert ask(order, "300.00", someone, "b").key == "b"
    with pytest.raises(Refused, match="amount_too_high"):
        ask(order, "700.00", someone, "c")
    order.refresh_from_db()
    assert order.refunded == Decimal("300.00")


def test_a_dear_return_is_received_at_once_and_paid_by_the_second_person():
    order = dear(status=Order.Status.DELIVERED)
    line = OrderLineFactory(order=order, quantity=1, total=Decimal("1200.00"))
    first, second = StaffFactory.create_batch(2)
    request = returns.request_return(order=order, quantities={line.pk: 1}, reason="damaged")
    returns.decide(request=request, approve=True, by=first)
    for _again in range(2):
        request = returns.receive_and_refund(request=request, by=first)
    assert (request.state, charged()) == (ReturnRequest.State.RECEIVED, Decimal("1200.00"))
    refunds.decide(approval=request.refund_approvals.get(), approve=False, by=second)
    request = returns.receive_and_refund(request=request, by=second)
    waiting = request.refund_approvals.get(state=State.WAITING)
    with pytest.raises(Refused, match="own_refund"):
        refunds.decide(approval=waiting, approve=True, by=second)
    for _again in range(2):
        refunds.decide(approval=waiting, approve=True, by=first)
    request.refresh_from_db()
    assert (request.state, charged()) == (ReturnRequest.State.REFUNDED, Decimal(0))


def office(user: User, client) -> None:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def test_staff_ask_on_one_page_and_agree_on_another(client):
    order, (first, second) = dear(), StaffFactory.create_batch(2)
    office(first, client)
    page = reverse("admin:shop_order_refund_order", args=[order.pk])
    values = {"amount": "900.00", "reason": "late", "key": "staff-1"}
    assert "second person" in client.post(page, values, follow=True).content.decode()
    listed = reverse("admin:shop_refundapproval_changelist")
    values = {"action": "approve", "_selected_action": [RefundApproval.objects.get().pk]}
    assert "Somebody else" in client.post(listed, values, follow=True).content.decode()
    assert charged() == Decimal("1200.00")
    office(second, client)
    client.post(listed, values, follow=True)
    assert charged() == Decimal("300.00")


def test_the_same_by_the_api():
    order, client = dear(), APIClient()
    first, second = StaffFactory.create_batch(2)
    client.force_authenticate(first)
    address, values = "/api/v1/refund-approvals/", {"order": order.number, "key": "refund-0001"}
    assert client.post(address, values | {"amount": "20.00"}).status_code == 204
    assert client.post(address, values | {"amount": "20.00"}).status_code == 204
    values["key"] = "refund-0002"
    answer = client.post(address, values | {"amount": "900.00"})
    assert (answer.status_code, answer.data["state"]) == (202, State.WAITING)
    decide = f"{address}{answer.data['id']}/decide/"
    assert client.post(decide, {"approve": True}).status_code == 409
    client.force_authenticate(second)
    assert client.post(decide, {"approve": True}).data["state"] == State.APPROVED
    order.refresh_from_db()
    assert order.refunded == Decimal("920.00")
    assert [row["decided_by"] for row in client.get(address).data["results"]] == [second.email]


@pytest.mark.parametrize("amount", ["-1", "0", "x", "1e9", "NaN", ""])
def test_the_api_pays_no_wrong_amount(amount):
    order, client = dear(), APIClient()
    client.force_authenticate(StaffFactory())
    values = {"order": order.number, "amount": amount, "key": "refund-0001"}
    assert client.post("/api/v1/refund-approvals/", values).status_code in {400, 409}
    assert charged() == Decimal("1200.00")


def test_who_may_agree_may_not_pay_back_any_order():
    agent, client = UserFactory(is_staff=True), APIClient()
    for codename in ("view_refundapproval", "change_refundapproval"):
        agent.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_authenticate(agent)
    values = {"order": dear().number, "amount": "5.00", "key": "refund-0001"}
    assert client.post("/api/v1/refund-approvals/", values).status_code == 403
    assert charged() == Decimal("1200.00")


def test_both_names_are_in_the_audit_log():
    from risk import audit
    from risk.models import AuditEntry

    order, (first, second) = dear(), StaffFactory.create_batch(2)
    refunds.decide(approval=ask(order, "900.00", first), approve=True, by=second)
    rows = AuditEntry.objects.filter(subject=f"order {order.number}").order_by("number")
    assert [(row.action, row.actor) for row in rows] == [
        ("propose_refund", first.email),
        ("approve_refund", second.email),
    ]
    assert audit.first_broken() is None
