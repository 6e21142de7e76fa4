"""Flows as data: what is asked, what is confirmed, which action follows.

``knowledge/flows.yaml`` holds them, so that a flow can be added or changed without code. The file
is checked when it is read: a slot, an action or an answer that does not exist is an error with the
flow's name in it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from support import knowledge_files


class BadPolicy(ValueError):
    """A flow that cannot run; the message names it and says what is wrong."""


@dataclass(frozen=True)
class Slot:
    """``kind`` is a filler of :mod:`support.dialogue.fillers`; ``ask`` the answer that asks."""

    name: str
    kind: str
    ask: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    name: str
    intents: tuple[str, ...]
    action: str
    sign_in: bool = False
    slots: tuple[Slot, ...] = ()
    confirm: str = ""
    kept: str = ""
    empty: str = ""
    pattern: str = ""
    """A message that matches starts the flow, whatever its intent."""
    limited: tuple[str, ...] = ()
    """Intents that mean this flow as soon as the message says what something may cost."""


FLOW_KEYS = {
    "intents",
    "action",
    "sign_in",
    "slots",
    "confirm",
    "kept",
    "empty",
    "pattern",
    "limited",
}
SLOT_KEYS = {"kind", "ask", "options"}


def parse(
    content: dict, *, intents: Iterable[str], kinds: Iterable[str], actions: Iterable[str]
) -> dict[str, Flow]:
    """Return flows by name; raise :class:`BadPolicy` for the first thing that is wrong."""
    known = knowledge_files.read("answers")
    flows: dict[str, Flow] = {}
    taken: dict[str, str] = {}
    for name, raw in content.items():
        _require(isinstance(raw, dict), name, "is not a mapping")
        _require(not raw.keys() - FLOW_KEYS, name, f"unknown keys {raw.keys() - FLOW_KEYS}")
        slots = []
        for slot, about in (raw.get("slots") or {}).items():
            _require(not about.keys() - SLOT_KEYS, name, f"unknown keys in slot {slot}")
            _require(about.get("kind") in set(kinds), name, f"slot {slot} has no such kind")
            _require(about.get("ask") in known, name, f"slot {slot} asks what has no answer")
            options = tuple(about.get("options", ()))
            slots.append(Slot(slot, about["kind"], about["ask"], options))
        for intent in raw.get("intents", ()):
            _require(intent in set(intents), name, f"intent {intent} has no utterances")
            _require(intent not in taken, name, f"intent {intent} belongs to {taken.get(intent)}")
            taken[intent] = name
        _require(raw.get("action") in set(actions), name, f"no action {raw.get('action')}")
        for intent in raw.get("limited", ()):
            _require(intent in set(intents), name, f"limited: intent {intent} has no utterances")
        for key in ("confirm", "kept", "empty"):
            _require(raw.get(key, "") in {"", *known}, name, f"{key} has no answer")
        flows[name] = Flow(
            name=name,
            intents=tuple(raw.get("intents", ())),
            action=raw["action"],
            sign_in=bool(raw.get("sign_in", False)),
            slots=tuple(slots),
            confirm=raw.get("confirm", ""),
            kept=raw.get("kept", ""),
            empty=raw.get("empty", ""),
            pattern=_pattern(name, raw.get("pattern", "")),
            limited=tuple(raw.get("limited", ())),
        )
    return flows


def _pattern(flow: str, pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadPolicy(f"flow {flow}: pattern: {error}") from error
    return pattern


def _require(holds: bool, flow: str, problem: str) -> None:
    if not holds:
        raise BadPolicy(f"flow {flow}: {problem}")


@lru_cache
def flows() -> dict[str, Flow]:
    """The flows that ship, checked."""
    from support.dialogue.actions import ACTIONS
    from support.dialogue.fillers import FILLERS

    _texts, labels = knowledge_files.utterances()
    return parse(knowledge_files.read("flows"), intents=set(labels), kinds=FILLERS, actions=ACTIONS)


@lru_cache
def flow_of() -> dict[str, Flow]:
    """Flow by intent."""
    return {intent: flow for flow in flows().values() for intent in flow.intents}


@lru_cache
def limited_to() -> dict[str, Flow]:
    """Flow by intent, for messages that say what something may cost."""
    return {intent: flow for flow in flows().values() for intent in flow.limited}
