"""What a customer wishes for, with today's offers."""

from dataclasses import dataclass

from shop.models import Customer, Product, Variant, WishlistItem
from shop.pricing import Offer, offers


@dataclass(frozen=True)
class Wish:
    """A product on the list and the first of its variants that is on sale, if any."""

    item: WishlistItem
    product: Product
    variant: Variant | None
    offer: Offer | None


def wishes(customer: Customer) -> list[Wish]:
    items = list(
        customer.wishlist.select_related("product__category")
        .prefetch_related("product__variants")
        .order_by("-added_at")
    )
    chosen = {item.pk: _first_on_sale(item.product) for item in items}
    priced = offers([variant for variant in chosen.values() if variant])
    return [
        Wish(item, item.product, variant, priced[variant.pk] if variant else None)
        for item in items
        for variant in [chosen[item.pk]]
    ]


def _first_on_sale(product: Product) -> Variant | None:
    if not product.is_active:
        return None
    return next((variant for variant in product.variants.all() if variant.is_active), None)


def on_wishlist(customer: Customer, product_ids: list[int]) -> set[int]:
    """Which of these products the customer wishes for."""
    return set(
        customer.wishlist.filter(product__in=product_ids).values_list("product_id", flat=True)
    )
