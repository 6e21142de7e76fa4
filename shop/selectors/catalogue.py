"""What shoppers see of the catalogue: cards for lists, the product page, the start page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from shop.checkout.protocol import PricedLine
from shop.models import Channel, Coupon, Customer, Deal, Product, Variant, WishlistItem
from shop.models.base import ZERO
from shop.pricing import Offer, offers_by_product, read_offers
from shop.privacy import consent
from shop.refusals import Refused
from shop.selectors import kept
from shop.selectors.carts import coupon_shares, has_uses_left, with_uses
from shop.selectors.reviews import Bar, published

REVIEWS_PER_PAGE = 5
RAIL = 12
SHOWN_COUPONS = 3
GOOD_DEAL = Decimal("0.90")
"""A deal is worth showing on the start page from ten per cent off."""


@dataclass(frozen=True)
class Card:
    """A product as lists show it, with the offer of its cheapest variant that can be had."""

    product: Product
    offer: Offer
    variant_count: int
    varied: bool
    """Its variants differ in price, so that the price is a price to start from."""

    @property
    def has_choice(self) -> bool:
        return self.variant_count > 1


@dataclass(frozen=True)
class VariantOffer:
    variant: Variant
    offer: Offer


@dataclass(frozen=True)
class CouponPrice:
    """A coupon that fits a variant. ``price`` is None when one unit does not reach its minimum."""

    coupon: Coupon
    price: Decimal | None


@dataclass(frozen=True)
class ChannelStock:
    channel: Channel
    units: int


@dataclass(frozen=True)
class ProductPage:
    """Everything the product page says about a product, apart from its reviews."""

    product: Product
    choices: list[VariantOffer]
    chosen: VariantOffer | None
    channels: list[ChannelStock]
    coupons: list[CouponPrice]
    seen: list[Card]

    @property
    def varied(self) -> bool:
        """The variants differ in price."""
        return len({choice.offer.price for choice in self.choices}) > 1


@dataclass(frozen=True)
class Reviews:
    page: Page
    total: int
    histogram: list[Bar]


@dataclass(frozen=True)
class Home:
    deals: list[Card]
    bestsellers: list[Card]
    arrivals: list[Card]

    @property
    def still(self) -> list[Product]:
        """Up to nine products to greet with, each of another department where that is enough."""
        turns = zip_longest(self.arrivals, self.bestsellers, self.deals)
        shown = [card.product for turn in turns for card in turn if card]
        firsts: dict[int, Product] = {}
        for product in shown:
            firsts.setdefault(product.category.department_id, product)
        return list(dict.fromkeys([*firsts.values(), *shown]))[:9]


def on_sale() -> QuerySet[Product]:
    """Products that may be shown and bought."""
    return Product.objects.filter(is_active=True)


def best_offer(candidates: Iterable[Offer]) -> Offer | None:
    """The cheapest offer that is in stock, or the cheapest when none is."""
    return min(
        candidates, key=lambda offer: (not offer.availability.in_stock, offer.price), default=None
    )


def cards(product_ids: Sequence[int]) -> list[Card]:
    """Return cards in the order of the ids; a product that is not on sale is left out.

    Two queries plus those of the availability provider, however many products there are.
    """
    products = rows_of(product_ids)
    variants = Variant.objects.filter(product__in=list(products), is_active=True)
    return cards_of(product_ids, products, offers_by_product(variants)[0])


def rows_of(product_ids: Iterable[int]) -> dict[int, Product]:
    """Products by key as cards show them, also those that are on sale no more; one query."""
    wanted = list(product_ids)
    if not wanted:
        return {}
    return Product.objects.select_related("category__department").in_bulk(wanted)


def cards_of(
    product_ids: Iterable[int],
    products: Mapping[int, Product],
    offers: Mapping[int, Sequence[Offer]],
) -> list[Card]:
    """As :func:`cards`, from rows and offers by product that were read before; no query."""
    result = []
    for pk in dict.fromkeys(product_ids):
        found = offers.get(pk, ())
        best = best_offer(found)
        if best is None or pk not in products or not products[pk].is_active:
            continue
        varied = len({offer.price for offer in found}) > 1
        result.append(Card(products[pk], best, len(found), varied))
    return result


def home() -> Home:
    """The start page's lists, without what is for adults only."""
    open_to_all = on_sale().filter(category__age_gated=False)
    deals = _deal_ids()
    best = _spread(
        open_to_all.filter(recent_units__gt=0)
        .exclude(pk__in=deals)
        .order_by("-recent_units", "-units_sold", "pk")
        .values_list("pk", "category_id")[: RAIL * 8],
        per_category=1,
    )
    arrivals = _spread(
        open_to_all.filter(source=Product.Source.HAND_WRITTEN)
        .order_by("pk")
        .values_list("pk", "category_id"),
        per_category=1,
    )
    by_id = {card.product.pk: card for card in cards([*deals, *best, *arrivals])}

    def pick(ids: list[int]) -> list[Card]:
        return [by_id[pk] for pk in ids if pk in by_id]

    return Home(deals=pick(deals), bestsellers=pick(best), arrivals=pick(arrivals))


