"""What a variant costs and whether it can be had: made here and nowhere else.

An :class:`Offer` is one immutable answer for one variant and one moment. Templates, API, cart and
chat ask for it; nobody computes a price again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

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
    prices = {variant.pk: variant.price for variant in variants}
    deals = Deal.objects.filter(_running(at), variant__in=list(prices))
    return _offers(prices, deals.values_list("variant_id", "price", "ends_at"))


def with_deals(rows: QuerySet[Variant], *, at: datetime | None = None) -> QuerySet[Variant]:
    """Name the deals that run: ``deal_price`` and ``deal_ends_at``, in a row for each of them."""
    return rows.annotate(
        running=FilteredRelation("deals", condition=_running(at, "deals__")),
        deal_price=F("running__price"),
        deal_ends_at=F("running__ends_at"),
    )


def read_offers(rows: QuerySet[Variant]) -> tuple[list[Variant], dict[int, Offer]]:
    """Return the variants and the offer of each now: one query and the availability provider's."""
    read: list[Any] = list(with_deals(rows))
    variants: dict[int, Variant] = {row.pk: row for row in read}
    prices = {pk: row.price for pk, row in variants.items()}
    found = _offers(prices, [(row.pk, row.deal_price, row.deal_ends_at) for row in read])
    return list(variants.values()), found


def offers_by_product(
    rows: QuerySet[Variant], *more: str
) -> tuple[dict[int, list[Offer]], dict[int, tuple]]:
    """Return the offers of the variants by their product's key, without making rows of them.

    The second answer is what the columns named in ``more`` say, by product as well.
    """
    names = ("pk", "product_id", "price", "deal_price", "deal_ends_at", *more)
    read = list(with_deals(rows).values_list(*names))
    prices = {pk: price for pk, _, price, *_ in read}
    said = {product_id: tuple(rest) for _, product_id, _, _, _, *rest in read}
    products = {pk: product_id for pk, product_id, *_ in read}
    found: dict[int, list[Offer]] = {}
    by_variant = _offers(prices, [(pk, deal, ends) for pk, _, _, deal, ends, *_ in read])
    for pk, offer in by_variant.items():
        found.setdefault(products[pk], []).append(offer)
    return found, said


def _running(at: datetime | None, through: str = "") -> Q:
    """Deals at a moment, or now; ``through`` leads to them."""
    at = at or timezone.now()
    return Q(**{f"{through}starts_at__lte": at, f"{through}ends_at__gt": at})


def _offers(
    prices: Mapping[int, Decimal], deals: Iterable[tuple[int, Decimal | None, datetime | None]]
) -> dict[int, Offer]:
    """The offers of the variants whose list prices are given, with the best of their deals.

    The lowest price counts, and of two alike the one that lasts longer; rows without a deal are
    passed over.
    """
    best: dict[int, tuple[Decimal, datetime]] = {}
    for pk, price, ends_at in deals:
        if price is None or ends_at is None or price >= prices[pk]:
            continue
        kept = best.get(pk)
        if kept is None or (price, kept[1]) < (kept[0], ends_at):
            best[pk] = (price, ends_at)
    stock = availability_of(prices)
    result = {}
    for pk, list_price in prices.items():
        reduced, ends = best.get(pk, (list_price, None))
        result[pk] = Offer(pk, list_price, reduced, ends, stock[pk])
    return result
