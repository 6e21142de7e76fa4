"""Flows are data; what is wrong in them is said with the flow's name."""

import pytest

from support.dialogue.policies import BadPolicy, flow_of, flows, parse

KNOWN = {"intents": {"greet", "cancel_order"}, "kinds": {"own_order"}, "actions": {"track"}}


def test_the_flows_that_ship_are_right():
    assert flows()["cancel_order"].confirm == "cancel_confirm"
    assert flow_of()["wrong_item"].name == "return_item"


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        ({"action": "launch"}, "no action"),
        ({"action": "track", "colour": "red"}, "unknown keys"),
        ({"action": "track", "intents": ["fly"]}, "no utterances"),
        ({"action": "track", "confirm": "nothing_of_the_kind"}, "confirm has no answer"),
        ({"action": "track", "slots": {"order": {"kind": "moon", "ask": "unclear"}}}, "no such"),
        ({"action": "track", "slots": {"order": {"kind": "own_order", "ask": "x"}}}, "no answer"),
        ({"action": "track", "pattern": "("}, "pattern"),
        ([], "not a mapping"),
    ],
)
def test_a_wrong_flow_is_named(flow, problem):
    with pytest.raises(BadPolicy, match=f"flow broken.*{problem}"):
        parse({"broken": flow}, **KNOWN)


def test_an_intent_belongs_to_one_flow():
    twice = {"a": {"action": "track", "intents": ["greet"]}}
    with pytest.raises(BadPolicy, match="belongs to a"):
        parse({**twice, "b": {"action": "track", "intents": ["greet"]}}, **KNOWN)
