"""What is bought together, and how odd a basket is for a customer."""

from dataclasses import replace

import numpy as np
import pytest

from risk.learning.behaviour import HALF_LIFE, BasketEmbedding, shares, weight
from risk.learning.signals import DAY, ORDER, Activity
from risk.learning.stream import apply, raw_columns

KITCHEN = ("flour", "sugar", "butter", "eggs", "yeast")
SPORT = ("shoes", "shorts", "bottle", "towel", "gloves")


@pytest.fixture(scope="module")
def behaviour() -> BasketEmbedding:
    """Learned from bakers and runners, who all buy milk."""
    rng = np.random.default_rng(0)
    baskets = []
    for number in range(600):
        world = KITCHEN if number % 2 else SPORT
        names = [*rng.choice(world, 3, replace=False), "milk"]
        baskets.append({str(name): float(rng.uniform(1, 20)) for name in names})
    return BasketEmbedding(dimensions=2).fit(baskets)


def order(number: int, *names: str, **changes) -> Activity:
    spent = dict.fromkeys(names, 5.0)
    return replace(
        Activity(at=number * DAY, id=number, kind=ORDER, customer="1", categories=spent), **changes
    )


def likeness(behaviour, now: Activity, *before: Activity) -> tuple[float, float]:
    states: dict = {}
    for event in before:
        apply(event, states)
    raw = raw_columns(now, states, behaviour)
    return raw["basket_likeness"], raw["basket_known"]


def test_what_is_bought_with_the_usual_is_not_odd_though_it_is_new(behaviour):
    """Eggs were never in this customer's baskets, yet bakers buy them; gloves are another world."""
    past = [order(n, "flour", "sugar", "butter", "milk") for n in range(4)]
    eggs = likeness(behaviour, order(5, "eggs", "yeast"), *past)
    gloves = likeness(behaviour, order(5, "gloves", "towel"), *past)
    assert eggs[0] > 0.8 > 0 > gloves[0]
    assert eggs[1] == gloves[1] == 1


def test_of_a_newcomer_a_guest_or_unknown_goods_nothing_is_said(behaviour):
    now = order(5, "flour", "milk")
    assert likeness(behaviour, now) == (0, 0)
    past = order(1, "flour", "milk")
    assert likeness(behaviour, replace(now, customer=""), replace(past, customer="")) == (0, 0)
    assert likeness(behaviour, order(5, "novelty"), past) == (0, 0)
    assert likeness(None, now, past) == (0, 0)


def test_what_was_bought_lately_counts_more(behaviour):
    baker, runner = order(0, "flour", "sugar"), order(0, "shoes", "shorts")
    now = order(3, "butter", "eggs", at=4 * HALF_LIFE)
    changed = likeness(behaviour, now, runner, replace(baker, at=3 * HALF_LIFE, id=1))
    lapsed = likeness(behaviour, now, baker, replace(runner, at=3 * HALF_LIFE, id=1))
    assert changed[0] > 0.8
    assert lapsed[0] < 0
    assert weight(HALF_LIFE) == pytest.approx(2 * weight(0))


def test_the_order_in_which_baskets_arrive_does_not_matter(behaviour):
    past = [order(n, *names) for n, names in enumerate((KITCHEN, SPORT[:2], ("milk", "eggs")))]
    now = order(9, "butter", "shoes")
    assert likeness(behaviour, now, *past) == pytest.approx(likeness(behaviour, now, *past[::-1]))


def test_a_basket_is_shares_of_what_was_paid():
    assert shares({"free": 0.0, "back": -3.0}) == {}
    found = shares({"a": 1.0, "b": 100.0, "free": 0.0})
    assert sum(found.values()) == pytest.approx(1)
    assert found["b"] / found["a"] == pytest.approx(np.log1p(100) / np.log1p(1))


def test_too_few_baskets_teach_nothing():
    with pytest.raises(ValueError, match="3 baskets; 200"):
        BasketEmbedding().fit([{"a": 1.0, "b": 1.0}] * 3)


def test_what_is_kept_is_what_was_learned(behaviour):
    again = BasketEmbedding.of(behaviour.arrays())
    row = {"flour": 0.5, "shoes": 0.2, "unknown": 0.3}
    assert np.array_equal(again.vector(row), behaviour.vector(row))
    assert np.array_equal(again.vector({"unknown": 1.0}), np.zeros(2))
