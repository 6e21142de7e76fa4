"""Department, category, search and product pages as a browser gets them."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop import events
from shop.models import Event, Product, Variant
from shop.services.browsing import MAX_COMPARED
from tests.shop import stock
from tests.shop.factories import (
    CategoryFactory,
    ChannelFactory,
    CouponFactory,
    CustomerFactory,
    DealFactory,
    DepartmentFactory,
    ProductFactory,
    ReviewFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@dataclass
class Hit:
    product_id: int


ANSWERS: list[Hit] = []


def provider(query, *, customer, language, limit):
    """A ranked search that answers what a test put into ``ANSWERS``."""
    return ANSWERS[:limit]


def broken_provider(query, **options):
    raise RuntimeError("the index is gone")


@pytest.fixture(autouse=True)
def ranked_search(settings):
    settings.SEARCH_PROVIDER = "tests.shop.test_catalogue_pages.provider"
    ANSWERS.clear()


def sold(title: str = "Oat milk", *, units: int = 7, price: str = "4.00", **fields) -> Variant:
    """A variant in stock of a product with this title."""
    product = ProductFactory(title_en=title, min_price=Decimal(price), **fields)
    variant = VariantFactory(product=product, price=Decimal(price))
    stock.LEVELS[variant.pk] = units
    return variant


def text(response) -> str:
    return " ".join(response.content.decode().split())


class TestLists:
    def test_a_department_lists_its_categories_products(self, client):
        category = CategoryFactory(department=DepartmentFactory(slug="dairy"))
        sold("Oat milk", category=category)
        sold("Running shoe")
        page = text(client.get("/d/dairy/"))
        assert "Oat milk" in page
        assert "Running shoe" not in page
        assert f'href="{category.get_absolute_url()}"' in page

    def test_a_filter_shows_a_chip_that_takes_it_away(self, client):
        category = CategoryFactory(slug="milk")
        sold("Oat milk", category=category, brand_en="Alder")
        sold("Soy milk", category=category, brand_en="Birch")
        page = text(client.get("/c/milk/?brand=Alder&sort=price"))
        assert "Oat milk" in page
        assert "Soy milk" not in page
        assert 'class="chip chip--on" href="?sort=price"' in page

    def test_few_queries(self, client, django_assert_max_num_queries):
        category = CategoryFactory(slug="milk")
        for number in range(30):
            sold(f"Milk {number}", category=category, brand_en=f"Brand {number}")
        with django_assert_max_num_queries(14):
            client.get("/c/milk/?brand=Brand+1&brand=Brand+2")

    @pytest.mark.parametrize("path", ["/d/nothing/", "/c/nothing/", "/p/nothing/"])
    def test_what_there_is_not_is_404(self, client, path):
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize(
        "query",
        ["page=0", "page=abc", "page=" + "9" * 400, "price=%00", "sort=%27%3B--", "brand=%FF%FE"],
    )
    def test_odd_addresses_show_the_list(self, client, query):
        sold(category=CategoryFactory(slug="milk"))
        assert client.get(f"/c/milk/?{query}").status_code == 200


class TestSearch:
    def test_the_ranking_is_the_providers(self, client):
        first, second = sold("Trail shoe"), sold("Court shoe")
        ANSWERS[:] = [Hit(second.product_id), Hit(first.product_id), Hit(999_999)]
        page = text(client.get("/search/", {"q": "我想买一些运动鞋"}))
        assert page.index("Court shoe") < page.index("Trail shoe")

    def test_titles_answer_when_the_provider_cannot(self, client, settings, caplog):
        settings.SEARCH_PROVIDER = "tests.shop.test_catalogue_pages.broken_provider"
        sold("Oat milk")
        sold("Running shoe")
        page = text(client.get("/search/", {"q": "milk oat"}))
        assert "Oat milk" in page
        assert "Running shoe" not in page
        assert "the search provider" in caplog.text
        assert "milk oat" not in caplog.text.replace("oat milk", "")

    def test_a_sentence_finds_the_department_it_names(self, client, settings):
        settings.SEARCH_PROVIDER = "nowhere.at.all"
        shoes = DepartmentFactory(name_zh="运动鞋")
        sold("Trail shoe", category=CategoryFactory(department=shoes))
        sold("Oat milk")
        page = text(client.get("/search/", {"q": "我想买一些运动鞋"}))
        assert "Trail shoe" in page
        assert "Oat milk" not in page

    def test_a_missing_provider_is_no_error_page(self, client, settings):
        settings.SEARCH_PROVIDER = "nowhere.at.all"
        sold("Oat milk")
        assert "Oat milk" in text(client.get("/search/", {"q": "oat"}))

    def test_no_words_list_everything(self, client):
        sold("Oat milk")
        assert "Oat milk" in text(client.get("/search/"))

    def test_nothing_found_helps(self, client):
        page = text(client.get("/search/", {"q": "zzz"}))
        assert "We found nothing for these words" in page

    def test_what_was_typed_is_escaped(self, client):
        page = text(client.get("/search/", {"q": "<script>alert(1)</script>"}))
        assert "<script>alert" not in page

    def test_long_and_strange_words(self, client):
        for query in ("x" * 5000, "\x00\x00", "%' OR 1=1 --", "🥛" * 300, "\\", '"'):
            assert client.get("/search/", {"q": query}).status_code == 200

    def test_a_search_is_recorded_once_and_its_filters_are_not(self, client):
        variant = sold("Oat milk", brand_en="Alder")
        ANSWERS[:] = [Hit(variant.product_id)]
        client.get("/search/", {"q": "  oat   milk "})
        client.get("/search/", {"q": "oat milk", "brand": "Alder"})
        events.flush()
        event = Event.objects.get(kind=Event.Kind.SEARCH)
        assert (event.query, event.data) == ("oat milk", {"results": 1})


class TestSuggest:
    def ask(self, client: Client, query: str) -> dict:
        return client.get("/search/suggest/", {"q": query}).json()

    def test_both_languages_beginnings_first(self, client):
        sold("Chocolate milk", title_zh="巧克力牛奶", units_sold=90)
        sold("Milk tea", title_zh="奶茶", units_sold=1)
        assert [row["title"] for row in self.ask(client, "milk")["products"]] == [
            "Milk tea",
            "Chocolate milk",
        ]
        assert [row["title"] for row in self.ask(client, "牛奶")["products"]] == ["Chocolate milk"]

    def test_categories_and_departments(self, client):
        CategoryFactory(name_en="Milk & creamers", slug="milk")
        DepartmentFactory(name_en="Milk bar", slug="bar")
        urls = {row["url"] for row in self.ask(client, "milk")["categories"]}
        assert urls == {"/c/milk/", "/d/bar/"}

    def test_adults_only_is_not_suggested(self, client):
        sold("Red wine", category=CategoryFactory(age_gated=True))
        assert self.ask(client, "wine")["products"] == []

    @pytest.mark.parametrize("query", ["", "   ", "\x00", "%", "_", "\\"])
    def test_empty_and_wild_cards_suggest_nothing(self, client, query):
        sold("Oat milk")
        assert self.ask(client, query)["products"] == []


class TestProduct:
    def test_price_list_price_and_the_end_of_the_deal(self, client):
        variant = sold(price="10.00")
        DealFactory(variant=variant, price=Decimal("7.50"))
        page = text(client.get(variant.product.get_absolute_url()))
        assert "$7.50" in page
        assert "$10.00" in page
        assert "−25%" in page
        assert "Deal until" in page

    def test_coupon_price_as_the_cart_will_count_it(self, client):
        variant = sold(price="10.00")
        CouponFactory(code="TEN", value=Decimal("10.00"))
        page = text(client.get(variant.product.get_absolute_url()))
        assert "$9.00" in page
        assert "TEN" in page

    def test_a_coupon_for_others_or_out_of_time_is_not_shown(self, client):
        variant = sold()
        CouponFactory(code="CHOSEN", targeted_only=True)
        CouponFactory(code="PAST", ends_at=timezone.now() - timedelta(hours=1))
        page = text(client.get(variant.product.get_absolute_url()))
        assert "CHOSEN" not in page
        assert "PAST" not in page

    def test_a_coupon_with_a_minimum_says_so(self, client):
        variant = sold(price="10.00")
        CouponFactory(code="BIG", min_subtotal=Decimal("50.00"))
        page = text(client.get(variant.product.get_absolute_url()))
        assert "From $50.00 the coupon" in page

    def test_variants_can_be_chosen_without_a_script(self, client):
        variant = sold()
        other = VariantFactory(product=variant.product, label_en="Two litres")
        page = text(client.get(variant.product.get_absolute_url()))
        assert f'type="radio" name="variant" value="{variant.pk}" checked' in page
        assert f'value="{other.pk}"' in page
        chosen = text(client.get(variant.product.get_absolute_url(), {"variant": other.pk}))
        assert f'type="radio" name="variant" value="{other.pk}" checked' in chosen

    @pytest.mark.parametrize("value", ["-1", "abc", "9" * 30, "\x00", "1e9"])
    def test_odd_numbers_are_ignored(self, client, value):
        variant = sold()
        url = variant.product.get_absolute_url()
        assert client.get(url, {"variant": value, "reviews": value}).status_code == 200

    def test_reviews_with_a_histogram_and_no_addresses(self, client):
        variant = sold()
        for rating in (5, 5, 2):
            ReviewFactory(product=variant.product, rating=rating, body=f"Gave {rating}")
        ReviewFactory(product=variant.product, state="pending", body="Not yet read")
        page = text(client.get(variant.product.get_absolute_url()))
        assert page.count("Gave 5") == 2
        assert "Not yet read" not in page
        assert "@example.com" not in page
        assert '<meter min="0" max="100" value="67">' in page

    def test_a_view_is_recorded_with_where_it_came_from(self, client):
        variant = sold()
        client.get(variant.product.get_absolute_url(), {"from": "deals"})
        events.flush()
        event = Event.objects.get(kind=Event.Kind.VIEW)
        assert (event.product_id, event.surface) == (variant.product_id, "deals")

    def test_recently_viewed_leaves_out_the_product_itself(self, client):
        first, second = sold("Oat milk"), sold("Soy milk")
        client.post("/privacy/choose/", {"choice": "all"})
        client.get(first.product.get_absolute_url())
        page = text(client.get(second.product.get_absolute_url()))
        assert "Recently viewed" in page
        assert "Oat milk" in page.split("Recently viewed", 1)[1]
        assert "/p/" + second.product.slug + "/?from=recent" not in page

    def test_structured_data_cannot_break_out(self, client):
        variant = sold(title="</script><script>alert(1)</script>")
        page = client.get(variant.product.get_absolute_url()).content.decode()
        assert "<script>alert" not in page
        block = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
        assert json.loads(block)["name"] == variant.product.title_en

    def test_attributes_that_are_not_as_agreed_are_skipped(self, client):
        good = {"key": "m", "name": {"en": "Material"}, "value": {"en": "Wool"}}
        variant = sold(attributes=[good, "text", {"key": "x"}, 5, None])
        page = text(client.get(variant.product.get_absolute_url()))
        assert "Wool" in page

    def test_stock_by_channel(self, client, settings):
        variant = sold(units=3)
        ChannelFactory()
        assert client.get(variant.product.get_absolute_url()).status_code == 200


class TestAdults:
    @pytest.fixture
    def wine(self) -> Variant:
        department = DepartmentFactory(slug="alcohol")
        category = CategoryFactory(slug="wine", department=department, age_gated=True)
        return sold("Red wine", category=category)

    def test_every_way_to_it_asks_first(self, client, wine):
        ANSWERS[:] = [Hit(wine.product_id)]
        for path in ("/d/alcohol/", "/c/wine/", wine.product.get_absolute_url(), "/search/?q=wine"):
            page = text(client.get(path))
            assert "Red wine" not in page.replace("Red wine</title>", ""), path
            assert reverse("shop:adults") in page, path

    def test_yes_opens_it_and_comes_back(self, client, wine):
        answer = client.post("/adults/", {"answer": "yes", "next": "/c/wine/"})
        assert answer.url == "/c/wine/"
        assert "Red wine" in text(client.get("/c/wine/"))

    def test_no_does_not(self, client, wine):
        client.post("/adults/", {"answer": "no", "next": "/c/wine/"})
        assert "Red wine" not in text(client.get("/c/wine/"))

    def test_it_leads_to_our_own_pages_only(self, client, wine):
        answer = client.post("/adults/", {"answer": "yes", "next": "https://evil.example/"})
        assert answer.url == "/"


class TestCompare:
    def toggle(self, client: Client, product: Product | int, **extra):
        pk = product if isinstance(product, int) else product.pk
        return client.post("/compare/toggle/", {"product": pk, **extra})

    def test_side_by_side(self, client):
        wool = [{"key": "m", "name": {"en": "Material"}, "value": {"en": "Wool"}}]
        a, b = sold("Warm sock", attributes=wool), sold("Cool sock", brand_en="Birch")
        self.toggle(client, a.product)
        self.toggle(client, b.product)
        page = text(client.get("/compare/"))
        assert "Warm sock" in page
        assert "Cool sock" in page
        assert "Material" in page
        assert "Wool" in page

    def test_a_fifth_is_refused_and_changes_nothing(self, client):
        made = [sold(f"Thing {n}").product for n in range(MAX_COMPARED + 1)]
        for product in made:
            self.toggle(client, product)
        page = text(client.get("/compare/"))
        assert "Thing 3" in page
        assert "You can compare up to 4 products." in page
        assert client.session["compare"] == [product.pk for product in made[:MAX_COMPARED]]

    def test_again_takes_it_out_and_clear_takes_out_all(self, client):
        a, b = sold("Thing one").product, sold("Thing two").product
        self.toggle(client, a)
        self.toggle(client, b)
        self.toggle(client, a)
        assert client.session["compare"] == [b.pk]
        client.post("/compare/toggle/", {"clear": "1"})
        assert client.session["compare"] == []

    @pytest.mark.parametrize("value", ["", "abc", "-1", "9" * 40, "\x00"])
    def test_nonsense_is_404(self, client, value):
        assert client.post("/compare/toggle/", {"product": value}).status_code == 404

    def test_an_unknown_product_is_told(self, client):
        self.toggle(client, 987_654)
        assert "We could not find that." in text(client.get("/compare/"))

    def test_looking_does_not_change(self, client):
        assert client.get("/compare/toggle/").status_code == 405


def test_a_customer_sees_the_product_on_the_wishlist(client):
    variant = sold()
    customer = CustomerFactory()
    client.force_login(customer.user)
    url = variant.product.get_absolute_url()
    assert "On your wishlist" not in text(client.get(url))
    client.post(reverse("shop:wishlist_change", args=[variant.product_id]))
    assert "On your wishlist" in text(client.get(url))