def _deal_ids() -> list[int]:
    """Products people buy that are clearly reduced now, no category more than twice."""
    now = timezone.now()
    running = (
        Deal.objects.filter(
            starts_at__lte=now,
            ends_at__gt=now,
            price__lte=F("variant__price") * GOOD_DEAL,
            variant__is_active=True,
            variant__product__is_active=True,
            variant__product__category__age_gated=False,
        )
        .order_by("-variant__product__recent_units", "variant__product_id")
        .values_list("variant__product_id", "variant__product__category_id")[: RAIL * 12]
    )
    return _spread(running, per_category=2)


def _spread(rows: Iterable[tuple[int, int]], *, per_category: int) -> list[int]:
    """Take the first ids of (product, category) rows, at most so many of one category."""
    taken: dict[int, int] = {}
    ids: list[int] = []
    for product_id, category_id in rows:
        if product_id in ids or taken.get(category_id, 0) >= per_category:
            continue
        taken[category_id] = taken.get(category_id, 0) + 1
        ids.append(product_id)
        if len(ids) == RAIL:
            break
    return ids


def product_among(
    slug: str, seen: Sequence[int], customer: Customer | None
) -> tuple[Product | None, dict[int, Product]]:
    """Return the product of an address, and those seen before by key; one query.

    The product says in ``is_wished`` whether it is on the customer's wishlist.
    """
    wished = WishlistItem.objects.filter(product=OuterRef("pk"), customer=customer and customer.pk)
    rows = on_sale().select_related("category__department").annotate(is_wished=Exists(wished))
    found: dict[int, Product] = {row.pk: row for row in rows.filter(Q(slug=slug) | Q(pk__in=seen))}
    product = next((row for row in found.values() if row.slug == slug), None)
    return product, found


def product_page(
    product: Product,
    *,
    variant_id: int | None,
    customer: Customer | None,
    seen: Mapping[int, Product] | None = None,
) -> ProductPage:
    """Read a product's variants, stock and coupons; ``variant_id`` is the one to show first.

    ``seen`` are products whose cards the page shows as well: their offers are read along.
    """
    others = {pk: row for pk, row in (seen or {}).items() if pk != product.pk}
    variants, by_variant = read_offers(
        Variant.objects.filter(product__in=[product.pk, *others], is_active=True)
    )
    choices = [
        VariantOffer(variant, by_variant[variant.pk])
        for variant in variants
        if variant.product_id == product.pk
    ]
    by_product: dict[int, list[Offer]] = {}
    for variant in variants:
        by_product.setdefault(variant.product_id, []).append(by_variant[variant.pk])
    best = best_offer(choice.offer for choice in choices)
    chosen = next((choice for choice in choices if choice.variant.pk == variant_id), None)
    if chosen is None and best is not None:
        chosen = next(choice for choice in choices if choice.offer is best)
    return ProductPage(
        product=product,
        choices=choices,
        chosen=chosen,
        channels=_channel_stock(choices),
        coupons=coupon_prices(chosen, customer) if chosen else [],
        seen=cards_of(others, others, by_product),
    )


def _channel_stock(choices: list[VariantOffer]) -> list[ChannelStock]:
    """Units of all variants together, per sales channel, in the channels' own order."""
    units: dict[str, int] = {}
    for choice in choices:
        for code, count in choice.offer.availability.by_channel.items():
            units[code] = units.get(code, 0) + count
    return [
        ChannelStock(channel, units[channel.code])
        for channel in kept.channels()
        if channel.code in units
    ]


def coupon_prices(choice: VariantOffer, customer: Customer | None) -> list[CouponPrice]:
    """Coupons this shopper may use on the variant now, as the cart would count them."""
    now = timezone.now()
    fitting = (
        Coupon.objects.filter(
            Q(variants=choice.variant.pk) | Q(variants=None),
            is_active=True,
            starts_at__lte=now,
            ends_at__gt=now,
        )
        .order_by("-value", "pk")
        .distinct()
    )
    if customer is not None and consent.customer_allows(customer, consent.ADVERTISING):
        fitting = fitting.filter(Q(targeted_only=False) | Q(campaign__customers=customer.pk))
    else:
        fitting = fitting.filter(targeted_only=False)
    offer = choice.offer
    line = PricedLine(choice.variant, 1, offer.list_price, offer.discount, ZERO, offer.price)
    result = []
    for coupon in with_uses(fitting, customer)[:SHOWN_COUPONS]:
        if not has_uses_left(coupon):
            continue
        try:
            cut = coupon_shares(coupon, [line], [ZERO], wanted={choice.variant.pk})[0]
            price: Decimal | None = offer.price - cut
        except Refused:
            price = None
        result.append(CouponPrice(coupon, price))
    return result


def reviews(product: Product, *, page: int = 1) -> Reviews:
    """Published reviews, newest first, and how many gave one to five stars."""
    bars = kept.bars(product)
    total = sum(bar.count for bar in bars)
    rows = published(product, photos=any(bar.photos for bar in bars))
    pages = Paginator(rows.order_by("-created_at", "-pk"), REVIEWS_PER_PAGE)
    pages.count = total
    return Reviews(page=pages.get_page(page), total=total, histogram=bars)
