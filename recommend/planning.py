"""Planning a campaign: work out whom it would reach, send it to the chosen ones, write to them.

The worker works a plan out and writes the mails; staff choose between. A share of the chosen, drawn
by a seed of the plan, is left alone, so that what the campaign brought can be told from what would
have been bought anyway.
"""

from datetime import timedelta
from decimal import Decimal

import numpy as np
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from foundation import outbox, registry
from foundation.addresses import shop_address
from foundation.queueing import queue
from recommend.audience import read
from recommend.learning.coupons import Spending, features
from recommend.models import CampaignPlan, PlannedCustomer
from recommend.selectors.plans import Terms, forecast
from recommend.serving import COUPONS, redemption_model
from shop.models import Campaign, CampaignTarget, Customer, User
from shop.privacy import consent

BASKET_DAYS = 84
MOST_COUPONS = 20
NO_MODEL, NO_COUPONS, NOBODY = "no_model", "no_coupons", "nobody"
"""Why a plan could not be worked out."""


class PlanRefused(Exception):
    """A plan cannot be sent as it is; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def begin(*, campaign: Campaign, by: User | None) -> CampaignPlan:
    """Make an empty plan and let the worker work it out. One that is waited for is returned."""
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        waiting = campaign.plans.filter(  # type: ignore[attr-defined]
            state=CampaignPlan.State.WAITING, made_at__gt=timezone.now() - timedelta(minutes=10)
        ).first()
        if waiting is not None:
            return waiting
        plan = CampaignPlan.objects.create(campaign=campaign, made_by=by)
        queue("recommend.tasks.work_out_plan", plan.pk)
    return plan


def reachable(campaign: Campaign) -> QuerySet[Customer]:
    """Customers who allow personal offers and have not been sent this campaign yet."""
    sent = CampaignTarget.objects.filter(campaign=campaign).values("customer")
    agreed = consent.granted(consent.ADVERTISING)
    return Customer.objects.filter(agreed, user__is_active=True).exclude(pk__in=sent)


def work_out(*, plan_id: int) -> None:
    """Write each reachable customer's chance and usual order into a waiting plan."""
    plan = CampaignPlan.objects.select_related("campaign").filter(pk=plan_id).first()
    if plan is None or plan.state != CampaignPlan.State.WAITING:
        return None
    model, version = redemption_model(), registry.active_version(COUPONS)
    if model is None:
        return _fail(plan, NO_MODEL)
    if not plan.campaign.coupons.filter(is_active=True).exists():  # type: ignore[attr-defined]
        return _fail(plan, NO_COUPONS)
    data = read()
    ids = np.fromiter(reachable(plan.campaign).values_list("pk", flat=True), np.int64)
    users = np.flatnonzero(np.isin(data.customers, ids))
    if not len(users):
        return _fail(plan, NOBODY)
    columns = features(data.spending, data.campaigns, data.row_of(plan.campaign), users)
    chances = model.predict(columns)
    baskets = _baskets(data.spending, users)
    rows = [
        PlannedCustomer(
            plan=plan,
            customer_id=int(data.customers[user]),
            chance=float(chance),
            basket=Decimal(f"{basket:.2f}"),
        )
        for user, chance, basket in zip(users, chances, baskets, strict=True)
    ]
    with transaction.atomic():
        plan.customers.all().delete()  # type: ignore[attr-defined]
        PlannedCustomer.objects.bulk_create(rows, batch_size=1000)
        plan.state, plan.model = CampaignPlan.State.READY, version
        plan.save(update_fields=["state", "model"])
    return None


def _fail(plan: CampaignPlan, reason: str) -> None:
    plan.state, plan.reason = CampaignPlan.State.FAILED, reason
    plan.save(update_fields=["state", "reason"])


