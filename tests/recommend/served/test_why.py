"""Why something is shown: said in words, and what should not count can be taken out."""

import pytest
from django.urls import reverse

from foundation.models import Node
from recommend import graph, history
from recommend.selectors import recommend
from recommend.selectors.rails import explained
from recommend.selectors.why import explain
from shop import events
from shop.models import Event, Product
from tests.shop.factories import ProductFactory, UserFactory, VariantFactory


def said(world, surface: str, **options) -> dict[str, str]:
    """By name of what is shown, why."""
    found, known = explained(surface, **options)
    why = explain([(item.product_id, item.reason_code) for item in found], known)
    return {world.name(pk): one.text for pk, one in why.items()}


@pytest.fixture
def related(world):
    graph.build()
    return world


def test_the_cart_says_what_goes_with_what_is_in_it(related) -> None:
    spaghetti = related.variants["spaghetti"]
    texts = said(related, "cart", cart=[spaghetti.product_id])
    assert texts["sauce"] == "It goes with Spaghetti in your cart."


def test_a_product_page_says_both_kinds_of_relation(related) -> None:
    texts = said(related, "product", product=related.products["spaghetti"])
    assert texts["sauce"] == "It is often in one basket with Spaghetti."
    assert texts["penne"]


def test_the_start_page_names_own_purchases_and_views(related) -> None:
    events.record("view", visitor="v", product_id=related.products["coffee"].pk)
    texts = said(related, "home", customer=related.shopper, visitor="v")
    assert texts["spaghetti"].startswith("You bought it ")
    assert any("which you buy." in text for text in texts.values())
    assert texts["beans"] == "It is like Ground coffee, which you looked at."


def test_without_a_graph_the_reason_is_still_said(world) -> None:
    assert not Node.objects.exists()
    texts = said(world, "product", product=world.products["spaghetti"])
    assert {"Customers buy this together with it.", "It is much like this product."} >= set(
        texts.values()
    )
    assert texts


def test_what_was_taken_out_counts_no_longer(related) -> None:
    coffee, shopper = related.products["coffee"], related.shopper
    events.record("view", visitor="v", product_id=coffee.pk)
    before = {item.product_id for item in recommend("home", customer=shopper, visitor="v")}
    milk = related.products["milk"]
    assert milk.pk in before
    for product in (coffee, milk, milk):
        history.forget(customer=shopper, visitor="v", product=product)
    found = recommend("home", customer=shopper, visitor="v")
    assert "because_viewed" not in {item.reason_code for item in found}
    again = {item.product_id for item in found if item.reason_code == "buy_again"}
    assert milk.pk not in again
    assert history.forgotten(None, "v") == frozenset(), "a guest on this browser is another person"


def test_the_rail_explains_itself_and_its_buttons_work(related, client) -> None:
    shopper = related.shopper
    shopper.user = UserFactory()
    shopper.save()
    client.force_login(shopper.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("shop:home")).content.decode()
    assert "Why am I seeing this?" in page
    milk = related.products["milk"]
    assert "Remove Whole milk from my history" in page
    answer = client.post(
        reverse("recommend:forget"), {"product": milk.pk, "next": "/"}, follow=True
    )
    page = answer.content.decode()
    assert "Whole milk no longer counts" in page
    assert "Remove Whole milk from my history" not in page
    page = client.post(reverse("recommend:off"), {"next": "/"}, follow=True).content.decode()
    shopper.refresh_from_db()
    assert shopper.personalisation is False
    assert "from my history" not in page
    assert client.post(reverse("recommend:forget"), {"product": "x"}).status_code == 404


def test_a_new_product_goes_with_what_those_like_it_go_with(related) -> None:
    kin = related.products["penne"]
    new = ProductFactory(
        category=kin.category, product_type=kin.product_type, title_en="Fusilli", title_zh="螺旋面"
    )
    VariantFactory(product=new)
    beside = [item for item in recommend("product", product=new) if item.reason_code == "goes_with"]
    assert related.products["sauce"].pk in {item.product_id for item in beside}


def test_three_looks_at_one_kind_change_the_next_page(related) -> None:
    before = [item.product_id for item in recommend("home", visitor="w")]
    for _ in range(3):
        events.record(Event.Kind.VIEW, visitor="w", product_id=related.products["coffee"].pk)
    after = [item.product_id for item in recommend("home", visitor="w")]
    assert after != before
    assert Product.objects.get(pk=after[0]).category == related.products["coffee"].category
