"""Which intents a message carries, by the model of the registry or by the nearest examples."""

import logging
from dataclasses import dataclass

from support import serving
from support.dialogue import phrases

log = logging.getLogger(__name__)
SURE = 0.55
"""From here an intent may interrupt what is going on."""
LIKELY = 0.30
"""Below, the assistant asks instead of answering; see ``benchmarks.support intents``."""
SMALL_TALK = {"greet", "thanks", "bye", "praise", "bot"}


@dataclass(frozen=True)
class Intent:
    name: str
    confidence: float
    second: str = ""
    nearest: str = ""


def intents_of(text: str) -> list[Intent]:
    """The intents of a message in the order said; one when its clauses say nothing different.

    The first one may be below ``LIKELY``; it is the caller who asks then.
    """
    clauses = phrases.parts(text)
    found = serving.understand([text, *clauses] if len(clauses) > 1 else [text])
    whole = Intent(found[0].intent, found[0].confidence, found[0].second, found[0].nearest)
    each = [Intent(one.intent, one.confidence, one.second, one.nearest) for one in found[1:]]
    sure = [
        intent for intent in each if intent.confidence >= SURE and intent.name != "out_of_scope"
    ]
    names = list(dict.fromkeys(intent.name for intent in sure))
    business = [name for name in names if name not in SMALL_TALK]
    if len(business) > 1 and "complaint" in business:
        # Who grumbles while asking wants the answer.
        business.remove("complaint")
    if len(business) > 1:
        return [next(intent for intent in sure if intent.name == name) for name in business]
    if len(business) == 1 and (whole.name in SMALL_TALK or whole.confidence < SURE):
        return [next(intent for intent in sure if intent.name == business[0])]
    return [whole]
