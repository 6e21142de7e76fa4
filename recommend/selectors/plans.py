"""What a campaign plan promises, and what became of a sent one."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from django.db.models import Sum

from foundation.learning.intervals import Z, mean_interval, share_interval
from recommend.models import CampaignPlan, PlannedCustomer
from shop.models import Coupon, CouponRedemption, Order

POINTS = 20
"""Sizes of audience that are drawn and listed."""


@dataclass(frozen=True)
class Terms:
    """What staff assume: the goods' margin in percent, and dollars for writing to one customer."""

    margin_percent: Decimal = Decimal(25)
    contact_cost: Decimal = Decimal("0.01")


@dataclass(frozen=True)
class Reach:
    """What an audience of ``size`` is expected to bring; ``margin`` in dollars, after costs."""

    size: int
    redemptions: float
    margin: Decimal


@dataclass(frozen=True)
class Forecast:
    """Customers of a plan, the most worthwhile first; arrays of shape (n_customers,)."""

    customers: list[int]
    chances: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    """Expected dollars of writing to each."""

    @property
    def best(self) -> int:
        """The size at which the expected margin is highest; at least one."""
        return max(1, int((self.values > 0).sum()))

    def reach(self, size: int) -> Reach:
        return self._sum(np.arange(len(self.customers)) < size)

    def of(self, customers: set[int]) -> Reach:
        return self._sum(np.array([pk in customers for pk in self.customers], bool))

    def curve(self) -> list[Reach]:
        """Return what audiences from small to everybody bring."""
        sizes = np.unique(np.linspace(0, len(self.customers), POINTS + 1).round().astype(int))[1:]
        return [self.reach(int(size)) for size in sizes]

    def _sum(self, chosen: npt.NDArray[np.bool_]) -> Reach:
        margin = Decimal(f"{self.values[chosen].sum():.2f}")
        return Reach(int(chosen.sum()), round(float(self.chances[chosen].sum()), 1), margin)


def forecast(plan: CampaignPlan, terms: Terms) -> Forecast:
    """Weigh each customer: chance x (usual order x margin - discount) - cost of writing.

    The discount is the mean of the campaign's active coupons. That every redeemed order is counted
    whole flatters the campaign; the control group tells what it really brought.
    """
    rows = PlannedCustomer.objects.filter(plan=plan).order_by("pk")
    told = np.array(list(rows.values_list("customer_id", "chance", "basket")), dtype=float)
    told = told.reshape(-1, 3)
    chances, baskets = told[:, 1], told[:, 2]
    coupons = Coupon.objects.filter(campaign=plan.campaign_id, is_active=True)
    off = [_off(coupon, baskets) for coupon in coupons]
    discount = np.mean(off, axis=0) if off else np.zeros(len(baskets))
    earned = baskets * float(terms.margin_percent) / 100 - discount
    values = chances * earned - float(terms.contact_cost)
    order = np.argsort(-values, kind="stable")
    customers = [int(pk) for pk in told[order, 0]]
    return Forecast(customers, chances[order], values[order])


def _off(coupon: Coupon, baskets: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if coupon.kind == Coupon.Kind.PERCENT:
        return baskets * float(coupon.value) / 100
    return np.minimum(float(coupon.value), baskets)


@dataclass(frozen=True)
class Found:
    """What one group did while the campaign ran. Shares and dollars a customer, with intervals."""

    size: int
    redeemers: int
    rate: float
    rate_interval: tuple[float, float]
    spent: float
    spent_interval: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """Both groups, and dollars a customer that those written to spent more."""

    written: Found
    control: Found
    gain: float
    gain_interval: tuple[float, float]


def outcome(plan: CampaignPlan) -> Outcome | None:
    """Compare those written to with those left alone; None before the plan was sent."""
    if plan.state != CampaignPlan.State.SENT:
        return None
    groups = {
        group: list(
            plan.customers.filter(group=group).values_list("customer_id", flat=True)  # type: ignore[attr-defined]
        )
        for group in (PlannedCustomer.Group.WRITTEN, PlannedCustomer.Group.CONTROL)
    }
    spent = {group: _spent(plan, ids) for group, ids in groups.items()}
    written, control = (
        _found(plan, groups[group], spent[group])
        for group in (PlannedCustomer.Group.WRITTEN, PlannedCustomer.Group.CONTROL)
    )
    ours, theirs = spent.values()
    gain, half = written.spent - control.spent, 0.0
    if len(ours) > 1 and len(theirs) > 1:
        spreads = ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs)
        half = Z * float(np.sqrt(spreads))
    return Outcome(written, control, gain, (gain - half, gain + half))


def _spent(plan: CampaignPlan, ids: list[int]) -> npt.NDArray[np.float64]:
    """Dollars that each customer spent from the sending to the campaign's end."""
    kept = Order.objects.exclude(status=Order.Status.CANCELLED).filter(
        customer__in=ids, placed_at__gte=plan.sent_at, placed_at__date__lte=plan.campaign.ends_on
    )
    sums = dict(kept.order_by().values_list("customer").annotate(n=Sum("total")))
    return np.array([float(sums.get(pk, 0)) for pk in ids])


def _found(plan: CampaignPlan, ids: list[int], spent: npt.NDArray[np.float64]) -> Found:
    used = CouponRedemption.objects.filter(
        coupon__campaign=plan.campaign_id, customer__in=ids, redeemed_at__gte=plan.sent_at
    )
    redeemers = used.order_by().values("customer").distinct().count()
    rate = redeemers / len(ids) if ids else 0.0
    mean = float(spent.mean()) if len(spent) else 0.0
    return Found(
        len(ids), redeemers, rate, share_interval(redeemers, len(ids)), mean, mean_interval(spent)
    )
