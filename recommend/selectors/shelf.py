"""Which candidates can be shown: on sale, in stock, fit for the reader, not all of one kind."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from shop.models import Customer, Variant
from shop.pricing import Offer, offers_by_product
from shop.services.checkout import is_adult


@dataclass(frozen=True)
class Kind:
    """Where a product belongs, and what its variants cost."""

    category_id: int
    product_type: str
    offers: Sequence[Offer]


Shelf = dict[int, Kind]
"""Products that may be shown, by id."""


def servable(product_ids: Iterable[int], *, adult: bool) -> Shelf:
    """Return which of the products are on sale and in stock now, in two queries.

    Without ``adult`` what is for adults only is left out.
    """
    wanted = set(product_ids)
    if not wanted:
        return {}
    rows = Variant.objects.filter(product__in=wanted, is_active=True, product__is_active=True)
    if not adult:
        rows = rows.filter(product__category__age_gated=False)
    offers, kinds = offers_by_product(rows, "product__category_id", "product__product_type")
    return {
        pk: Kind(category_id, product_type or f"#{pk}", offers[pk])
        for pk, (category_id, product_type) in kinds.items()
        if any(offer.availability.in_stock for offer in offers[pk])
    }


def adult_customer(customer: Customer | None) -> bool:
    return customer is not None and is_adult(customer.birth_date)


def pick(
    ranked: Sequence[tuple[int, float]],
    shelf: Shelf,
    *,
    limit: int,
    taken: Collection[int] = (),
    per_category: int | None = None,
    per_type: int | None = None,
) -> list[tuple[int, float]]:
    """Take the best that may be shown, at most so many of a category and of a type.

    What the limits put aside comes after all, in its order, if there is room left.
    """
    categories: Counter[int] = Counter()
    types: Counter[str] = Counter()
    chosen: list[tuple[int, float]] = []
    aside: list[tuple[int, float]] = []
    for pk, score in ranked:
        kind = shelf.get(pk)
        if kind is None or pk in taken:
            continue
        crowded = (per_category is not None and categories[kind.category_id] >= per_category) or (
            per_type is not None and types[kind.product_type] >= per_type
        )
        if crowded:
            aside.append((pk, score))
            continue
        categories[kind.category_id] += 1
        types[kind.product_type] += 1
        chosen.append((pk, score))
        if len(chosen) == limit:
            return chosen
    return chosen + aside[: limit - len(chosen)]
