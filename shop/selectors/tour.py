"""Whom a visitor of the demo may become: households of the data that show one thing each."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count

from shop.models import CouponRedemption, Customer, Product
from shop.selectors import catalogue

MOST_BASKETS = 500
"""A household with more is hardly one household any more."""
KNOWN_ORDERS = 20
"""From here on a household's usual total says something."""


@dataclass(frozen=True)
class Household:
    """One that can sign in. ``mean`` is its usual total, ``coupons`` how many it has redeemed."""

    pk: int
    email: str
    orders: int
    mean: Decimal
    coupons: int


@dataclass(frozen=True)
class Story:
    """``loyal`` has most orders, ``newcomer`` fewest, ``hunter`` redeemed most coupons, and
    ``careful`` spends least at a time. Each is None where no household fits."""

    loyal: Household | None
    newcomer: Household | None
    hunter: Household | None
    careful: Household | None


def story() -> Story:
    """Choose the four; of equals the one that was loaded first."""
    known = _households()
    return Story(
        loyal=max(
            (one for one in known if one.orders < MOST_BASKETS),
            key=lambda one: one.orders,
            default=None,
        ),
        newcomer=min(known, key=lambda one: one.orders, default=None),
        hunter=max(
            (one for one in known if one.coupons), key=lambda one: one.coupons, default=None
        ),
        careful=min(
            (one for one in known if one.orders >= KNOWN_ORDERS),
            key=lambda one: one.mean,
            default=None,
        ),
    )


def dearest() -> Product | None:
    """What costs most: bought by a careful household it is a reason to look twice."""
    return catalogue.on_sale().order_by("-min_price", "pk").first()


def _households() -> list[Household]:
    redeemed = dict(
        CouponRedemption.objects.filter(customer__isnull=False)
        .values_list("customer")
        .annotate(count=Count("pk"))
    )
    rows = (
        Customer.objects.filter(household_key__isnull=False, user__is_active=True)
        .annotate(count=Count("orders"), mean=Avg("orders__total"))
        .filter(count__gt=0)
        .order_by("pk")
        .values_list("pk", "user__email", "count", "mean")
    )
    return [Household(*row, coupons=redeemed.get(row[0], 0)) for row in rows]