def _baskets(spending: Spending, users: np.ndarray) -> np.ndarray:
    """Mean spending of a day with a purchase over the last weeks, by user; 0 for those without."""
    if not len(spending.days):
        return np.zeros(len(users))
    near = spending.days > spending.days.max() - BASKET_DAYS
    total = np.bincount(spending.users[near], spending.amounts[near], spending.n_users)
    visits = np.unique(np.stack([spending.users[near], spending.days[near]]), axis=1)[0]
    count = np.bincount(visits, minlength=spending.n_users)
    return (total / np.maximum(count, 1))[users]


def send(*, plan: CampaignPlan, size: int, control_percent: int, terms: Terms) -> CampaignPlan:
    """Choose the ``size`` most worthwhile customers, leave the control group, target the others.

    Raises PlanRefused when it is not ready, was sent, the campaign is over or there are fewer.
    """
    with transaction.atomic():
        plan = CampaignPlan.objects.select_for_update().select_related("campaign").get(pk=plan.pk)
        if plan.state != CampaignPlan.State.READY:
            raise PlanRefused("not_ready")
        if plan.campaign.plans.filter(state=CampaignPlan.State.SENT).exists():  # type: ignore[attr-defined]
            raise PlanRefused("sent_already")
        if plan.campaign.ends_on < timezone.localdate():
            raise PlanRefused("over")
        told = forecast(plan, terms)
        if not 0 < size <= len(told.customers) or not 0 <= control_percent <= 50:
            raise PlanRefused("size")
        chosen = told.customers[:size]
        # Who has asked not to be written to since the plan was worked out is not.
        still = set(reachable(plan.campaign).filter(pk__in=chosen).values_list("pk", flat=True))
        chosen = [pk for pk in chosen if pk in still]
        drawn = np.random.default_rng(plan.pk).permutation(len(chosen))
        alone = {chosen[place] for place in drawn[: len(chosen) * control_percent // 100]}
        written = [pk for pk in chosen if pk not in alone]
        plan.customers.filter(customer__in=alone).update(group=PlannedCustomer.Group.CONTROL)  # type: ignore[attr-defined]
        plan.customers.filter(customer__in=written).update(group=PlannedCustomer.Group.WRITTEN)  # type: ignore[attr-defined]
        CampaignTarget.objects.bulk_create(
            [CampaignTarget(campaign=plan.campaign, customer_id=pk) for pk in written],
            batch_size=1000,
            ignore_conflicts=True,
        )
        reached = told.of(set(written))
        plan.expected_redemptions, plan.expected_margin = reached.redemptions, reached.margin
        plan.state, plan.sent_at = CampaignPlan.State.SENT, timezone.now()
        plan.control_percent = control_percent
        plan.save()
        queue("recommend.tasks.mail_campaign", plan.pk)
    return plan


def mail(*, plan_id: int) -> int:
    """Put a letter to each of a sent plan's customers into the outbox, once; return how many."""
    written = PlannedCustomer.objects.filter(plan=plan_id, group=PlannedCustomer.Group.WRITTEN)
    put = 0
    for pk in written.filter(mailed_at=None).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            own = written.filter(pk=pk, mailed_at=None)
            if own.update(mailed_at=timezone.now()):
                outbox.put("recommend.campaign", str(pk), planned_id=pk)
                put += 1
    return put


def letter(*, planned_id: int) -> EmailMultiAlternatives | None:
    """The mail to one customer; nothing when they said no meanwhile or the campaign is over."""
    rows = PlannedCustomer.objects.select_related("customer__user", "plan__campaign")
    row = rows.filter(consent.granted(consent.ADVERTISING, "customer__"), pk=planned_id).first()
    if row is None or row.customer.user is None or not row.customer.user.email:
        return None
    campaign = row.plan.campaign
    if campaign.ends_on < timezone.localdate():
        return None
    with override(row.customer.language):
        subject = str(campaign.name)
        context = {
            "subject": subject,
            "campaign": campaign,
            "coupons": list(campaign.coupons.filter(is_active=True)[:MOST_COUPONS]),
            "site": shop_address(),
        }
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("recommend/email/campaign.txt", context),
            to=[row.customer.user.email],
        )
        html = render_to_string("recommend/email/campaign.html", context)
    message.attach_alternative(html, "text/html")
    return message
