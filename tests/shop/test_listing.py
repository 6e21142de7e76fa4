"""One list for departments, categories and searches: its filters, counts, order and pages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from shop.models import Product
from shop.selectors.filters import BANDS, FACETS, Filters
from shop.selectors.listing import PAGE_SIZE, listing
from tests.shop import stock
from tests.shop.factories import CategoryFactory, DealFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def make(price: str = "4.00", *, units: int = 5, **fields) -> Product:
    """A product with one variant at a price, of which so many units are in stock."""
    product = ProductFactory(min_price=Decimal(price), **fields)
    variant = VariantFactory(product=product, price=Decimal(price))
    stock.LEVELS[variant.pk] = units
    return product


def ids(query: str = "", **options) -> list[int]:
    found = listing(Product.objects.all(), Filters.parse(QueryDict(query)), **options)
    return [card.product.pk for card in found.cards]


def counts(query: str, facet: str, **options) -> dict[str, int]:
    found = listing(
        Product.objects.all(), Filters.parse(QueryDict(query)), with_category=True, **options
    )
    return {value.value: value.count for f in found.facets if f.key == facet for value in f.values}


class TestFilters:
    def test_values_of_one_facet_are_alternatives_and_facets_add_up(self):
        cheap_a = make("1.00", brand_en="Alder")
        cheap_b = make("1.50", brand_en="Birch")
        dear_a = make("30.00", brand_en="Alder")
        make("30.00", brand_en="Cedar")
        assert set(ids("brand=Alder&brand=Birch")) == {cheap_a.pk, cheap_b.pk, dear_a.pk}
        assert ids("brand=Alder&price=25-50") == [dear_a.pk]

    def test_the_price_is_the_one_the_shopper_pays(self):
        product = make("12.00")
        DealFactory(variant=product.variants.get(), price=Decimal("4.50"))
        assert ids("price=2-5") == [product.pk]
        assert ids("price=10-25") == []

    def test_a_deal_that_is_over_is_no_promotion(self):
        over, running = make("9.00"), make("9.00")
        now = timezone.now()
        DealFactory(
            variant=over.variants.get(),
            starts_at=now - timedelta(days=9),
            ends_at=now - timedelta(days=2),
        )
        DealFactory(variant=running.variants.get())
        assert ids("offer=deal") == [running.pk]

    def test_in_stock_asks_the_provider(self):
        here, _gone = make(units=3), make(units=0)
        assert ids("offer=stock") == [here.pk]

    def test_a_product_is_in_stock_when_one_variant_is(self):
        product = make(units=0)
        other = VariantFactory(product=product)
        stock.LEVELS[other.pk] = 1
        assert ids("offer=stock") == [product.pk]

    def test_sizes_of_variants_are_found_too(self):
        shoe = make()
        options = {"size": {"en": "EU 42", "zh": "42 码"}}
        VariantFactory(product=shoe, options=options)
        make(size_en="1 gal", size_zh="1 加仑")
        assert ids("size=EU+42") == [shoe.pk]

    def test_ratings_are_minimums(self):
        good, fair = make(rating_mean=4.4, rating_count=3), make(rating_mean=3.2, rating_count=1)
        make()
        assert ids("rating=4") == [good.pk]
        assert set(ids("rating=3")) == {good.pk, fair.pk}

    def test_what_is_not_on_sale_or_has_nothing_to_sell_is_not_listed(self):
        make(is_active=False)
        ProductFactory()
        off = make()
        off.variants.update(is_active=False)
        shown = make()
        assert [
            card.product.pk
            for card in listing(
                Product.objects.filter(is_active=True), Filters.parse(QueryDict(""))
            ).cards
        ] == [shown.pk]

    def test_what_cannot_be_understood_is_left_out(self):
        product = make()
        assert ids("page=-3&sort=nonsense&price=%00&brand=" + "x" * 500) == [product.pk]
        assert ids("page=999999&sort=price") == [product.pk]
        assert ids("page=٣") == [product.pk]


class TestCounts:
    def test_a_facet_counts_under_the_filters_of_the_others_but_not_its_own(self):
        make("1.00", brand_en="Alder")
        make("1.00", brand_en="Birch")
        make("30.00", brand_en="Birch")
        make("31.00", brand_en="Cedar")
        assert counts("brand=Alder", "brand") == {"Alder": 1, "Birch": 2, "Cedar": 1}
        assert counts("brand=Alder", "price") == {"0-2": 1}
        assert counts("price=25-50", "brand") == {"Birch": 1, "Cedar": 1}

    def test_the_count_beside_a_value_is_what_choosing_it_shows(self):
        milk, tea = CategoryFactory(), CategoryFactory()
        for price, brand, rating, category in [
            ("1.00", "Alder", 4.5, milk),
            ("3.00", "Alder", 2.5, tea),
            ("3.50", "Birch", 3.5, milk),
            ("30.00", "Birch", None, tea),
            ("30.00", "Cedar", 5.0, milk),
        ]:
            fields = {"rating_mean": rating, "rating_count": 1 if rating else 0}
            make(price, brand_en=brand, category=category, **fields)
        for already in ("", "brand=Birch", "price=2-5", "rating=3&brand=Alder"):
            for facet in FACETS:
                if facet in already:
                    continue
                for value, count in counts(already, facet).items():
                    assert len(ids(f"{already}&{facet}={value}")) == count, (already, facet, value)

    def test_a_chosen_value_stays_visible_when_nothing_has_it(self):
        make(brand_en="Alder")
        make(brand_en="Birch")
        assert counts("brand=Nobody", "brand")["Nobody"] == 0

    def test_labels_follow_the_language(self):
        make(brand_en="Alder", brand_zh="赤杨")
        make(brand_en="Birch", brand_zh="白桦")
        with translation.override("zh-hans"):
            found = listing(Product.objects.all(), Filters.parse(QueryDict("brand=Alder")))
        brand = next(facet for facet in found.facets if facet.key == "brand")
        assert {value.label for value in brand.values} == {"赤杨", "白桦"}
        assert found.chips[0].label == "赤杨"
        assert found.chips[0].querystring == "?"


class TestOrder:
    def test_each_sort(self):
        a = make("3.00", units_sold=1, rating_mean=5.0, rating_count=1)
        b = make("1.00", units_sold=9, rating_mean=3.0, rating_count=9)
        c = make("2.00", units_sold=5)
        assert ids("") == [b.pk, c.pk, a.pk]
        assert ids("sort=price") == [b.pk, c.pk, a.pk]
        assert ids("sort=-price") == [a.pk, c.pk, b.pk]
        assert ids("sort=rating") == [a.pk, b.pk, c.pk]
        assert ids("sort=new") == [c.pk, b.pk, a.pk]

    def test_a_search_keeps_its_ranking_and_may_be_sorted_otherwise(self):
        a, b, c = make("3.00"), make("1.00"), make("2.00")
        make("0.50")
        assert ids("", ranking=[c.pk, a.pk, b.pk]) == [c.pk, a.pk, b.pk]
        assert ids("sort=price", ranking=[c.pk, a.pk, b.pk]) == [b.pk, c.pk, a.pk]

    def test_pages_hold_every_product_once(self):
        made = {make().pk for _ in range(PAGE_SIZE + 3)}
        first, second = ids(""), ids("page=2")
        assert len(first) == PAGE_SIZE
        assert set(first) | set(second) == made
        assert not set(first) & set(second)


class TestAdults:
    def test_goods_for_adults_are_counted_but_not_shown(self):
        wine = make(category=CategoryFactory(age_gated=True))
        milk = make()
        found = listing(Product.objects.all(), Filters())
        assert [card.product.pk for card in found.cards] == [milk.pk]
        assert found.hidden == 1
        assert set(ids("", adult=True)) == {wine.pk, milk.pk}


def test_the_number_of_queries_does_not_grow_with_the_list():
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            listing(Product.objects.all(), Filters(), with_category=True)
        return len(captured)

    make()
    few = queries()
    for _ in range(30):
        VariantFactory(product=make())
    assert queries() == few
    assert few <= 8


@pytest.mark.parametrize(("sort", "first"), [("popular", 3), ("price", 0), ("-price", 3)])
def test_a_list_of_a_larger_set_reads_the_first_of_its_order(monkeypatch, sort, first):
    monkeypatch.setattr("shop.selectors.listing.MOST", 2)
    made = []
    for units in range(4):
        product = ProductFactory(recent_units=units, min_price=units + 1)
        VariantFactory(product=product, price=units + 1)
        made.append(product.pk)
    found = listing(Product.objects.all(), Filters.parse(QueryDict(f"sort={sort}")))
    assert found.total == 2
    assert found.partial
    assert found.cards[0].product.pk == made[first]


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    brands=st.lists(texts, max_size=4),
    bands=st.lists(st.sampled_from(sorted(BANDS)), max_size=3),
    page=st.integers(min_value=1, max_value=50),
)
def test_an_address_leads_back_to_its_filters(brands, bands, page):
    params = QueryDict(mutable=True)
    params.setlist("brand", brands)
    params.setlist("price", bands)
    params["page"] = str(page)
    filters = Filters.parse(params)
    again = Filters.parse(QueryDict(filters.querystring().removeprefix("?")))
    assert again == filters
    for value in filters.picked("brand"):
        assert value not in filters.without("brand", value).picked("brand")
