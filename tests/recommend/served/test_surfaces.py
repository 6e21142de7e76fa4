"""Search, the rails on pages, the API: the same answers everywhere."""

import pytest
from django.template import Context, Template

from recommend import graph
from recommend.selectors import search
from recommend.selectors.finding import SearchUnavailable
from shop import events
from shop.models import Event, Product
from shop.selectors.search import search as shop_search
from tests.shop.factories import CustomerFactory, OrderFactory, OrderLineFactory, UserFactory

BACKEND = "django.contrib.auth.backends.ModelBackend"


def names(world, query: str, **options) -> list[str]:
    return [world.name(hit.product_id) for hit in search(query, **options)]


def departments(world, found: list[str]) -> list[str]:
    return [world.products[name].category.department.slug for name in found]


@pytest.mark.parametrize("query", ["我想买一些运动鞋", "running shoes", "跑步鞋"])
def test_sports_shoes_come_first(world, query):
    found = names(world, query)
    assert departments(world, found[:5]) == ["sports-shoes"] * 5


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("spaghetti", "spaghetti"),
        ("意大利面", "spaghetti"),
        ("whole milk", "milk"),
        ("脱脂牛奶", "skimmed"),
        ("diapers", "diapers"),
    ],
)
def test_words_find_the_product_in_both_languages(world, query, first):
    assert names(world, query)[0] == first
    assert names(world, query, language="zh-hans")[0] == first


def test_a_price_in_the_query_is_kept(world):
    assert "beans" in names(world, "coffee")
    cheap = names(world, "coffee under $10")
    assert "coffee" in cheap
    assert "beans" not in cheap


def test_what_is_off_sale_is_not_found(world):
    Product.objects.filter(pk=world.products["spaghetti"].pk).update(is_active=False)
    assert "spaghetti" not in names(world, "spaghetti")


def test_a_limit_is_kept_and_odd_input_answered(world):
    assert len(names(world, "milk", limit=1)) == 1
    assert names(world, "milk", limit=0) == []
    assert names(world, "   ") == []
    assert isinstance(names(world, "\x00'; DROP TABLE--<script>" + "x" * 5000), list)


def test_without_an_index_the_shop_answers_by_titles_and_says_so(world, settings, tmp_path):
    settings.ARTEFACT_DIR = tmp_path
    with pytest.raises(SearchUnavailable, match=r"[Tt]here is no search index"):
        search("milk")
    found = shop_search("milk", customer=None, language="en")
    assert found.degraded
    assert world.products["milk"].pk in found.ids


def test_the_start_page_shows_the_rails_and_remembers_it(signed_in, world):
    page = signed_in.get("/")
    assert page.status_code == 200
    assert b"Buy again" in page.content
    assert b"?from=rail-home-buy_again" in page.content
    shown = [e for e in events._waiting if e.kind == Event.Kind.IMPRESSION]
    again = next(e for e in shown if e.surface == "rail-home-buy_again")
    assert again.customer_id == world.shopper.pk
    assert world.products["milk"].pk in again.data["products"]


def test_a_click_on_a_rail_is_told_from_other_views(client, world):
    client.get(f"{world.products['milk'].get_absolute_url()}?from=rail-home-buy_again")
    view = next(e for e in events._waiting if e.kind == Event.Kind.VIEW)
    assert view.surface == "rail-home-buy_again"


def test_a_rail_that_breaks_leaves_the_page_whole(client, world, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("the model broke")

    monkeypatch.setattr("recommend.templatetags.recommend.explained", crash)
    for path in ("/", world.products["milk"].get_absolute_url(), "/cart/"):
        page = client.get(path)
        assert page.status_code == 200
        assert b"rail-" not in page.content
        assert b"model broke" not in page.content


def test_outside_of_a_request_a_rail_is_empty():
    text = Template("{% load recommend %}[{% rail 'home' %}]").render(Context())
    assert text == "[]"


def test_the_api_recommends_with_reasons(signed_in, world):
    answer = signed_in.get("/api/v1/recommendations/?explain=1&limit=3").json()
    assert answer["surface"] == "home"
    first = answer["results"][0]
    assert first["reason"] == "buy_again"
    assert first["explanation"].startswith("You bought it 4 times, last on ")
    assert first["score"] > 0
    assert first["product"]["id"] in {world.products[key].pk for key in ("milk", "spaghetti")}
    plain = signed_in.get("/api/v1/recommendations/").json()["results"][0]
    assert "score" not in plain


def test_the_api_recommends_beside_a_product(client, world):
    address = "/api/v1/recommendations/?surface=product&product="
    results = client.get(f"{address}{world.products['spaghetti'].pk}").json()["results"]
    assert "similar" in {row["reason"] for row in results}
    assert world.products["penne"].pk in {row["product"]["id"] for row in results}
    assert client.get(f"{address}999999").status_code == 404


def test_an_order_just_placed_is_followed_by_a_rail(signed_in, world):
    graph.build()
    order = OrderFactory(customer=world.shopper)
    OrderLineFactory(order=order, variant=world.variants["spaghetti"])
    placed = signed_in.get(f"/orders/{order.number}/?placed=1").content
    assert b"?from=rail-order-goes_with" in placed
    assert b"?from=rail-order-next_time" in placed
    later = signed_in.get(f"/orders/{order.number}/").content
    assert b"rail-order" not in later, "whoever looks up a delivery is not there to shop"


def test_the_api_explains_an_order_to_whose_it_is(signed_in, client, world):
    graph.build()
    order = OrderFactory(customer=world.shopper)
    OrderLineFactory(order=order, variant=world.variants["spaghetti"])
    address = f"/api/v1/recommendations/?surface=order&explain=1&order={order.number}"
    results = signed_in.get(address).json()["results"]
    assert {"goes_with", "next_time"} <= {row["reason"] for row in results}
    assert all(row["explanation"] for row in results)
    client.force_login(CustomerFactory(user=UserFactory()).user, backend=BACKEND)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "surface=checkout",
        "surface=product",
        "surface=order",
        "surface=product&product=x",
        "limit=0",
        "limit=51",
    ],
)
def test_the_api_says_what_is_wrong(client, db, asked):
    answer = client.get(f"/api/v1/recommendations/?{asked}")
    assert answer.status_code == 400
    assert answer.json()


def test_the_api_searches_and_remembers_it(client, world):
    answer = client.get("/api/v1/search/", {"q": "我想买一些运动鞋", "limit": 3}).json()
    assert (answer["query"], answer["degraded"]) == ("我想买一些运动鞋", False)
    assert len(answer["results"]) == 3 < answer["total"]
    event = next(e for e in events._waiting if e.kind == Event.Kind.SEARCH)
    assert (event.query, event.surface) == ("我想买一些运动鞋", "api")
    assert client.get("/api/v1/search/").status_code == 400


def test_the_api_keeps_beer_from_who_has_not_told_their_age(client, world):
    beer = world.products["beer"].pk
    found = client.get("/api/v1/search/", {"q": "lager beer"}).json()["results"]
    assert beer not in [row["id"] for row in found]
