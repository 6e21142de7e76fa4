"""Campaign plans: who is in, that a sent one is sent once, and what the model must beat."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import outbox, registry
from foundation.models import ModelVersion
from recommend import coupon_training, planning
from recommend.models import CampaignPlan, PlannedCustomer
from recommend.selectors.plans import Forecast, Terms, forecast, outcome
from recommend.services import NotEnoughData
from recommend.serving import COUPONS
from shop.models import CampaignTarget, CouponRedemption, Customer
from tests.shop.factories import (
    CampaignFactory,
    CouponFactory,
    CustomerFactory,
    OrderFactory,
    OrderLineFactory,
    StaffFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
PEOPLE = 60


@pytest.fixture
def town():
    """Sixty customers; every third uses coupons, and redeems those for what they buy."""
    variants = [VariantFactory(price=Decimal(10)) for _ in range(6)]
    people = [CustomerFactory() for _ in range(PEOPLE)]
    now = timezone.now()
    for place, person in enumerate(people):
        for week in range(1, 11):
            order = OrderFactory(
                customer=person, placed_at=now - timedelta(weeks=week, hours=place)
            )
            keen = place % 3 == 0
            OrderLineFactory(
                order=order,
                variant=variants[place % 4],
                coupon_discount=Decimal(1) if keen and week % 2 else Decimal(0),
            )
    for number in range(6):
        begins = timezone.localdate() - timedelta(days=65 - 10 * number)
        campaign = CampaignFactory(starts_on=begins, ends_on=begins + timedelta(days=8))
        coupon = CouponFactory(campaign=campaign, targeted_only=True)
        coupon.variants.add(variants[number % 4], variants[(number + 1) % 4])
        for place, person in enumerate(people):
            CampaignTarget.objects.create(campaign=campaign, customer=person)
            if place % 3 == 0 and place % 4 in (number % 4, (number + 1) % 4):
                CouponRedemption.objects.create(
                    coupon=coupon,
                    customer=person,
                    redeemed_at=now - timedelta(days=62 - 10 * number),
                )
    return people, variants


@pytest.fixture
def trained(town, monkeypatch) -> ModelVersion:
    monkeypatch.setattr(coupon_training, "FEWEST_REDEEMERS", 5)
    version = coupon_training.train_coupons(lambda done, total: None)
    assert version == registry.active_version(COUPONS)
    return version


@pytest.fixture
def plan(town, trained) -> CampaignPlan:
    campaign = CampaignFactory()
    coupon = CouponFactory(campaign=campaign, kind="amount", value=Decimal(1))
    coupon.variants.add(town[1][0])
    made = planning.begin(campaign=campaign, by=None)
    planning.work_out(plan_id=made.pk)
    made.refresh_from_db()
    assert made.state == CampaignPlan.State.READY
    return made


def test_the_model_beats_recency_frequency_and_money(trained) -> None:
    found = trained.metrics
    assert found["auc"] > max(found["rfm_auc"], 0.8)
    again = coupon_training.train_coupons(lambda done, total: None)
    assert again == trained, "nothing was sent or redeemed since"


def test_a_shop_without_redemptions_says_so() -> None:
    CampaignFactory()
    with pytest.raises(NotEnoughData):
        coupon_training.train_coupons(lambda done, total: None)


def test_a_plan_ranks_those_who_redeem_first(town, plan) -> None:
    told = forecast(plan, Terms(margin_percent=Decimal(50)))
    # Every third uses coupons, every fourth buys what this one is for.
    keen = {person.pk for person in town[0][::12]}
    assert set(told.customers[: len(keen)]) == keen
    planning.work_out(plan_id=plan.pk)
    assert plan.customers.count() == PEOPLE, "worked out twice, there once"


def test_who_turned_it_off_is_never_written_to(town, plan) -> None:
    terms = Terms(margin_percent=Decimal(50))
    off = Customer.objects.get(pk=forecast(plan, terms).customers[0])
    off.advertising = False
    off.save()
    planning.send(plan=plan, size=20, control_percent=0, terms=terms)
    assert not CampaignTarget.objects.filter(campaign=plan.campaign, customer=off).exists()
    assert planning.mail(plan_id=plan.pk) == 19


def test_a_campaign_is_sent_once_and_each_is_written_to_once(plan) -> None:
    terms = Terms(margin_percent=Decimal(50))
    sent = planning.send(plan=plan, size=30, control_percent=20, terms=terms)
    written = set(
        plan.customers.filter(group=PlannedCustomer.Group.WRITTEN).values_list(
            "customer", flat=True
        )
    )
    targets = CampaignTarget.objects.filter(campaign=plan.campaign)
    assert set(targets.values_list("customer", flat=True)) == written
    assert len(written) == 24
    assert plan.customers.filter(group=PlannedCustomer.Group.CONTROL).count() == 6
    assert 0 < sent.expected_redemptions <= 24
    with pytest.raises(planning.PlanRefused, match="not_ready"):
        planning.send(plan=plan, size=30, control_percent=20, terms=terms)
    other = planning.begin(campaign=plan.campaign, by=None)
    planning.work_out(plan_id=other.pk)
    other.refresh_from_db()
    assert other.customers.count() == PEOPLE - 24, "who has it is not asked again"
    with pytest.raises(planning.PlanRefused, match="sent_already"):
        planning.send(plan=other, size=5, control_percent=0, terms=terms)
    assert planning.mail(plan_id=plan.pk) == 24
    assert planning.mail(plan_id=plan.pk) == 0
    late = Customer.objects.get(pk=min(written))
    late.advertising = False
    late.save()
    outbox.deliver_due()
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 23
    assert late.user.email not in {message.to[0] for message in mail.outbox}


def test_the_control_group_tells_what_the_campaign_brought(plan) -> None:
    planning.send(plan=plan, size=40, control_percent=50, terms=Terms(margin_percent=Decimal(50)))
    plan.refresh_from_db()
    for row in plan.customers.exclude(group=""):
        spent = Decimal(30) if row.group == PlannedCustomer.Group.WRITTEN else Decimal(20)
        OrderFactory(customer=row.customer, total=spent)
    found = outcome(plan)
    assert (found.written.size, found.control.size) == (20, 20)
    assert found.gain == pytest.approx(10)
    assert found.gain_interval[0] <= found.gain <= found.gain_interval[1]


@given(
    chances=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    value=st.floats(-5, 5, allow_nan=False),
)
@settings(max_examples=50, deadline=None)
def test_the_best_size_is_where_the_margin_is_highest(chances, value) -> None:
    values = np.sort(np.array(chances) * value - 0.1)[::-1]
    told = Forecast(list(range(len(chances))), np.array(chances), values)
    margins = [told.reach(size).margin for size in range(1, len(chances) + 1)]
    assert told.reach(told.best).margin == max(margins)


def test_marketing_plans_sends_and_exports_others_may_not(client, plan) -> None:
    page = reverse("admin:recommend_plan", args=[plan.campaign.pk])
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page).status_code == 403
    client.force_login(StaffFactory())
    told = client.get(page)
    assert told.status_code == 200
    wrong = client.post(page, {"send": "1", "size": "0", "control_percent": "99"})
    assert wrong.status_code == 200
    plan.refresh_from_db()
    assert plan.state == CampaignPlan.State.READY
    form = {"size": "10", "control_percent": "10", "margin_percent": "50", "contact_cost": "0.01"}
    lines = client.get(reverse("admin:recommend_plan_export", args=[plan.campaign.pk]))
    assert len(lines.content.decode().splitlines()) == PEOPLE + 1
    client.post(page, {"send": "1", **form})
    plan.refresh_from_db()
    assert plan.state == CampaignPlan.State.SENT
    assert client.get(page).context["outcome"].written.size == 9


def test_without_a_model_the_page_says_what_is_missing(client) -> None:
    campaign = CampaignFactory()
    CouponFactory(campaign=campaign)
    CustomerFactory()
    client.force_login(StaffFactory())
    page = reverse("admin:recommend_plan", args=[campaign.pk])
    client.post(page, {"work_out": "1"})
    planning.work_out(plan_id=campaign.plans.get().pk)
    assert "recommend.coupons" in client.get(page).content.decode()
