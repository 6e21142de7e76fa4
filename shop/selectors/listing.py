"""A filtered, sorted, counted page of products: departments, categories and search use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.models import Product, Variant
from shop.pricing import Offer, availability_of, offers

PAGE_SIZE = 24
FACET_VALUES = 12
SORTS: dict[str, tuple[Promise, list[str]]] = {
    "popular": (_("Most bought"), ["-recent_units", "-units_sold", "pk"]),
    "price": (_("Price, low to high"), ["min_price", "pk"]),
    "-price": (_("Price, high to low"), ["-min_price", "pk"]),
    "rating": (_("Best rated"), ["-rating_mean", "-rating_count", "pk"]),
    "new": (_("Newest"), ["-created_at", "-pk"]),
}
BANDS = (
    ("0-3", Decimal(0), Decimal(3)),
    ("3-6", Decimal(3), Decimal(6)),
    ("6-15", Decimal(6), Decimal(15)),
    ("15-50", Decimal(15), Decimal(50)),
    ("50-", Decimal(50), Decimal(100_000)),
)


@dataclass(frozen=True)
class Filters:
    """What a reader asked for; unknown values are ignored, as an old link should still open."""

    bands: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    rating: int = 0
    in_stock: bool = False
    on_promotion: bool = False
    sort: str = ""
    page: int = 1

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Filters":
        def values(name: str) -> frozenset[str]:
            found = query.getlist(name) if hasattr(query, "getlist") else []
            return frozenset(value.replace("\x00", "")[:80] for value in found[:20])

        def number(name: str, most: int) -> int:
            text = query.get(name, "")
            return min(int(text), most) if text.isascii() and text.isdigit() else 0

        sort = query.get("sort", "")
        return cls(
            bands=values("price") & {band[0] for band in BANDS},
            brands=values("brand"),
            sizes=values("size"),
            rating=min(number("rating", 5), 5),
            in_stock=query.get("stock") == "1",
            on_promotion=query.get("promotion") == "1",
            sort=sort if sort in SORTS else "",
            page=max(1, number("page", 10_000)),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as query parameters, without page and sort."""
        result = [("price", value) for value in sorted(self.bands)]
        result += [("brand", value) for value in sorted(self.brands)]
        result += [("size", value) for value in sorted(self.sizes)]
        if self.rating:
            result.append(("rating", str(self.rating)))
        if self.in_stock:
            result.append(("stock", "1"))
        if self.on_promotion:
            result.append(("promotion", "1"))
        return result


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its label, how many products have it, whether it is chosen."""

    name: str
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Card:
    """A product as lists show it, with the offer of its cheapest variant."""

    product: Product
    offer: Offer | None


@dataclass(frozen=True)
class Listing:
    page: Page
    cards: list[Card]
    facets: dict[str, list[Choice]]
    filters: Filters
    total: int
    query: str

    @property
    def sorts(self) -> list[tuple[str, Promise]]:
        return [(code, label) for code, (label, _order) in SORTS.items()]

    @property
    def chosen(self) -> list[tuple[Choice, str]]:
        """Active filters, each with the query string that takes it away."""
        active = [c for choices in self.facets.values() for c in choices if c.chosen]
        return [(choice, self._without(choice)) for choice in active]

    def _without(self, choice: Choice) -> str:
        pairs = [pair for pair in self.filters.pairs() if pair != (choice.name, choice.value)]
        return self._encode(pairs)

    def _encode(self, pairs: list[tuple[str, str]]) -> str:
        extra = [("q", self.query)] if self.query else []
        if self.filters.sort:
            extra.append(("sort", self.filters.sort))
        return urlencode([*extra, *pairs])

    @property
    def base_query(self) -> str:
        """Query string of this listing without its page number."""
        return self._encode(self.filters.pairs())


def visible() -> QuerySet[Product]:
    return Product.objects.filter(is_active=True).select_related("category__department")


def listing(
    products: QuerySet[Product],
    filters: Filters,
    *,
    query: str = "",
    ranked: Sequence[int] | None = None,
) -> Listing:
    """Filter, count, sort and page ``products``. ``ranked`` ids give search its own order."""
    language_zh = _reads_chinese()
    facets = _facets(products, filters, language_zh)
    matching = products.filter(_conditions(filters))
    matching = matching.order_by(*_order(filters, ranked))
    paginator = Paginator(matching, PAGE_SIZE)
    page = paginator.get_page(filters.page)
    return Listing(
        page=page,
        cards=cards(list(page.object_list)),
        facets=facets,
        filters=filters,
        total=paginator.count,
        query=query,
    )


def _reads_chinese() -> bool:
    return (get_language() or "en").startswith("zh")


def _order(filters: Filters, ranked: Sequence[int] | None) -> list:
    if filters.sort or ranked is None:
        return SORTS[filters.sort or "popular"][1]
    places = [When(pk=pk, then=Value(place)) for place, pk in enumerate(ranked)]
    return [Case(*places, default=Value(len(places)), output_field=IntegerField())]


def _conditions(filters: Filters, *, without: str = "") -> Q:
    """All filters but one facet's own, so that its other values can be counted."""
    condition = Q()
    if filters.bands and without != "price":
        bands = Q()
        for code, low, high in BANDS:
            if code in filters.bands:
                bands |= Q(min_price__gte=low, min_price__lt=high)
        condition &= bands
    if filters.brands and without != "brand":
        condition &= Q(brand_en__in=filters.brands)
    if filters.sizes and without != "size":
        condition &= Q(size_en__in=filters.sizes)
    if filters.rating and without != "rating":
        condition &= Q(rating_mean__gte=filters.rating)
    if filters.in_stock and without != "stock":
        condition &= Q(pk__in=in_stock_products())
    if filters.on_promotion and without != "promotion":
        condition &= Q(pk__in=promoted_products())
    return condition


