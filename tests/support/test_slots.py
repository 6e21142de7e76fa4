"""What a message names, in both languages, and how it feels."""

from datetime import date
from decimal import Decimal

import pytest

from support.dialogue import phrases
from support.learning.mood import mood
from support.learning.slots import find

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("where is m-20260301-ab12cd?", "orders", ("M-20260301-AB12CD",)),
        ("查一下M-20260301-AB12CD到哪了", "orders", ("M-20260301-AB12CD",)),
        ("CJ-31401234 and M-20260301-AB12CD", "orders", ("CJ-31401234", "M-20260301-AB12CD")),
        ("send 3 bottles back", "quantity", 3),
        ("我要退两件", "quantity", 2),
        ("退１２瓶", "quantity", 12),
        ("第二个呢", "quantity", None),
        ("it came on 2026-02-03", "day", date(2026, 2, 3)),
        ("2月3号收到的", "day", date(2026, 2, 3)),
        ("on December 24th", "day", date(2025, 12, 24)),
        ("昨天买的", "day", date(2026, 3, 9)),
        ("31 February", "day", None),
        ("I paid $12.50", "amount", Decimal("12.50")),
        ("退我160块", "amount", Decimal("160")),
        ("write to Ada@Example.com please", "email", "ada@example.com"),
        ("how long to Chicago", "city", "Chicago"),
        ("寄到北京要多久", "city", "北京"),
        ("the second one", "ordinals", (1,)),
        ("比较第一个和第三个", "ordinals", (0, 2)),
        ("the last one", "ordinals", (-1,)),
        ("那个呢", "that", True),
        ("my most recent order", "latest", True),
        ("310001", "postcode", "310001"),
    ],
)
def test_slots_are_found_and_normalised(text, name, value):
    assert getattr(find(text, TODAY), name) == value


def test_what_was_found_can_be_kept_as_json():
    import json

    found = find("return 2 items of M-20260301-AB12CD from yesterday, $5", TODAY).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["orders"] == ["M-20260301-AB12CD"]


@pytest.mark.parametrize(
    "pair",
    [
        ("this is a scam, I am furious", "thanks, that is great"),
        ("气死我了，骗子", "谢谢，太好了"),
        ("not good at all", "good"),
        ("服务太差了", "服务很好"),
    ],
)
def test_the_upset_feel_worse_than_the_pleased(pair):
    upset, pleased = pair
    assert mood(upset).feeling < mood(pleased).feeling


@pytest.mark.parametrize(
    "pair", [("I need it today, urgent!!", "no hurry"), ("急！今天就要", "随便什么时候")]
)
def test_urgency_is_heard(pair):
    assert mood(pair[0]).urgency > mood(pair[1]).urgency


@pytest.mark.parametrize(
    "text", ["yes", "Yes please", "ok, do it", "是的", "好的，谢谢", "确认", "sure thing"]
)
def test_a_plain_yes(text):
    assert phrases.is_yes(text)


@pytest.mark.parametrize(
    "text", ["yes but not that one", "no", "不是", "maybe", "是吗，等等", "yesterday", "okra"]
)
def test_no_yes(text):
    assert not phrases.is_yes(text)


@pytest.mark.parametrize("text", ["don't cancel my order", "不要取消", "我不想退货", "别帮我取消"])
def test_negated_wishes(text):
    assert phrases.DO_NOT.search(text)


@pytest.mark.parametrize("text", ["I don't want it, cancel it", "取消，不要了", "cancel please"])
def test_wishes_that_are_not_negated(text):
    assert not phrases.DO_NOT.search(text)
