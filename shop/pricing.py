"""What a variant costs and whether it can be had: made here and nowhere else.

An :class:`Offer` is one immutable answer for one variant and one moment. Templates, API, cart and
chat ask for it; nobody computes a price again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db.models import F, FilteredRelation, Q, QuerySet
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
        reduced = (deal.price, deal.ends_at) if deal else None
        result[variant.pk] = _offer(variant.pk, variant.price, reduced, stock[variant.pk])
    return result


def _offer(
    variant_id: int,
    price: Decimal,
    deal: tuple[Decimal, datetime] | None,
    availability: Availability,
) -> Offer:
    if deal is not None and deal[0] >= price:
        deal = None
    return Offer(
        variant_id, price, deal[0] if deal else price, deal[1] if deal else None, availability
    )


def with_deals(rows: QuerySet[Variant], *, at: datetime | None = None) -> QuerySet[Variant]:
    """Name the deals that run: ``deal_price`` and ``deal_ends_at``, in a row for each of them."""
    at = at or timezone.now()
    running = Q(deals__starts_at__lte=at, deals__ends_at__gt=at)
    return rows.annotate(
        running=FilteredRelation("deals", condition=running),
        deal_price=F("running__price"),
        deal_ends_at=F("running__ends_at"),
    )


def read_offers(rows: QuerySet[Variant]) -> tuple[list[Variant], dict[int, Offer]]:
    """Return the variants and the offer of each now: one query and the availability provider's."""
    variants: dict[int, Variant] = {}
    for row in with_deals(rows):
        kept = variants.setdefault(row.pk, row)
        if row.deal_price is not None and row.deal_price < kept.deal_price:  # type: ignore[attr-defined]
            variants[row.pk] = row
    stock = availability_of(variants)
    return list(variants.values()), {
        pk: _offer(pk, row.price, _deal(row.deal_price, row.deal_ends_at), stock[pk])  # type: ignore[attr-defined]
        for pk, row in variants.items()
    }


def _deal(price: Decimal | None, ends_at: datetime | None) -> tuple[Decimal, datetime] | None:
    return None if price is None or ends_at is None else (price, ends_at)


def offers_by_product(
    rows: QuerySet[Variant], *more: str
) -> tuple[dict[int, list[Offer]], dict[int, tuple]]:
    """Return the offers of the variants by their product's key, without making rows of them.

    The second answer is what the columns named in ``more`` say, by product as well.
    """
    prices: dict[int, Decimal] = {}
    products: dict[int, int] = {}
    said: dict[int, tuple] = {}
    deals: dict[int, tuple[Decimal, datetime]] = {}
    names = ("pk", "product_id", "price", "deal_price", "deal_ends_at", *more)
    for pk, product_id, price, deal_price, ends_at, *rest in with_deals(rows).values_list(*names):
        prices[pk], products[pk], said[product_id] = price, product_id, tuple(rest)
        deal = _deal(deal_price, ends_at)
        if deal is not None:
            deals[pk] = min(deal, deals.get(pk, deal))
    stock = availability_of(prices)
    found: dict[int, list[Offer]] = {}
    for pk, price in prices.items():
        found.setdefault(products[pk], []).append(_offer(pk, price, deals.get(pk), stock[pk]))
    return found, said
