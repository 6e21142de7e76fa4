"""Queries as people type them."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.learning import frequency, needs, text, tokens
from recommend.learning.needs import parse_need
from recommend.learning.tokens import query_weights
from recommend.learning.tokens import tokens as words_of
from recommend.templatetags.recommend import price_limits


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("我想买一些运动鞋", "运动鞋"),
        ("请问有没有牛奶", "牛奶"),
        ("推荐几款跑步鞋", "跑步鞋"),
        ("帮我找一双登山鞋", "登山鞋"),
        ("有什么零食吗？", "零食"),
        ("I would like to buy running shoes", "running shoes"),
        ("I'm looking for some milk", "milk"),
        ("Can you show me coffee", "coffee"),
        ("ＭＩＬＫ", "milk"),
        ("7-up", "7-up"),
        ("2% milk", "2% milk"),
        ("一次性杯子", "一次性杯子"),
        ("我想买", "我想买"),
    ],
)
def test_politeness_is_taken_off_and_what_is_wanted_stays(query: str, wanted: str) -> None:
    assert parse_need(query).text == wanted


@pytest.mark.parametrize(
    ("query", "wanted", "low", "high"),
    [
        ("低于50元的咖啡", "咖啡", None, 50),
        ("五十块以内的耳机", "耳机", None, 50),
        ("一百二十元以下的鞋", "鞋", None, 120),
        ("100到200元的帐篷", "帐篷", 100, 200),
        ("超过100元的跑鞋", "跑鞋", 100, None),
        ("snacks under $3", "snacks", None, 3),
        ("coffee over 10 dollars", "coffee", 10, None),
        ("shoes between $50 and $100", "shoes", 50, 100),
        ("shoes from 100 to 50 usd", "shoes", 50, 100),
        ("12-pack soda", "12-pack soda", None, None),
    ],
)
def test_price_limits_are_read(
    query: str, wanted: str, low: float | None, high: float | None
) -> None:
    need = parse_need(query)
    assert (need.text, need.min_price, need.max_price) == (wanted, low, high)


@given(st.text(max_size=200))
def test_no_text_breaks_it(query: str) -> None:
    need = parse_need(query)
    if need.min_price is not None and need.max_price is not None:
        assert need.min_price <= need.max_price or "<" in query or ">" in query or need.text
    query_weights(need.text)


@given(st.text(alphabet="我想要买一些双元块低于$ iwantobuyunder0123456789", max_size=200))
def test_filler_and_numbers_in_any_order_do_not_break_it(query: str) -> None:
    parse_need(query)


def test_words_of_both_languages() -> None:
    assert words_of("Café Shoes") == ["cafe", "shoe"]
    assert words_of("运动鞋") == ["运动", "动鞋", "1运", "1动", "1鞋"]


def test_synonyms_weigh_less_than_the_word() -> None:
    weights = query_weights("sneakers")
    assert 0 < weights["shoe"] < weights["sneaker"]


@pytest.mark.parametrize("module", [tokens, needs, text, frequency])
def test_examples_in_the_documentation_run(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("snacks under $3", "Only what costs at most $3.00, as you said."),
        ("低于5元的咖啡", "Only what costs at most $5.00, as you said."),
        ("shoes over 50 dollars", "Only what costs at least $50.00, as you said."),
        ("shoes between 50 and 80", "Only what costs $50.00 to $80.00, as you said."),
        ("7-up", ""),
        ("", ""),
    ],
)
def test_a_limit_that_search_keeps_is_said_back(query: str, said: str) -> None:
    assert price_limits(query) == said
