"""What is recommended to whom, and what never is."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from inventory.models import StockLevel
from inventory.services import adjust
from recommend import graph
from recommend.selectors import Reason, recommend
from shop import events
from shop.models import Customer, OrderLine, Product
from tests.shop.factories import OrderFactory, OrderLineFactory


def by_reason(world, surface: str, **options) -> dict[str, list[str]]:
    """Names of what is recommended, by the reason it is given for, in the order shown."""
    found: dict[str, list[str]] = {}
    for item in recommend(surface, **options):
        found.setdefault(item.reason_code, []).append(world.name(item.product_id))
    return found


def sell_out(world, name: str) -> None:
    for level in StockLevel.objects.filter(variant=world.variants[name], on_hand__gt=0):
        adjust(
            variant=level.variant,
            warehouse=level.warehouse,
            quantity=level.on_hand,
            reference=f"sold out {level.pk}",
        )


def test_the_start_page_offers_the_usual_first_and_then_something_new(world):
    found = by_reason(world, "home", customer=world.shopper)
    assert list(found)[:2] == [Reason.BUY_AGAIN, Reason.NEW_FOR_YOU]
    assert set(found["buy_again"][:2]) == {"spaghetti", "milk"}
    assert "cereal" in found["buy_again"]
    new = found["new_for_you"]
    assert set(new).isdisjoint(found["buy_again"])
    # Those who buy spaghetti buy sauce and cheese with it.
    assert {"sauce", "parmesan"} & set(new[:3])


def test_nothing_is_shown_twice(world):
    events.record("view", visitor="v", product_id=world.products["coffee"].pk)
    found = recommend("home", customer=world.shopper, visitor="v")
    ids = [item.product_id for item in found]
    assert len(ids) == len(set(ids)) > 5


def test_a_guest_sees_what_sells(world):
    found = by_reason(world, "home")
    assert list(found) == [Reason.POPULAR]
    assert set(found["popular"][:4]) <= {
        "spaghetti", "sauce", "parmesan", "milk", "cereal", "coffee",
    }  # fmt: skip


def test_the_next_page_knows_what_was_just_looked_at(world):
    shoe = next(name for name in world.products if "shoe" in name or "runner" in name)
    events.record("view", visitor="v", product_id=world.products[shoe].pk)
    found = by_reason(world, "home", visitor="v")
    assert found["because_viewed"]
    assert shoe not in found["because_viewed"]
    category = world.products[shoe].category_id
    assert world.products[found["because_viewed"][0]].category_id == category
    assert "because_viewed" not in by_reason(world, "home", visitor="somebody else")


def test_who_turned_it_off_is_a_guest(world):
    world.shopper.personalisation = False
    world.shopper.save()
    events.record("view", visitor="v", product_id=world.products["coffee"].pk)
    shown = by_reason(world, "home", customer=world.shopper, visitor="v")
    assert shown == by_reason(world, "home")


def test_a_product_page_offers_what_is_like_it(world):
    found = by_reason(world, "product", product=world.products["spaghetti"])
    assert found["similar"][0] == "penne"
    # Whoever has pasta needs no other pasta beside it.
    assert "penne" not in found.get("goes_with", [])
    assert "spaghetti" not in [name for names in found.values() for name in names]


def test_the_cart_reminds_of_what_is_missing(world):
    cart = [world.variants["spaghetti"].pk]
    found = by_reason(world, "cart", customer=world.shopper, cart_variant_ids=cart)
    assert found["missing"][0] == "milk"
    everything = [name for names in found.values() for name in names]
    assert "spaghetti" not in everything
    assert "penne" not in found.get("goes_with", [])


def test_an_empty_cart_shows_what_sells(world):
    assert list(by_reason(world, "cart")) == [Reason.POPULAR]


def test_what_is_out_of_stock_is_not_offered(world):
    assert "milk" in by_reason(world, "home", customer=world.shopper)["buy_again"]
    sell_out(world, "milk")
    shown = by_reason(world, "home", customer=world.shopper)
    assert "milk" not in [name for names in shown.values() for name in names]


def test_what_is_off_sale_is_not_offered(world):
    Product.objects.filter(pk=world.products["milk"].pk).update(is_active=False)
    shown = by_reason(world, "home", customer=world.shopper)
    assert "milk" not in [name for names in shown.values() for name in names]


@pytest.mark.parametrize(
    ("born", "shown"), [(None, False), (date(2015, 1, 1), False), (date(1980, 1, 1), True)]
)
def test_beer_is_for_adults(world, born, shown):
    drinker = Customer.objects.create(name="Drinker", birth_date=born)
    for _ in range(3):
        OrderLineFactory(order=OrderFactory(customer=drinker), variant=world.variants["beer"])
    found = by_reason(world, "home", customer=drinker)
    assert ("beer" in [name for names in found.values() for name in names]) is shown


def test_a_limit_is_for_each_reason(world):
    found = by_reason(world, "home", customer=world.shopper, limit=2)
    assert max(len(names) for names in found.values()) == 2
    assert all(by_reason(world, "home", limit=0).values())


def test_a_stranger_to_the_model_is_served(world, guest):
    """Somebody who signed up after the training."""
    assert list(by_reason(world, "home", customer=guest)) == [Reason.POPULAR]
    OrderLineFactory(order=OrderFactory(customer=guest), variant=world.variants["spaghetti"])
    found = by_reason(world, "home", customer=guest)
    assert found["buy_again"] == ["spaghetti"]
    assert {"sauce", "parmesan"} & set(found["new_for_you"][:3])


def test_a_cancelled_order_was_not_bought(world, guest):
    order = OrderFactory(customer=guest, status="cancelled")
    OrderLineFactory(order=order, variant=world.variants["spaghetti"])
    assert "buy_again" not in by_reason(world, "home", customer=guest)


def test_without_models_there_is_something_to_show(world, settings, tmp_path):
    settings.ARTEFACT_DIR = tmp_path
    Product.objects.filter(pk=world.products["coffee"].pk).update(recent_units=99)
    found = by_reason(world, "home", customer=world.shopper)
    assert found["popular"][0] == "coffee"
    assert by_reason(world, "product", product=world.products["spaghetti"])["similar"] == ["penne"]
    cart = [world.variants["coffee"].pk]
    assert "coffee" not in by_reason(world, "cart", cart_variant_ids=cart)["popular"]


@pytest.mark.parametrize("surface", ["", "checkout", "product"])
def test_what_cannot_be_answered_is_a_mistake_of_the_caller(world, surface):
    with pytest.raises(ValueError, match="surface"):
        recommend(surface)


def test_an_order_is_followed_by_what_goes_with_it_and_what_it_lacked(world):
    graph.build()
    order = OrderFactory(customer=world.shopper)
    OrderLineFactory(order=order, variant=world.variants["spaghetti"])
    found = by_reason(world, "order", customer=world.shopper, order=order)
    assert list(found)[:2] == [Reason.GOES_WITH, Reason.NEXT_TIME]
    assert {"sauce", "parmesan"} <= set(found["goes_with"])
    assert set(found["next_time"]) <= {"milk", "cereal"}, "what this household usually buys"
    everything = [name for names in found.values() for name in names]
    assert {"milk", "cereal"} <= set(everything)
    # Neither what was just bought, nor what could stand in for it.
    assert "spaghetti" not in everything
    assert "penne" not in everything
    sell_out(world, "sauce")
    again = by_reason(world, "order", customer=world.shopper, order=order)
    assert "sauce" not in [name for names in again.values() for name in names]


def test_one_product_that_nobody_bought_is_among_the_finds_and_takes_turns(world, monkeypatch):
    def explored() -> list[tuple[str, str]]:
        found = recommend("home", customer=world.shopper)
        return [(world.name(item.product_id), item.reason_code) for item in found if item.explored]

    days, today = set(), timezone.localdate()
    for later in range(4):
        day = today + timedelta(days=later)
        monkeypatch.setattr("recommend.selectors.rails.timezone.localdate", lambda day=day: day)
        ((name, reason),) = explored()
        assert reason == Reason.NEW_FOR_YOU
        assert not OrderLine.objects.filter(variant__product=world.products[name]).exists()
        days.add(name)
    assert len(days) == 4
    sell_out(world, name)
    assert explored() == []
