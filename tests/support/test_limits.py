"""Who says what something may cost is shown what there is to choose from, in both languages."""

import pytest
from django.db import transaction

from support.dialogue.policies import BadPolicy, parse
from support.simulator import Script, play
from tests.support import world

CHEAP_TENT = "Light Tent"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "shown", "kept_out"),
    [
        ("tents under $200", "Light Tent", "Family Tent"),
        ("do you have running shoes under $80?", "City Running Shoes", "Trail Running Shoes"),
        ("any running shoes over 80 dollars", "Trail Running Shoes", "City Running Shoes"),
        ("低于200美元的帐篷", "轻便帐篷", "家庭帐篷"),
        ("跑鞋 80美元以下", "城市跑鞋", "越野跑鞋"),
        ("帐篷低于200美元吗", "轻便帐篷", "家庭帐篷"),
    ],
)
def test_a_limit_of_price_asks_for_a_list(assistant, said, shown, kept_out):
    reply = _answer(said)
    assert reply.understanding["acts"] == ["products"]
    titles = [card["title"] for card in reply.payload["cards"]]
    assert shown in titles
    assert kept_out not in titles
    assert ("as you said" in reply.text) == said.isascii()


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["tents under $20", "低于20美元的帐篷"])
def test_nothing_within_the_limit_is_said_with_the_limit(assistant, said):
    reply = _answer(said)
    assert reply.understanding["acts"] == ["no_products"]
    assert "$20.00" in reply.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("is delivery free over $35", "delivery"),
        ("35美元以上免运费吗", "delivery"),
        ("how much are the Espresso Beans", "price"),
        ("浓缩咖啡豆多少钱", "price"),
    ],
)
def test_other_amounts_and_plain_prices_are_answered_as_before(assistant, said, act):
    assert _answer(said).understanding["acts"] == [act]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "then"),
    [("show me tents", "is the second one under $300"), ("我想买帐篷", "第二个低于300美元吗")],
)
def test_one_that_is_pointed_at_is_asked_about_itself(assistant, first, then):
    made = world.build()
    played = play(Script("points", ((first, ("products",)), (then, ("price_deal",)))), made)
    assert played.success, played.problems


def test_a_flow_cannot_take_over_an_intent_that_nobody_has():
    known = {"intents": {"greet"}, "kinds": set(), "actions": {"track"}}
    with pytest.raises(BadPolicy, match=r"flow broken.*limited"):
        parse({"broken": {"action": "track", "limited": ["fly"]}}, **known)


def _answer(said):
    from support.dialogue.engine import reply_to

    conversation = world.build().open("guest")
    with transaction.atomic():
        return reply_to(conversation, said)[0]
