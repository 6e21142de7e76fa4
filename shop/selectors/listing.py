"""One list of products for departments, categories and searches: facets, sorting, pages.

Everything the facets need of a set of products is read once (four queries, whatever the size);
filtering, counting and sorting then happen in memory. That keeps each count right under the
filters of all other facets, which aggregate queries would need one query per facet for.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.models import Product, Variant
from shop.pricing import offers
from shop.selectors.catalogue import Card, best_offer, cards
from shop.selectors.filters import BANDS, FACETS, OFFERS, RATINGS, SORTS, Filters

PAGE_SIZE = 24
SHOWN_VALUES = 12
LARGE = 1000
"""Products in a set that is worth remembering."""
REMEMBERED = 60
MOST = 10_000
"""Products of which a list reads facets and prices; of a larger set, the first in its order."""

_FIXED: dict[str, tuple[str, ...]] = {
    "price": tuple(BANDS),
    "rating": RATINGS,
    "offer": tuple(OFFERS),
}
"""Facets whose values are known beforehand and are shown in this order."""


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    key: str
    label: str | Promise
    values: list[FacetValue]

    @property
    def open(self) -> bool:
        return self.key in ("category", "price", "offer") or any(v.selected for v in self.values)


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the address of the list without it."""

    label: str
    querystring: str


@dataclass(frozen=True)
class Listing:
    filters: Filters
    cards: list[Card]
    page: Page
    total: int
    facets: list[Facet]
    chips: list[Chip]
    sorts: list[tuple[str, str | Promise, bool]]
    hidden: int
    """Products left out because the shopper has not said to be of age."""
    partial: bool = False
    """The set is larger than ``MOST``: it has products that are not in this list."""

    def page_querystring(self, number: int) -> str:
        return replace(self.filters, page=number).querystring()

    @property
    def previous(self) -> str:
        return self.page_querystring(self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next(self) -> str:
        return self.page_querystring(self.page.number + 1) if self.page.has_next() else ""

    @property
    def pages(self) -> list[tuple[int | str, str]]:
        """Page numbers to offer, with their addresses; a gap is an ellipsis without one."""
        shown = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1)
        return [
            (number, self.page_querystring(number) if isinstance(number, int) else "")
            for number in shown
        ]

    @property
    def clear(self) -> str:
        return self.filters.cleared().querystring()


@dataclass(slots=True)
class _Row:
    """What the facets know of one product."""

    pk: int
    rank: int
    price: Decimal
    values: dict[str, tuple[str, ...]]
    rating: tuple[float, int]
    units: tuple[int, int]
    born: float


def listing(
    products: QuerySet[Product],
    filters: Filters,
    *,
    ranking: Sequence[int] | None = None,
    adult: bool = False,
    with_category: bool = False,
    remember: str = "",
    page_size: int = PAGE_SIZE,
) -> Listing:
    """Filter, count, sort and cut ``products``.

    Parameters
    ----------
    products
        The set: a category's, a department's, or all of them.
    ranking
        Product ids, best first: only these are listed, and "most relevant" is their order.
    adult
        Whether to show what is for adults only.
    with_category
        Whether the categories are a facet, too.
    remember
        A name for the set of products. What the facets need of a large set is then kept for
        ``REMEMBERED`` seconds; the cards themselves are always fresh.
    """
    if ranking is not None:
        products = products.filter(pk__in=ranking)
    default = "relevance" if ranking is not None else "popular"
    sort = filters.sort or default
    if sort == "relevance" and ranking is None:
        sort = "popular"
    reader = _Reader(ranking)
    products = products.order_by(*_FIRST.get(sort, ("pk",)))
    rows, hidden = reader.remembered(
        products, adult=adult, name=f"{remember}:{sort}" if remember else ""
    )
    kept, counts = _apply(rows, filters)
    kept.sort(key=_SORT_KEYS[sort])
    page = Paginator(kept, page_size).get_page(filters.page)
    facets = [
        reader.facet(key, counts[key], filters.picked(key))
        for key in FACETS
        if with_category or key != "category"
    ]
    return Listing(
        filters=replace(filters, page=page.number),
        cards=cards([row.pk for row in page.object_list]),
        page=page,
        total=len(kept),
        facets=[facet for facet in facets if facet.values],
        chips=[
            Chip(reader.label(key, value), filters.without(key, value).querystring())
            for key in FACETS
            for value in filters.picked(key)
        ],
        sorts=[
            (key, label, key == sort)
            for key, label in SORTS.items()
            if key != "relevance" or ranking is not None
        ],
        hidden=hidden,
        partial=ranking is None and len(rows) + hidden >= MOST,
    )


