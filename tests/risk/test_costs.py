"""Costs that are recomputed from what became of orders."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from foundation.models import ModelVersion
from risk import audit, costs, overview
from risk.learning.decision import BOUNDS, LEAST_OUTCOMES, Costs, recompute
from risk.models import Assessment, AuditEntry, Case, Chargeback, Decision
from shop.models import Order
from tests.shop.factories import OrderFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def decided(state: str, *, status: str = "delivered", kind: str = "review") -> Order:
    order = OrderFactory(total=Decimal(100), status=status)
    seen = Assessment.objects.create(
        order=order, checkout_uuid=uuid4(), decision=Decision.REVIEW, at=NOW
    )
    Case.objects.create(assessment=seen, kind=kind, state=state, decided_at=NOW)
    return order


def taken_back(order: Order, amount: int, *, days: int = 1) -> None:
    Chargeback.objects.create(
        order=order, reference=str(uuid4()), amount=amount, received_at=NOW - timedelta(days=days)
    )


def test_few_outcomes_change_nothing_and_many_stay_within_bounds():
    assert recompute({"review": (9.0, LEAST_OUTCOMES - 1)}) == {}
    assert recompute({"review": (900.0, LEAST_OUTCOMES)}) == {"review": BOUNDS["review"][1]}
    assert recompute({"review_leaves": (0.07, 300)}) == {"review_leaves": 0.07}


def test_assumptions_lie_within_their_bounds():
    for name, (low, high) in BOUNDS.items():
        assert low <= getattr(Costs(), name) <= high


def test_what_came_of_held_orders_is_weighed(screened, settings):
    for _ in range(16):
        decided(Case.State.FRAUD)
    for _ in range(4):
        taken_back(decided(Case.State.CLEARED), 50)
    for number in range(20):
        decided(Case.State.CLEARED, status="cancelled" if number < 2 else "delivered")
    taken_back(OrderFactory(total=Decimal(100)), 5000, days=costs.DAYS + 1)
    version = costs.learn()
    assert costs.learn() == version, "the same outcomes make no new version"
    now = costs.current()
    assert (now.review_catches, now.review_leaves) == (0.8, 0.1)
    assert now.loss_share == Costs().loss_share, "four chargebacks are too few"
    told = {name: row for name, *row in overview.current_costs()}
    assert told["review_catches"] == [0.8, Costs().review_catches, 20]
    settings.RISK_COSTS = {"review_catches": 0.9}
    assert costs.current().review_catches == 0.9


def test_the_part_that_banks_took_and_the_time_of_a_look(screened):
    by = StaffFactory()
    for number in range(LEAST_OUTCOMES):
        taken_back(OrderFactory(total=Decimal(100)), 60)
        audit.record(by=by, action="view_case", subject=f"case {number}")
        audit.record(by=by, action="decide_case", subject=f"case {number}")
    looks = AuditEntry.objects.filter(action="view_case")
    looks.update(at=NOW - timedelta(minutes=4))
    AuditEntry.objects.filter(action="decide_case").update(at=NOW)
    costs.learn()
    now = costs.current()
    assert (now.loss_share, now.review) == (0.6, 2.0)


def test_without_outcomes_the_assumptions_serve(screened):
    costs.learn()
    assert ModelVersion.objects.get(capability=costs.CAPABILITY).status == "active"
    assert costs.current() == Costs()
