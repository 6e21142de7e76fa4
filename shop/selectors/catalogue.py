"""What the start page and product pages show."""

from collections import Counter
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.utils import timezone

from shop.models import Coupon, Customer, Product, Review, Variant
from shop.pricing import Offer, offers
from shop.refusals import Refused
from shop.selectors.carts import usable_coupon
from shop.selectors.listing import Card, cards, promoted_products, visible

REVIEWS_A_PAGE = 8


def deals_of_the_week(limit: int = 12) -> list[Card]:
    rows = visible().filter(pk__in=promoted_products(), category__age_gated=False)
    return cards(list(rows.order_by("-recent_units", "pk")[:limit]))


def bestsellers(limit: int = 12) -> list[Card]:
    rows = visible().filter(category__age_gated=False)
    return cards(list(rows.order_by("-recent_units", "-units_sold", "pk")[:limit]))


def new_arrivals(limit: int = 12) -> list[Card]:
    """Some of every hand-written category, so that a shopper sees how wide they are."""
    rows = visible().filter(source=Product.Source.HAND_WRITTEN).order_by("pk")
    seen: Counter[int] = Counter()
    chosen = []
    for product in rows[:400]:
        if seen[product.category_id] < 1:
            seen[product.category_id] += 1
            chosen.append(product)
    return cards(chosen[:limit])


def by_ids(ids: list[int]) -> list[Card]:
    """Cards in the order of ``ids``; what is no longer on sale is left out."""
    found = {row.pk: row for row in visible().filter(pk__in=ids)}
    return cards([found[pk] for pk in ids if pk in found])


@dataclass(frozen=True)
class VariantOffer:
    variant: Variant
    offer: Offer


def variant_offers(product: Product) -> list[VariantOffer]:
    variants = list(product.variants.filter(is_active=True).select_related("product"))
    known = offers(variants)
    return [VariantOffer(variant, known[variant.pk]) for variant in variants]


def coupons_for(product: Product, customer: Customer | None) -> list[Coupon]:
    """Coupons the reader could use on this product today."""
    now = timezone.now()
    running = Coupon.objects.filter(is_active=True, starts_at__lte=now, ends_at__gt=now)
    general = running.filter(variants=None, min_subtotal=0)
    own = running.filter(variants__product=product)
    result = []
    for coupon in (general | own).distinct()[:10]:
        try:
            result.append(usable_coupon(coupon.code, customer))
        except Refused:
            continue
    return result


@dataclass(frozen=True)
class ReviewSummary:
    page: Page
    histogram: list[tuple[int, int, int]]
    """(stars, number, percent), five stars first."""
    count: int


def reviews_of(product: Product, number: int) -> ReviewSummary:
    rows = Review.objects.filter(product=product, state=Review.State.APPROVED)
    counts = Counter(rows.order_by().values_list("rating", flat=True))
    total = sum(counts.values())
    bars = [
        (stars, counts[stars], round(100 * counts[stars] / total) if total else 0)
        for stars in range(5, 0, -1)
    ]
    page = Paginator(rows.select_related("customer"), REVIEWS_A_PAGE).get_page(number)
    return ReviewSummary(page, bars, total)
