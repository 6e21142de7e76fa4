"""The knowledge graph from the shop's rows: what a product is, goes with and can be replaced by."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from foundation import graph
from foundation.graph import Relation, Thing
from foundation.runs import training_run
from recommend.learning.relations import Ranked, complements, incidence, substitutes
from recommend.learning.text import core_name
from shop.models import Campaign, Category, Coupon, Department, OrderLine, Product

CAPABILITY = "recommend.graph"
GOES_WITH, INSTEAD_OF = "goes_with", "instead_of"
KINDS = (
    *("is_a", "in_category", "in_department", "of_brand", "in_campaign"),
    *(GOES_WITH, INSTEAD_OF),
)
NEIGHBOURS = 10
LEAST_CHANCE = 0.02
"""Weaker relations are noise: two baskets in a hundred."""


def build() -> None:
    """Write the whole graph anew. Raises AlreadyRunning while another build is at work."""
    with training_run(CAPABILITY) as run:
        run.report(0, 3, "products")
        products = list(Product.objects.select_related("category__department").order_by("pk"))
        things, relations = _catalogue(products)
        run.report(1, 3, "baskets")
        relations += list(_bought(products))
        run.report(2, 3, "writing")
        count = graph.replace(things, relations, KINDS)
        run.report(3, 3, f"{len(things)} things, {count} relations")


def complements_of(product_id: int, limit: int = 10) -> list[int]:
    """Products that go with one, the strongest first."""
    found = graph.neighbours("product", str(product_id), [GOES_WITH], limit)
    return [int(item.key) for item in found]


def substitutes_for(product_id: int, limit: int = 10) -> list[int]:
    """Products that can stand in for one, the strongest first."""
    found = graph.neighbours("product", str(product_id), [INSTEAD_OF], limit)
    return [int(item.key) for item in found]


def _catalogue(products: list[Product]) -> tuple[list[Thing], list[Relation]]:
    things = [
        Thing("department", row.slug, row.name_en, row.name_zh) for row in Department.objects.all()
    ]
    relations = []
    for category in Category.objects.select_related("department"):
        things.append(Thing("category", category.slug, category.name_en, category.name_zh))
        relations += _both("in_department", ("category", category.slug), _department(category))
    for product in products:
        own = ("product", str(product.pk))
        things.append(Thing(*own, product.title_en, product.title_zh))
        relations += _both("in_category", own, ("category", product.category.slug))
        if product.product_type:
            kind = ("type", _type_key(product))
            names = (
                core_name(product.title_en, product.brand_en, product.size_en),
                core_name(product.title_zh, product.brand_zh, product.size_zh),
            )
            things.append(Thing(*kind, *names))
            relations += _both("is_a", own, kind)
        if product.brand_en:
            brand = ("brand", product.brand_en)
            things.append(Thing(*brand, product.brand_en, product.brand_zh))
            relations += _both("of_brand", own, brand)
    _campaigns(things, relations)
    return things, relations


def _campaigns(things: list[Thing], relations: list[Relation]) -> None:
    for campaign in Campaign.objects.all():
        things.append(Thing("campaign", str(campaign.pk), campaign.name_en, campaign.name_zh))
    pairs = Coupon.objects.values_list("variants__product_id", "campaign_id").distinct()
    for product, key in pairs:
        if product and key:
            own, theirs = ("product", str(product)), ("campaign", str(key))
            relations += _both("in_campaign", own, theirs)


def _both(kind: str, left: tuple[str, str], right: tuple[str, str]) -> list[Relation]:
    """A relation that is read from both ends; from the wide end it counts little."""
    return [Relation(kind, left, right, 1.0), Relation(kind, right, left, 0.01)]


def _department(category: Category) -> tuple[str, str]:
    return "department", category.department.slug


def _type_key(product: Product) -> str:
    return f"{product.category.slug}/{product.product_type}"


def _bought(products: list[Product]) -> Iterator[Relation]:
    """Complements from baskets, substitutes from what households buy at different times."""
    rows = OrderLine.objects.order_by().values_list(
        "order_id", "order__customer_id", "variant__product_id"
    )
    lines = np.array([row for row in rows.iterator(chunk_size=50_000) if row[1]], np.int64)
    if not len(lines):
        return
    ids = np.array([product.pk for product in products])
    items = np.searchsorted(ids, lines[:, 2]).astype(np.int32)
    keys = [_type_key(row) if row.product_type else f"#{row.pk}" for row in products]
    _, types = np.unique(keys, return_inverse=True)
    for column, kind, rank in ((0, GOES_WITH, complements), (1, INSTEAD_OF, substitutes)):
        groups, place = np.unique(lines[:, column], return_inverse=True)
        matrix = incidence(place, items, len(groups), len(ids))
        yield from _relations(kind, ids, rank(matrix, types.astype(np.int32), NEIGHBOURS))


def _relations(kind: str, ids: npt.NDArray[np.int64], ranked: Ranked) -> Iterator[Relation]:
    for row, pk in enumerate(ids):
        for other, chance in zip(ranked.items[row], ranked.scores[row], strict=True):
            if other >= 0 and chance >= LEAST_CHANCE:
                own, theirs = ("product", str(pk)), ("product", str(ids[other]))
                yield Relation(kind, own, theirs, round(float(chance), 4))