_FIRST: dict[str, tuple[str, ...]] = {
    "popular": ("-recent_units", "-units_sold", "pk"),
    "price": ("min_price", "pk"),
    "-price": ("-min_price", "pk"),
    "rating": ("-rating_mean", "-rating_count", "pk"),
    "new": ("-created_at", "-pk"),
}
"""By what the database takes the first ``MOST`` of a set: prices there are without deals."""

_SORT_KEYS: dict[str, Callable[[_Row], tuple]] = {
    "relevance": lambda row: (row.rank,),
    "popular": lambda row: (-row.units[0], -row.units[1], row.pk),
    "price": lambda row: (row.price, row.pk),
    "-price": lambda row: (-row.price, row.pk),
    "rating": lambda row: (-row.rating[0], -row.rating[1], row.pk),
    "new": lambda row: (-row.born, -row.pk),
}


def _apply(rows: list[_Row], filters: Filters) -> tuple[list[_Row], dict[str, Counter[str]]]:
    """Return the rows that pass and, per facet, the counts under all other facets.

    A row that fails no facet counts everywhere; one that fails a single facet counts there.
    """
    wanted = {facet: set(filters.picked(facet)) for facet in filters.chosen}
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    kept = []
    for row in rows:
        failed = [
            facet for facet, values in wanted.items() if not _passes(facet, values, row.values)
        ]
        if not failed:
            kept.append(row)
        if len(failed) < 2:
            for facet in failed or FACETS:
                counts[facet].update(row.values[facet])
    return kept, counts


def _passes(facet: str, wanted: set[str], values: dict[str, tuple[str, ...]]) -> bool:
    """Values of one facet are alternatives; being in stock and on promotion add up."""
    if facet == "offer":
        return wanted.issubset(values[facet])
    return not wanted.isdisjoint(values[facet])


