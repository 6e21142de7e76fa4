"""What staff can and cannot do to orders, returns, reviews, people and coupons."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from shop.models import Order, Refund, ReturnRequest, Review
from shop.services import returns
from tests.shop.conftest import charged
from tests.shop.factories import (
    CouponFactory,
    CustomerFactory,
    OrderFactory,
    PaymentFactory,
    ReviewFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def paid() -> Order:
    order = OrderFactory(lines=1)
    PaymentFactory(order=order)
    return order


def act(client, model: str, action: str, *rows):
    address = reverse(f"admin:shop_{model}_changelist")
    values = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = client.post(address, values, follow=True)
    seen = answer.context and answer.context.get("seen")
    if not seen:
        return answer
    # The page that shows what would change; tests/admin/test_bulk.py is about it.
    return client.post(address, {**values, "asked": "1", "seen": seen, "apply": "1"}, follow=True)


@pytest.mark.parametrize(
    "model",
    [
        *("order", "returnrequest", "refund", "review", "customer", "user", "campaign", "coupon"),
        *("couponredemption", "plannedpromotion"),
    ],
)
def test_lists_open_and_can_be_searched(staff, model):
    OrderFactory(lines=1)
    ReviewFactory()
    CouponFactory()
    address = reverse(f"admin:shop_{model}_changelist")
    assert staff.get(address).status_code == 200
    assert staff.get(address, {"q": "'; DROP <b>"}).status_code == 200


def test_an_order_opens_with_its_lines_and_offers_no_way_to_change_them(staff, paid):
    address = reverse("admin:shop_order_change", args=[paid.pk])
    page = staff.get(address).content.decode()
    assert paid.lines.get().variant.product.title_en in page
    assert paid.access_token not in page
    staff.post(address, {"total": "0.01", "status": "cancelled", "number": "X"})
    paid.refresh_from_db()
    assert (paid.total, paid.status) == (Decimal("10.00"), "placed")


def test_an_order_cannot_be_deleted(staff, paid):
    address = reverse("admin:shop_order_delete", args=[paid.pk])
    assert staff.post(address, {"post": "yes"}).status_code == 403


def test_stations_one_by_one(staff, paid):
    for action, status in (
        ("mark_shipped", "placed"),
        ("mark_packed", "packed"),
        ("mark_shipped", "shipped"),
        ("mark_delivered", "delivered"),
    ):
        assert act(staff, "order", action, paid).status_code == 200
        paid.refresh_from_db()
        assert paid.status == status


def test_cancelling_many_leaves_those_that_cannot_be(staff, paid):
    late = OrderFactory(status=Order.Status.SHIPPED)
    act(staff, "order", "cancel_orders", paid, late)
    assert charged() == 0
    late.refresh_from_db()
    assert late.status == Order.Status.SHIPPED


def test_a_part_is_paid_back_once(staff, paid):
    address = reverse("admin:shop_order_refund_order", args=[paid.pk])
    form = staff.get(address).context["form"]
    values = {"amount": "4.00", "reason": "late", "key": form["key"].value()}
    for _ in range(2):
        assert staff.post(address, values).status_code == 302
    assert Refund.objects.get().amount == Decimal("4.00")
    assert charged() == Decimal("6.00")


@pytest.mark.parametrize("amount", ["10.01", "-1", "0", "x", "\x00", "1e9", "NaN"])
def test_a_wrong_amount_pays_nothing(staff, paid, amount):
    address = reverse("admin:shop_order_refund_order", args=[paid.pk])
    assert staff.post(address, {"amount": amount, "key": "k"}).status_code == 200
    assert charged() == Decimal("10.00")


def test_returns_are_approved_then_paid(staff, paid):
    Order.objects.update(status=Order.Status.DELIVERED)
    paid.refresh_from_db()
    line = paid.lines.get()
    request = returns.request_return(order=paid, quantities={line.pk: 1}, reason="other")
    act(staff, "returnrequest", "receive", request)
    assert charged() == Decimal("10.00")
    act(staff, "returnrequest", "approve", request)
    act(staff, "returnrequest", "receive", request)
    request.refresh_from_db()
    assert request.state == ReturnRequest.State.REFUNDED
    assert charged() == 0


def test_moderation_brings_the_rating_up_to_date(staff):
    review = ReviewFactory(state=Review.State.PENDING, rating=3)
    act(staff, "review", "approve", review)
    review.product.refresh_from_db()
    assert review.product.rating_mean == 3.0
    act(staff, "review", "reject", review)
    review.product.refresh_from_db()
    assert review.product.rating_count == 0


class TestRights:
    @pytest.fixture
    def clerk(self, client):
        """Staff who may look at orders and change users, and nothing else."""
        user = UserFactory(is_staff=True)
        for codename in ("view_order", "view_user", "change_user"):
            user.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_looking_is_not_changing(self, clerk, paid):
        act(clerk, "order", "cancel_orders", paid)
        address = reverse("admin:shop_order_refund_order", args=[paid.pk])
        assert clerk.post(address, {"amount": "1", "key": "k"}).status_code == 403
        paid.refresh_from_db()
        assert (paid.status, charged()) == ("placed", Decimal("10.00"))

    def test_nobody_raises_a_persons_rights_or_takes_over_a_superuser(self, clerk):
        person, boss = UserFactory(), StaffFactory()
        clerk.post(
            reverse("admin:shop_user_change", args=[person.pk]),
            {"email": person.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"},
        )
        person.refresh_from_db()
        assert not person.is_superuser
        password = reverse("admin:auth_user_password_change", args=[boss.pk])
        assert clerk.get(password).status_code == 403

    def test_shoppers_do_not_get_in(self, client):
        client.force_login(
            CustomerFactory().user, backend="django.contrib.auth.backends.ModelBackend"
        )
        assert client.get(reverse("admin:shop_order_changelist")).status_code == 302
