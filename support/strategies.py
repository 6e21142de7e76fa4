"""How a message that wants something is met: by the written rules, or by what was learned.

``SUPPORT_STRATEGY`` is ``rules`` (nothing is tried), ``explore`` (the rules, and now and then
another strategy, so that something can be learned) or ``learned`` (the active model; the rules when
there is none). A decision stands, with its features and its probability, in what was understood of
the message: it costs no statement of its own.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from foundation import registry
from foundation.failures import TooLittleData
from foundation.learning.bandits import LinearThompson, Log, snips
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from support.dialogue.turn import Turn
from support.dialogue.understanding import LIKELY, SMALL_TALK, Intent
from support.learning.strategies import COSTS, FEATURES, STRATEGIES, bandit, reward
from support.models import Conversation, Message

log = logging.getLogger(__name__)
CAPABILITY = "support.strategies"
DECIDED_ALREADY = {"human", "complaint", "out_of_scope", "account_delete", *SMALL_TALK}
"""Intents that leave nothing to choose."""
MONEY = {"refund_request", "refund_status", "payment_problem", "invoice_get", "invoice_check"}
EXPLORED = 0.1
LONG = 20
"""Messages after which a conversation counts as long."""
DAYS, LEAST = 90, 200
GIVEN_UP = {"human", "complaint"}


def _dice() -> np.random.Generator:
    """One for each decision: several threads answer at once."""
    return np.random.default_rng()


class NotEnoughData(TooLittleData):
    """There are fewer logged decisions than something could be learned from."""


def pick(turn: Turn, intents: list[Intent]) -> str:
    """The strategy for a message, noted in ``turn.strategy`` when there was something to choose."""
    first = intents[0]
    rules = "answer" if first.confidence >= LIKELY else "unclear"
    mode = settings.SUPPORT_STRATEGY
    if mode == "rules" or rules != "answer" or len(intents) > 1 or first.name in DECIDED_ALREADY:
        return rules
    if turn.slots.orders or turn.slots.ordinals:
        # Who names the thing wants it done.
        return rules
    x, rng = features(turn, first), _dice()
    # Asked back once, nobody is asked back again.
    may_ask = bool(first.nearest) and not turn.memory.get("misses")
    allowed = np.array([name != "clarify" or may_ask for name in STRATEGIES])
    model = loaded() if mode == "learned" else None
    if model is not None:
        chances = model.probabilities(x, allowed, rng)
    else:
        plain = np.eye(len(STRATEGIES))[STRATEGIES.index(rules)]
        even = allowed / allowed.sum()
        chances = plain if mode == "learned" else (1 - EXPLORED) * plain + EXPLORED * even
    arm = int(rng.choice(len(STRATEGIES), p=chances))
    turn.strategy = {
        "name": STRATEGIES[arm],
        "p": round(float(chances[arm]), 6),
        "x": [round(float(value), 4) for value in x],
    }
    return STRATEGIES[arm]


def features(turn: Turn, first: Intent) -> np.ndarray:
    """The message as the bandit sees it, float64 (d,): nothing about who writes."""
    confidence = first.confidence
    return np.array(
        [
            1.0,
            confidence,
            confidence**2,
            turn.mood.urgency,
            max(0.0, -turn.mood.feeling),
            float(turn.memory.get("misses", 0) > 0),
            float(first.name in MONEY),
            min(1.0, turn.conversation.last_seq / LONG),
        ]
    )


def loaded() -> LinearThompson | None:
    return registry.active_artefact(CAPABILITY, _load)


def _load(path: Path, version: ModelVersion) -> LinearThompson:
    return LinearThompson.load(path, len(STRATEGIES), len(FEATURES))


def decisions() -> Iterator[tuple[dict, float]]:
    """Decisions of the last months and what came of each, the earliest first.

    Resolved is a conversation that neither called a person afterwards nor was misunderstood next;
    after a hand-over, one that a person answered. The last day is left out: it may go on.
    """
    now = timezone.now()
    rows = (
        Message.objects.filter(
            author=Message.Author.CUSTOMER,
            at__gte=now - timedelta(days=DAYS),
            at__lt=now - timedelta(days=1),
            understanding__has_key="strategy",
        )
        .select_related("conversation")
        .order_by("at", "pk")
    )
    for row in rows.iterator(500):
        decided = row.understanding["strategy"]
        after = list(row.conversation.messages.filter(seq__gt=row.seq))
        answered = any(one.author == Message.Author.AGENT for one in after)
        if decided["name"] == "hand_over":
            resolved = answered
        else:
            following = [one for one in after if one.author == Message.Author.CUSTOMER]
            wanted = {
                name for one in following for name, _sure in one.understanding.get("intents", [])
            }
            lost = following and "unclear" in following[0].understanding.get("acts", [])
            waiting = row.conversation.state == Conversation.State.WAITING
            resolved = not (answered or waiting or wanted & GIVEN_UP or lost)
        yield decided, reward(decided["name"], resolved=resolved, rating=row.conversation.rating)


def gathered() -> Log:
    """The log as arrays. Raises NotEnoughData."""
    rows = [
        (decided, value)
        for decided, value in decisions()
        if decided["name"] in COSTS and 0 < decided["p"] < 1
    ]
    if len(rows) < LEAST:
        raise NotEnoughData(f"{len(rows)} decisions are logged; {LEAST} are needed.")
    return Log(
        np.array([decided["x"] for decided, _value in rows]),
        np.array([STRATEGIES.index(decided["name"]) for decided, _value in rows]),
        np.array([value for _decided, value in rows]),
        np.array([decided["p"] for decided, _value in rows]),
    )


def rules_policy(x: np.ndarray) -> np.ndarray:
    """What the written rules do with what can be chosen at all: they answer."""
    return np.tile(np.eye(len(STRATEGIES))[STRATEGIES.index("answer")], (len(x), 1))


def train() -> ModelVersion:
    """Learn from the earlier two thirds, value it on the later third, and pass it by the gate.

    A candidate has to be worth at least what the active model, or else the written rules, are worth
    on the same decisions (self-normalised inverse propensities). Raises NotEnoughData.
    """
    known = gathered()
    early = np.arange(len(known.arms)) < 2 * len(known.arms) // 3
    learned, held = known.part(early), known.part(~early)

    def fit(active: ModelVersion | None) -> Trained:
        model = bandit().fit(learned.x, learned.arms, learned.rewards)
        rules = snips(held, rules_policy)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics={
                "value": round(snips(held, model.policy()), 4),
                "value_of_rules": round(rules, 4),
                "decisions": len(known.arms),
            },
            gated=("value",),
            active_metrics=_of_active(active, held),
            floor={"value": rules},
        )

    return refresh(CAPABILITY, f"{len(known.arms)}:{known.rewards.sum():.4f}", fit)


def _of_active(active: ModelVersion | None, held: Log) -> dict[str, float] | None:
    if active is None:
        return None
    try:
        model = _load(registry.verify(active), active)
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError) as error:
        log.warning("the active choice of strategies cannot be compared: %s", error)
        return active.metrics
    return {"value": snips(held, model.policy())}
