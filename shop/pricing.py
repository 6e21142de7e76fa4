"""What a variant costs and whether it can be had: made here and nowhere else.

An :class:`Offer` is one immutable answer for one variant and one moment. Templates, API, cart and
chat ask for it; nobody computes a price again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from shop.models import Deal, Variant

CENT = Decimal("0.01")


def round_money(amount: Decimal) -> Decimal:
    """Round to cents, halves away from zero, as on a receipt."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Availability:
    """How many units can be promised, in all and by sales channel code."""

    total: int
    by_channel: Mapping[str, int] = field(default_factory=dict)

    @property
    def in_stock(self) -> bool:
        return self.total > 0


@dataclass(frozen=True)
class Offer:
    """Price and availability of one variant now. Amounts are dollars per unit."""

    variant_id: int
    list_price: Decimal
    price: Decimal
    deal_ends_at: datetime | None
    availability: Availability

    @property
    def discount(self) -> Decimal:
        return self.list_price - self.price

    @property
    def on_promotion(self) -> bool:
        return self.price < self.list_price

    @property
    def percent_off(self) -> int:
        if not self.on_promotion:
            return 0
        return int((self.discount * 100 / self.list_price).to_integral_value(ROUND_HALF_UP))


AvailabilityProvider = Callable[[list[int]], dict[int, Availability]]


def availability_of(variant_ids: Iterable[int]) -> dict[int, Availability]:
    """Ask the provider named in the settings; a variant it does not know is out of stock."""
    ids = list(variant_ids)
    provider: AvailabilityProvider = import_string(settings.AVAILABILITY_PROVIDER)
    known = provider(ids)
    return {pk: known.get(pk, Availability(0)) for pk in ids}


def offers(variants: Iterable[Variant], *, at: datetime | None = None) -> dict[int, Offer]:
    """Return the offer of each variant, by its id, in a fixed number of queries."""
    variants = list(variants)
    at = at or timezone.now()
    ids = [variant.pk for variant in variants]
    best: dict[int, Deal] = {}
    running = Deal.objects.filter(variant__in=ids, starts_at__lte=at, ends_at__gt=at)
    for candidate in running.order_by("-price"):
        best[candidate.variant_id] = candidate
    stock = availability_of(ids)
    result = {}
    for variant in variants:
        deal = best.get(variant.pk)
        cheaper = deal is not None and deal.price < variant.price
        result[variant.pk] = Offer(
            variant_id=variant.pk,
            list_price=variant.price,
            price=deal.price if deal and cheaper else variant.price,
            deal_ends_at=deal.ends_at if deal and cheaper else None,
            availability=stock[variant.pk],
        )
    return result
