"""The knowledge graph from the shop's rows: what a product is, goes with and can be replaced by."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
from django.db.models import Q
from django.utils.translation import gettext_noop

from foundation import graph
from foundation.graph import Relation, Thing
from foundation.learning.said import Said
from foundation.models import Edge
from foundation.runs import training_run
from recommend.learning import qualities
from recommend.learning.relations import Ranked, complements, incidence, substitutes
from recommend.learning.text import core_name
from recommend.learning.tokens import tokens
from shop.models import Campaign, Category, Coupon, Department, OrderLine, Product
from shop.privacy import consent

CAPABILITY = "recommend.graph"
GOES_WITH, INSTEAD_OF = "goes_with", "instead_of"
PRODUCT, ATTRIBUTE = "product", "attribute"
KINDS = (
    *("is_a", "in_category", "in_department", "of_brand", "in_campaign", "has"),
    *(GOES_WITH, INSTEAD_OF),
)
NEIGHBOURS = 10
BUILT = gettext_noop("%(things)s things, %(relations)s relations")
LEAST_CHANCE = 0.02
"""Weaker relations are noise: two baskets in a hundred."""


def build() -> None:
    """Write the whole graph anew. Raises AlreadyRunning while another build is at work."""
    with training_run(CAPABILITY) as run:
        run.report(0, 3, gettext_noop("products"))
        products = list(Product.objects.select_related("category__department").order_by("pk"))
        things, relations = _catalogue(products)
        run.report(1, 3, gettext_noop("baskets"))
        relations += list(_bought(products))
        run.report(2, 3, gettext_noop("writing"))
        count = graph.replace(things, relations, KINDS)
        run.report(3, 3, Said(BUILT, things=len(things), relations=count))


Weighted = list[tuple[int, float]]
Bought = tuple[int, int, str, float]
"""A relation between two products from what is bought: source, target, kind and weight."""


def bought_with(product_ids: Collection[int]) -> list[Bought]:
    """All relations of products that come from what is bought, in one query."""
    edges = Edge.objects.filter(
        kind__in=(GOES_WITH, INSTEAD_OF),
        source__kind=PRODUCT,
        source__key__in=[str(pk) for pk in product_ids],
    )
    names = ("source__key", "target__key", "kind", "weight")
    return [
        (int(source), int(target), kind, weight)
        for source, target, kind, weight in edges.values_list(*names)
    ]


def related_to(
    product_ids: Collection[int],
    kin: Collection[int] = (),
    edges: Iterable[Bought] | None = None,
) -> tuple[Weighted, Weighted]:
    """Return what goes with the products and what can stand in for one, the strongest first.

    Weights of several products add up. Where nothing is known to go with them, as nobody has
    bought them yet, what goes with their ``kin`` takes its place. One query; none with the
    ``edges`` of all these, and perhaps of others.
    """
    if edges is None:
        edges = bought_with({*product_ids, *kin})
    own: dict[int, float] = defaultdict(float)
    of_kin: dict[int, float] = defaultdict(float)
    instead: dict[int, float] = defaultdict(float)
    for source, target, kind, weight in edges:
        mine = source in product_ids
        if kind == GOES_WITH and (mine or source in kin):
            (own if mine else of_kin)[target] += weight
        elif kind == INSTEAD_OF and mine:
            instead[target] += weight
    beside = own or of_kin
    for pk in product_ids:
        beside.pop(pk, None)
        instead.pop(pk, None)
    return _ranked(beside), _ranked(instead)


def _ranked(weights: dict[int, float]) -> Weighted:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))


def kin_with(product_id: int, quality: str, limit: int) -> list[int]:
    """Products on sale near to one that have a quality, best sold first.

    Of its type before its category before its department, where they have to share a word of
    what they are ("milk"). A product has a quality by an edge to the attribute, or because its
    texts say so; a hyphen counts as a space.
    """
    type_of, category = _members(PRODUCT, str(product_id), ("is_a", "in_category"))
    having = _having(quality)
    said = Q(pk__in=having)
    texts = Q()
    for word in quality.replace("-", " ").split():
        fields = ("title_en", "title_zh", "description_en", "description_zh")
        texts &= reduce(or_, (Q(**{f"{name}__icontains": word}) for name in fields))
    near = (type_of | category) - {product_id}
    rows = Product.objects.filter(said | texts, pk__in=near, is_active=True)
    found = list(rows.order_by("-recent_units", "pk").values_list("pk", flat=True))
    found.sort(key=lambda pk: pk not in type_of)
    if len(found) < limit and having:
        found += _of_department(product_id, having - {product_id} - set(found))
    return found[:limit]


def _members(kind: str, key: str, relations: tuple[str, str]) -> list[set[int]]:
    """Products that share what a thing is related to, for each relation: two steps."""
    wider = Edge.objects.filter(kind__in=relations, source__kind=kind, source__key=key)
    beside = Edge.objects.filter(source__in=wider.values("target"), target__kind=PRODUCT)
    found: dict[str, set[int]] = {name: set() for name in relations}
    for target, relation in beside.values_list("target__key", "kind"):
        if relation in found:
            found[relation].add(int(target))
    return [found[name] for name in relations]


def _having(quality: str) -> set[int]:
    """Products with an edge to an attribute that is called so."""
    keys = qualities.asked_for(quality, qualities.load())
    edges = Edge.objects.filter(
        kind="has", source__kind=ATTRIBUTE, source__key__in=keys, target__kind=PRODUCT
    )
    return {int(key) for key in edges.values_list("target__key", flat=True)}


def _of_department(product_id: int, having: Collection[int]) -> list[int]:
    """Those of the same department that share a word of what they are."""
    rows = Product.objects.select_related("category")
    asked = rows.get(pk=product_id)
    words = _what_it_is(asked)
    same = rows.filter(
        pk__in=having, is_active=True, category__department=asked.category.department_id
    )
    return [row.pk for row in same.order_by("-recent_units", "pk") if words & _what_it_is(row)]


def _what_it_is(product: Product) -> set[str]:
    return set(tokens(core_name(product.title_en, product.brand_en, product.size_en)))


@dataclass(frozen=True)
class Link:
    """The strongest relation from something a shopper knows to what is shown."""

    source: int
    relation: str
    weight: float


def links(
    sources: Collection[int], targets: Collection[int], edges: Iterable[Bought] | None = None
) -> dict[int, Link]:
    """Return, by target, the strongest of what goes with or stands in for a source.

    One query; none with the ``edges`` of all sources. The database is not told the targets: a
    source has few relations, and planners that begin at the targets take long.
    """
    found: dict[int, Link] = {}
    for source, target, kind, weight in bought_with(sources) if edges is None else edges:
        if source == target or target not in targets or source not in sources:
            continue
        best = found.get(target)
        if best is None or weight > best.weight:
            found[target] = Link(source, kind, weight)
    return found


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
    _attributes(products, things, relations)
    return things, relations


def _attributes(products: list[Product], things: list[Thing], relations: list[Relation]) -> None:
    """Qualities that a type has as such, and what is written of products if several share it."""
    known = qualities.load()
    names = {one.key: (one.english[0], one.chinese[0]) for one in known}
    of: dict[str, list[int]] = defaultdict(list)
    for product in products:
        for key in qualities.of_type(product.product_type, known):
            of[key].append(product.pk)
        for row in product.attributes:
            key = f"{row['key']}: {row['value']['en']}"[:160]
            english, chinese = (f"{row['name'][to]}: {row['value'][to]}" for to in ("en", "zh"))
            names[key] = (english, chinese)
            of[key].append(product.pk)
    for key, ids in of.items():
        if len(ids) > 1:
            attribute = (ATTRIBUTE, key)
            things.append(Thing(*attribute, *names[key]))
            for pk in dict.fromkeys(ids):
                relations += _both("has", (PRODUCT, str(pk)), attribute)


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
    agreed = consent.granted(consent.PERSONALISATION, "order__customer__")
    rows = OrderLine.objects.filter(agreed).order_by()
    columns = rows.values_list("order_id", "order__customer_id", "variant__product_id")
    lines = np.array(list(columns.iterator(chunk_size=50_000)), np.int64)
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