class _Reader:
    """Reads rows and remembers how their values are called in the reader's language."""

    def __init__(self, ranking: Sequence[int] | None) -> None:
        self.rank = {pk: place for place, pk in enumerate(ranking or ())}
        self.chinese = (get_language() or "en").startswith("zh")
        self.labels: dict[tuple[str, str], str] = {}

    def remembered(
        self, products: QuerySet[Product], *, adult: bool, name: str
    ) -> tuple[list[_Row], int]:
        """The rows, from the cache where a large set with this name was read a moment ago."""
        if not name:
            return self.rows(products, adult=adult)
        key = f"listing:{name}:{'zh' if self.chinese else 'en'}:{'adult' if adult else 'all'}"
        known = cache.get(key)
        if known is None:
            rows, hidden = self.rows(products, adult=adult)
            known = rows, hidden, self.labels
            if len(rows) >= LARGE:
                cache.set(key, known, REMEMBERED)
        rows, hidden, self.labels = known
        return rows, hidden

    def rows(self, products: QuerySet[Product], *, adult: bool) -> tuple[list[_Row], int]:
        fields = products.values_list(
            "pk",
            "brand_en",
            "brand_zh",
            "size_en",
            "size_zh",
            "rating_mean",
            "rating_count",
            "recent_units",
            "units_sold",
            "created_at",
            "category__slug",
            "category__name_en",
            "category__name_zh",
            "category__age_gated",
        )
        found = {row[0]: row for row in fields[: MOST + 1]}
        some = len(found) > MOST
        if some:
            found.popitem()
        hidden = 0
        if not adult:
            allowed = {pk: row for pk, row in found.items() if not row[13]}
            hidden = len(found) - len(allowed)
            found = allowed
        # A subquery costs nothing to send; of a part of the set the keys have to be.
        wanted = list(found) if some else products.order_by().values_list("pk", flat=True)
        variants = Variant.objects.filter(product__in=wanted, is_active=True)
        by_product: dict[int, list[Variant]] = {}
        loaded = variants.only("pk", "product_id", "price", "options")
        # In the brief moment between two reads a product may come or go.
        all_variants = [variant for variant in loaded if variant.product_id in found]
        for variant in all_variants:
            by_product.setdefault(variant.product_id, []).append(variant)
        by_variant = offers(all_variants)
        rows = []
        for pk, mine in by_product.items():
            best = best_offer(by_variant[variant.pk] for variant in mine)
            if best is not None:
                rows.append(self._row(found[pk], mine, best.price, best))
        return rows, hidden

    def _row(self, raw: tuple, variants: list[Variant], price: Decimal, best) -> _Row:
        pk, brand_en, brand_zh, size_en, size_zh, mean, votes, recent, units, born = raw[:10]
        slug, name_en, name_zh = raw[10:13]
        sizes = [self._named("size", size_en, size_zh)] if size_en else []
        for variant in variants:
            size = variant.options.get("size")
            if isinstance(size, dict) and size.get("en"):
                sizes.append(self._named("size", size["en"], size.get("zh", "")))
        offer = [("stock", best.availability.in_stock), ("deal", best.on_promotion)]
        return _Row(
            pk=pk,
            rank=self.rank.get(pk, len(self.rank)),
            price=price,
            values={
                "category": (self._named("category", slug, name_zh, english=name_en),),
                "price": (_band(price),),
                "brand": (self._named("brand", brand_en, brand_zh),) if brand_en else (),
                "size": tuple(dict.fromkeys(sizes)),
                "rating": tuple(stars for stars in RATINGS if (mean or 0) >= int(stars)),
                "offer": tuple(key for key, true in offer if true),
            },
            rating=(mean or 0.0, votes),
            units=(recent, units),
            born=born.timestamp(),
        )

    def _named(self, facet: str, value: str, chinese: str, *, english: str = "") -> str:
        if (facet, value) not in self.labels:
            self.labels[facet, value] = (chinese if self.chinese else "") or english or value
        return value

    def label(self, facet: str, value: str) -> str:
        """A value in the reader's language; one that no product has is shown as it came."""
        if facet == "price" and value in BANDS:
            low, high = BANDS[value]
            if high is None:
                return str(_("$%(low)s and more") % {"low": low})
            if not low:
                return str(_("Under $%(high)s") % {"high": high})
            return f"${low} – ${high}"
        if facet == "rating" and value in RATINGS:
            return str(_("%(stars)s stars and more") % {"stars": value})
        if facet == "offer" and value in OFFERS:
            return str(OFFERS[value])
        return self.labels.get((facet, value), value)

    def facet(self, key: str, counts: Counter[str], picked: tuple[str, ...]) -> Facet:
        """The most frequent values, and those picked whatever their count."""
        fixed = _FIXED.get(key, ())
        if fixed:
            shown = [value for value in fixed if counts[value] or value in picked]
        else:
            often = [value for value, _n in counts.most_common(SHOWN_VALUES)]
            shown = [*often, *(value for value in picked if value not in often)]
            if len(shown) < 2 and not picked:
                shown = []
        values = [
            FacetValue(value, self.label(key, value), counts[value], value in picked)
            for value in shown
        ]
        return Facet(key, FACETS[key], values)


def _band(price: Decimal) -> str:
    for key, (low, high) in BANDS.items():
        if price >= low and (high is None or price < high):
            return key
    return "0-2"
