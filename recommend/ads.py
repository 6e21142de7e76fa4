"""Advertising slots: which advertisement comes where, within consent, limits and budgets.

Who allows personal offers is shown what fits the own purchases, each campaign at most
``daily_cap`` times a day. All others are shown what fits the page they are on, which needs to know
nothing of them, and nothing where the page says nothing. No count is kept of people who did not
agree to one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recommend import graph
from recommend.history import forgotten
from recommend.models import AdCampaign, AdCreative, AdExposure
from recommend.selectors import shoppers
from recommend.selectors.shelf import adult_customer, servable
from recommend.serving import purchase_model
from shop.models import Customer, Event, Product
from shop.privacy import consent
from shop.selectors import kept
from shop.selectors.catalogue import best_offer

SLOTS = ("home", "product")
LIVE = "recommend-ads-live"
"""Under this key it is kept whether there is anything to show at all."""
SURFACE = "ad-"
"""Begins the surface of every event about an advertisement."""
MOST_CREATIVES = 500
SAME_CATEGORY = 1.0
"""Beside this, what goes with the page's product weighs at most 1."""


@dataclass(frozen=True)
class Ad:
    """An advertisement that was counted; ``personal`` when own purchases chose it."""

    creative: AdCreative
    personal: bool
    price: Decimal | None = None

    @property
    def why(self) -> str | Promise:
        if self.personal:
            return _("Chosen by what you bought, as you allowed personal offers.")
        return _("Chosen by the product on this page, not by anything about you.")


def serve(
    slot: str,
    *,
    customer: Customer | None,
    product: Product | None = None,
    taken: Sequence[int] = (),
) -> Ad | None:
    """Choose an advertisement, count it against budget and limit, and return it; or None.

    ``taken`` are products it must not be, as they are in the cart. Of many requests for the last
    impression, the database lets one have it. Raises ValueError for an unknown slot.
    """
    if slot not in SLOTS:
        raise ValueError(f"Unknown slot {slot!r}; there are {', '.join(SLOTS)}.")
    known = customer if consent.customer_allows(customer, consent.ADVERTISING) else None
    if known is None and product is None:
        return None
    if kept.keep(LIVE, lambda: "yes" if _running().exists() else "no") == "no":
        return None
    creatives = _live({*taken, product.pk} if product else set(taken), known)
    shelf = servable(
        (creative.product_id for creative in creatives), adult=adult_customer(customer)
    )
    creatives = [creative for creative in creatives if creative.product_id in shelf]
    if not creatives:
        return None
    ways = [(True, _by_purchases(creatives, known))] if known else []
    ways.append((False, _by_page(creatives, product)))
    for personal, scores in ways:
        for creative in sorted(
            (creative for creative in creatives if scores.get(creative.pk, 0.0) > 0),
            # Of what fits alike, the campaign that lies behind most.
            key=lambda one: (-scores[one.pk], one.campaign.served / one.campaign.budget, one.pk),
        ):
            if _take(creative.campaign, known):
                offer = best_offer(shelf[creative.product_id].offers)
                return Ad(creative, personal, offer.price if offer else None)
    return None


def _running() -> QuerySet[AdCreative]:
    today = timezone.localdate()
    return AdCreative.objects.filter(
        campaign__is_active=True,
        campaign__starts_on__lte=today,
        campaign__ends_on__gte=today,
        campaign__served__lt=F("campaign__budget"),
    )


def _live(without: set[int], customer: Customer | None) -> list[AdCreative]:
    rows = _running().exclude(product__in=without)
    if customer is not None:
        seen = AdExposure.objects.filter(
            customer=customer, day=timezone.localdate(), times__gte=F("campaign__daily_cap")
        )
        rows = rows.exclude(campaign__in=seen.values("campaign"))
    return list(
        rows.select_related("campaign", "product__category").order_by("pk")[:MOST_CREATIVES]
    )


def _by_purchases(creatives: list[AdCreative], customer: Customer) -> dict[int, float]:
    """Score by what is expected of the household, and by how much it buys of the category.

    The second also speaks for products that nobody has bought yet.
    """
    without = forgotten(customer, "")
    bought = shoppers.purchases(customer, without, purpose=consent.ADVERTISING)
    if not bought:
        return {}
    times = Counter(pk for pk, _day in bought)
    kinds = dict(Product.objects.filter(pk__in=times).values_list("pk", "category_id"))
    shares: Counter[int] = Counter()
    for pk, count in times.items():
        if pk in kinds:
            shares[kinds[pk]] += count
    total = sum(shares.values()) or 1
    scores = {one.pk: shares[one.product.category_id] / total for one in creatives}
    model = purchase_model()
    if model is not None:
        decayed, counts = model.history(bought)
        expected = np.maximum(model.repeat(decayed, counts), 0.0)
        highest = max(float(expected.max(initial=0.0)), 1e-9)
        for one in creatives:
            row = model.rows.get(one.product_id)
            if row is not None:
                scores[one.pk] += float(expected[row]) / highest
    return scores


def _by_page(creatives: list[AdCreative], product: Product | None) -> dict[int, float]:
    """Score by what the page is about: what goes with its product, and what is of its category."""
    if product is None:
        return {}
    beside, _instead = graph.related_to([product.pk])
    highest = max((weight for _pk, weight in beside), default=1.0)
    weights = {pk: weight / highest for pk, weight in beside if weight > 0}
    return {
        one.pk: SAME_CATEGORY * (one.product.category_id == product.category_id)
        + weights.get(one.product_id, 0.0)
        for one in creatives
    }


class _Refused(Exception):
    """Budget or limit were used up by another request meanwhile."""


def _take(campaign: AdCampaign, customer: Customer | None) -> bool:
    """Count one impression; False when the budget is spent or the customer's day is full."""
    try:
        with transaction.atomic():
            if customer is not None:
                mine = {
                    "customer": customer,
                    "campaign": campaign,
                    "day": timezone.localdate(),
                }
                AdExposure.objects.bulk_create([AdExposure(**mine)], ignore_conflicts=True)
                free = AdExposure.objects.filter(**mine, times__lt=campaign.daily_cap)
                if not free.update(times=F("times") + 1):
                    raise _Refused
            left = AdCampaign.objects.filter(pk=campaign.pk, served__lt=F("budget"))
            if not left.update(served=F("served") + 1):
                raise _Refused
    except _Refused:
        return False
    return True


def event_data(creative: AdCreative, **more: object) -> dict[str, object]:
    """What an event about an advertisement carries."""
    return {"campaign": creative.campaign_id, "creative": creative.pk, **more}


def clicks(campaigns: QuerySet[AdCampaign] | Sequence[AdCampaign]) -> dict[int, int]:
    """Return how often each campaign's advertisements were clicked, by its key, from the events."""
    rows = (
        Event.objects.filter(
            kind=Event.Kind.CLICK,
            surface__startswith=SURFACE,
            data__campaign__in=[one.pk for one in campaigns],
        )
        .order_by()
        .values_list("data__campaign")
        .annotate(count=Count("pk"))
    )
    return {int(campaign): count for campaign, count in rows}