def promoted_products() -> QuerySet:
    now = timezone.now()
    return Variant.objects.filter(
        is_active=True, deals__starts_at__lte=now, deals__ends_at__gt=now
    ).values("product")


def in_stock_products() -> set[int]:
    """Products with at least one variant that can be had."""
    owners = dict(Variant.objects.filter(is_active=True).values_list("pk", "product_id"))
    stock = availability_of(owners)
    return {owners[pk] for pk, available in stock.items() if available.in_stock}


def _facets(
    products: QuerySet[Product], filters: Filters, chinese: bool
) -> dict[str, list[Choice]]:
    def base(name: str) -> QuerySet[Product]:
        return products.filter(_conditions(filters, without=name)).order_by()

    def named(name: str, field: str, chosen: frozenset[str]) -> list[Choice]:
        label = Max(f"{field}_zh" if chinese else f"{field}_en")
        rows = (
            base(name)
            .exclude(**{f"{field}_en": ""})
            .values(f"{field}_en")
            .annotate(n=Count("pk"), label=label)
            .order_by("-n", f"{field}_en")
        )
        found = [
            Choice(name, row[f"{field}_en"], row["label"], row["n"], row[f"{field}_en"] in chosen)
            for row in rows[:60]
        ]
        return [c for i, c in enumerate(found) if i < FACET_VALUES or c.chosen]

    bands = base("price").aggregate(
        **{
            f"n{place}": Count("pk", filter=Q(min_price__gte=low, min_price__lt=high))
            for place, (_code, low, high) in enumerate(BANDS)
        }
    )
    price = [
        Choice("price", code, _band_label(low, high), bands[f"n{place}"], code in filters.bands)
        for place, (code, low, high) in enumerate(BANDS)
        if bands[f"n{place}"]
    ]
    rated = base("rating").aggregate(
        **{f"n{stars}": Count("pk", filter=Q(rating_mean__gte=stars)) for stars in (4, 3)}
    )
    rating = [
        Choice("rating", str(stars), "★" * stars, rated[f"n{stars}"], filters.rating == stars)
        for stars in (4, 3)
        if rated[f"n{stars}"]
    ]
    promoted = base("promotion").filter(pk__in=promoted_products()).count()
    more = [
        Choice("stock", "1", str(_("In stock")), -1, filters.in_stock),
        Choice("promotion", "1", str(_("On promotion")), promoted, filters.on_promotion),
    ]
    return {
        "price": price,
        "brand": named("brand", "brand", filters.brands),
        "size": named("size", "size", filters.sizes),
        "rating": rating,
        "more": more,
    }


def _band_label(low: Decimal, high: Decimal) -> str:
    if high > 1000:
        return str(_("from $%(low)s")) % {"low": low}
    if not low:
        return str(_("under $%(high)s")) % {"high": high}
    return f"${low} – ${high}"


def cards(products: list[Product]) -> list[Card]:
    """Cards for products, with offers in a fixed number of queries."""
    variants: dict[int, list[Variant]] = {}
    for variant in Variant.objects.filter(product__in=products, is_active=True):
        variants.setdefault(variant.product_id, []).append(variant)
    known = offers(variant for group in variants.values() for variant in group)
    result = []
    for product in products:
        group = [known[variant.pk] for variant in variants.get(product.pk, [])]
        best = min(group, key=lambda o: (not o.availability.in_stock, o.price), default=None)
        result.append(Card(product, best))
    return result
