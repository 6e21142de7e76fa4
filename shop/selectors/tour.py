"""Whom a visitor of the demo may become: households of the data that show one thing each."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.core.cache import cache
from django.db.models import Avg, Count
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.models import CouponRedemption, Customer, Order, Product
from shop.selectors import catalogue

log = logging.getLogger(__name__)
MINUTES = 15
KEPT_SECONDS = 2

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

    @property
    def everybody(self) -> list[Household]:
        found = (self.loyal, self.newcomer, self.hunter, self.careful)
        return [one for one in found if one]


def live() -> dict:
    """Orders of the last minutes, one figure a minute, and what other apps count.

    Kept for two seconds, so that many who watch cost no more than one.
    """
    key = f"tour:live:{get_language()}"
    shown = cache.get(key)
    if shown is None:
        shown = _live()
        cache.set(key, shown, KEPT_SECONDS)
    return shown


def _live() -> dict:
    now = timezone.now()
    placed = Order.objects.filter(
        placed_at__gt=now - timedelta(minutes=MINUTES), placed_at__lte=now
    )
    minutes = [0] * MINUTES
    for moment in placed.values_list("placed_at", flat=True):
        minutes[MINUTES - 1 - min(MINUTES - 1, int((now - moment).total_seconds() // 60))] += 1
    held = Order.objects.filter(status=Order.Status.ON_HOLD).count()
    figures = [
        {"label": _("Orders in the last minute"), "value": str(minutes[-1])},
        {"label": _("Orders in 15 minutes"), "value": str(sum(minutes))},
        {"label": _("Orders on hold"), "value": str(held)},
    ]
    for path in settings.TOUR_FIGURES:
        try:
            found = import_string(path)()["figures"][:2]
        except Exception:
            log.exception("the tour's figures of %s failed", path)
            continue
        figures += [{"label": str(one["label"]), "value": str(one["value"])} for one in found]
    return {"figures": figures, "minutes": minutes}


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


def beside_advertising() -> Product | None:
    """Something of the shop's own catalogue: its page shows what is advertised beside it."""
    return catalogue.on_sale().filter(source=Product.Source.HAND_WRITTEN).order_by("pk").first()


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
