"""The state machine: one message in, one answer out, and what to remember.

Memory is JSON: ``flow`` is what is going on (its name, the slots filled, what was asked last),
``stack`` what was interrupted, ``listed`` and ``products`` what was shown last, ``order`` and
``product`` what was talked of last, ``undo`` the last change that can be taken back, ``misses``
how often in a row nothing was understood.
"""

import re
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import override

from recommend.selectors.finding import need_of
from support import strategies
from support.dialogue import actions, articles, fillers, phrases
from support.dialogue.policies import Flow, Slot, flow_of, flows, limited_to
from support.dialogue.turn import LANGUAGES, Turn, answer, quick
from support.dialogue.understanding import LIKELY, SMALL_TALK, SURE, Intent, intents_of
from support.learning import slots as slot_finder
from support.learning.mood import mood
from support.models import Article, Conversation
from support.services import Reply

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")
FREE_TEXT = {"street", "town"}
"""Slots that nearly any text would fit: a clear other intent goes first."""
MAX_MISSES = 2
MAX_STACK = 3
UPSET = -0.6


def language_of(text: str, otherwise: str = "en") -> str:
    """``zh`` with Chinese characters, ``en`` with words in Latin letters, else as before."""
    if CHINESE.search(text):
        return "zh"
    return "en" if LATIN.search(slot_finder.ORDER_NUMBER.sub("", text)) else otherwise


def out_of_order(text: str) -> Reply:
    language = language_of(text)
    return Reply(answer("broken", language), {"quick": []})


def about_picture(conversation: Conversation) -> tuple[Reply, dict]:
    """The answer to a picture without a word; what was going on goes on."""
    language = conversation.memory.get("language") or conversation.language
    language = language if language in LANGUAGES else "en"
    payload = {"quick": [quick("person", language)]}
    record = {"language": language, "acts": ["picture"]}
    return Reply(answer("picture", language), payload, understanding=record), conversation.memory


def nobody_there(reply: Reply) -> Reply:
    """A hand-over while no agent is there: the customer may leave a message and an address."""
    words = answer("nobody_there", reply.understanding.get("language", "en"))
    payload = {**reply.payload, "offline": True}
    return replace(reply, text=f"{reply.text}\n{words}", payload=payload)


def reply_to(conversation: Conversation, text: str) -> tuple[Reply, dict]:
    """Return the answer and what to remember."""
    language = language_of(text, conversation.memory.get("language", "en"))
    with override("zh-hans" if language == "zh" else "en"):
        turn = Turn(
            conversation=conversation,
            text=text,
            language=language,
            slots=slot_finder.find(text, timezone.localdate()),
            mood=mood(text),
            memory={**conversation.memory, "language": language},
        )
        understood = _answer(turn)
    if turn.hand_over:
        # Whoever takes over goes by the words; what could be chosen of the assistant is gone.
        turn.memory, turn.quick = {"language": language}, []
    payload: dict = {}
    if turn.cards:
        payload["cards"] = turn.cards
    if turn.quick:
        payload["quick"] = turn.quick
    record = {
        "intents": [[intent.name, round(intent.confidence, 3)] for intent in understood],
        "nearest": understood[0].nearest if understood else "",
        "slots": turn.slots.as_dict(),
        "feeling": turn.mood.feeling,
        "urgency": turn.mood.urgency,
        "language": language,
        "acts": turn.acts,
    }
    if turn.strategy:
        record["strategy"] = turn.strategy
    return Reply(turn.reply, payload, turn.hand_over, record), turn.memory


def _answer(turn: Turn) -> list[Intent]:
    """Fill the turn; return the intents that were acted on."""
    if phrases.UNDO.match(turn.text.strip()):
        actions.undo(turn)
        return []
    if turn.memory.get("flow"):
        return _in_flow(turn)
    if phrases.DO_NOT.search(turn.text):
        turn.say("kept_as_is")
        return []
    pattern = next(
        (f for f in flows().values() if f.pattern and re.search(f.pattern, turn.text)), None
    )
    if pattern is not None:
        _start(turn, pattern)
        return []
    if phrases.STOP.match(turn.text.strip()):
        turn.say("stopped")
        return []
    topic = turn.memory.get("topic")
    pointing = turn.slots.ordinals or turn.slots.that
    shown = turn.memory.get("listed")
    follows = phrases.FOLLOW_UP.match(turn.text.strip())
    if topic and pointing and (follows or (shown and phrases.PLACE.match(turn.text.strip()))):
        return _do(turn, [Intent(topic, 1.0)])
    return _do(turn, intents_of(turn.text))


def _do(turn: Turn, intents: list[Intent]) -> list[Intent]:
    """Act on the intents: answers first, then the flow that asks something; a second one waits."""
    if turn.slots.orders and intents[0].confidence < SURE:
        intents = [Intent("track_order", 1.0)]
    intents = _within_limits(turn, intents)
    strategy = strategies.pick(turn, intents)
    if strategy == "unclear":
        _unclear(turn, intents[0])
        return intents
    if strategy == "hand_over":
        turn.say("person")
        turn.hand_over = True
        return intents
    if strategy == "clarify":
        turn.say("clarify")
        turn.memory["misses"] = 1
        turn.quick = [intents[0].nearest, quick("person", turn.language)]
        return intents
    turn.memory.pop("misses", None)
    if intents[0].name in flow_of():
        turn.memory["topic"] = intents[0].name
    if turn.mood.feeling <= UPSET and intents[0].name not in ("complaint", "human"):
        turn.say("calm")
    asking = [intent for intent in intents if _slots_of(intent)]
    for intent in intents:
        if intent not in asking:
            _simple(turn, intent)
    for intent in reversed(asking[1:]):
        _push(turn, {"name": flow_of()[intent.name].name, "slots": {}, "asked": ""})
    if asking and not turn.hand_over:
        _start(turn, flow_of()[asking[0].name], intent=asking[0].name)
    if strategy == "offer" and not turn.hand_over:
        person = quick("person", turn.language)
        turn.quick = [*(one for one in turn.quick if one != person), person]
    return intents


def _within_limits(turn: Turn, intents: list[Intent]) -> list[Intent]:
    """Whoever says what something may cost wants to choose, however much it sounds like a price.

    So does who is not understood but for the limit. Unless one is pointed at: "is the second one
    under $100?" is about that one.
    """
    if turn.slots.ordinals or turn.slots.that or not need_of(turn.text).is_limited:
        return intents
    meant = limited_to()
    choice = meant["price"].intents[0]
    read = [
        Intent(choice, 1.0) if intent.name in meant or intent.confidence < LIKELY else intent
        for intent in intents
    ]
    return list({intent.name: intent for intent in read}.values())


def _slots_of(intent: Intent) -> bool:
    flow = flow_of().get(intent.name)
    return bool(flow and (flow.slots or flow.confirm))


def _simple(turn: Turn, intent: Intent) -> None:
    flow = flow_of().get(intent.name)
    if flow is not None:
        if flow.sign_in and turn.customer is None:
            turn.say("ask_sign_in")
        else:
            actions.ACTIONS[flow.action](turn, {})
        return
    if intent.name == "out_of_scope" and _quoted(turn):
        return
    turn.say(intent.name)
    if intent.name == "greet":
        turn.offer("where", "return", "person")
    elif intent.name in ("payment_problem", "registration_problem", "warranty"):
        turn.offer("person")


def _quoted(turn: Turn) -> bool:
    """Answer from the knowledge base, naming the source; False when nothing fits."""
    passage = articles.find(turn.text, turn.language)
    if passage is None:
        return False
    article = Article.objects.filter(pk=passage.article_id).first()
    if article is None:
        return False
    turn.acts.append("article")
    turn.said.append(passage.text)
    turn.cards.append(
        {"kind": "article", "title": passage.title, "text": "", "url": article.get_absolute_url()}
    )
    return True


def _unclear(turn: Turn, intent: Intent) -> None:
    if _quoted(turn):
        return
    misses = turn.memory.get("misses", 0) + 1
    if misses >= MAX_MISSES:
        turn.say("person")
        turn.hand_over = True
        return
    turn.memory["misses"] = misses
    turn.say("unclear")
    turn.offer("where", "return", "person")


def _start(turn: Turn, flow: Flow, *, intent: str = "") -> None:
    if flow.sign_in and turn.customer is None:
        turn.say("ask_sign_in")
        return
    turn.memory["flow"] = {"name": flow.name, "slots": {}, "asked": ""}
    if intent == "wrong_item":
        # What is broken or wrong is the reason already.
        found = fillers.reason(turn, {})
        turn.memory["flow"]["slots"]["reason"] = found.value or "wrong_item"
    _advance(turn, flow)


def _advance(turn: Turn, flow: Flow) -> None:
    """Fill slots from the message as far as it goes, then ask, confirm or act."""
    state = turn.memory["flow"]
    values, asked = state["slots"], state["asked"]
    for slot in flow.slots:
        if slot.name in values:
            continue
        found = fillers.FILLERS[slot.kind](turn, values)
        if found.value is not None:
            values[slot.name] = found.value
            state.setdefault("shown", {})[slot.name] = found.shown
            continue
        if found.nothing:
            turn.say(flow.empty or "stopped")
            _finish(turn)
        elif found.problem and asked != slot.name:
            turn.say(found.problem, **found.about)
            _finish(turn)
        else:
            if found.problem:
                turn.say(found.problem, **found.about)
            _ask(turn, slot, found)
        return
    if flow.confirm:
        state["asked"] = "confirm"
        _ask_to_confirm(turn, flow)
        return
    actions.ACTIONS[flow.action](turn, values)
    _finish(turn)


def _ask(turn: Turn, slot: Slot, found: fillers.Found) -> None:
    state = turn.memory["flow"]
    state["asked"] = slot.name
    turn.say(slot.ask)
    turn.quick = [choice.label for choice in found.choices]
    if slot.name == "order":
        turn.memory["listed"] = [choice.value for choice in found.choices]


def _ask_to_confirm(turn: Turn, flow: Flow) -> None:
    state = turn.memory["flow"]
    turn.say(flow.confirm, **{**state["slots"], **state.get("shown", {})})
    turn.offer("yes", "no")


def _finish(turn: Turn) -> None:
    """The flow is over; one that it interrupted goes on."""
    turn.memory.pop("flow", None)
    stack = turn.memory.get("stack") or []
    if not stack or turn.hand_over:
        turn.memory.pop("stack", None)
        return
    turn.memory["flow"] = stack.pop()
    turn.memory["stack"] = stack
    _resume(turn)


def _push(turn: Turn, state: dict) -> None:
    turn.memory["stack"] = [*(turn.memory.get("stack") or []), state][-MAX_STACK:]


def _resume(turn: Turn) -> None:
    """Ask again what was asked before the interruption, without taking this message for it."""
    flow = flows()[turn.memory["flow"]["name"]]
    turn.say("back_to")
    turn.quick = []
    turn.text, turn.slots = "", slot_finder.Slots()
    _advance(turn, flow)


def _in_flow(turn: Turn) -> list[Intent]:
    state = turn.memory["flow"]
    flow = flows()[state["name"]]
    text = turn.text.strip()
    if phrases.STOP.match(text):
        turn.say("stopped")
        turn.memory.pop("flow")
        turn.memory.pop("stack", None)
        return []
    if state["asked"] == "confirm":
        return _confirmation(turn, flow)
    slot = next(slot for slot in flow.slots if slot.name == state["asked"])
    intents: list[Intent] | None = None
    if slot.kind in FREE_TEXT:
        intents = intents_of(turn.text)
        if _interrupts(intents, flow, 0.8):
            return _interrupt(turn, intents)
    found = fillers.FILLERS[slot.kind](turn, state["slots"])
    if found.value is not None or found.problem:
        state.pop("misses", None)
        _advance(turn, flow)
        return intents or []
    intents = intents or intents_of(turn.text)
    if _interrupts(intents, flow, SURE):
        return _interrupt(turn, intents)
    state["misses"] = state.get("misses", 0) + 1
    if state["misses"] > MAX_MISSES:
        turn.say("stopped")
        turn.offer("person")
        _finish(turn)
        return intents
    if found.choices:
        turn.say("choose_one")
    _advance(turn, flow)
    return intents


def _interrupts(intents: list[Intent], flow: Flow, least: float) -> bool:
    first = intents[0]
    own = {*flow.intents, "out_of_scope"} if len(intents) == 1 else set()
    return first.confidence >= least and first.name not in own


def _interrupt(turn: Turn, intents: list[Intent]) -> list[Intent]:
    """Do the other thing; then come back to this one."""
    waiting = turn.memory.pop("flow")
    if any(_slots_of(intent) for intent in intents):
        _push(turn, waiting)
        before = turn.memory.get("stack")
        done = _do(turn, intents)
        if (
            not turn.hand_over
            and not turn.memory.get("flow")
            and turn.memory.get("stack") == before
        ):
            _finish(turn)
        return done
    done = _do(turn, intents)
    if not turn.hand_over:
        turn.memory["flow"] = waiting
        _resume(turn)
    return done


def _confirmation(turn: Turn, flow: Flow) -> list[Intent]:
    state = turn.memory["flow"]
    if _corrected(turn, flow):
        return []
    if phrases.is_yes(turn.text) and not turn.slots.orders:
        turn.memory.pop("flow")
        actions.ACTIONS[flow.action](turn, state["slots"])
        turn.memory["flow"] = state
        _finish(turn)
        return []
    if phrases.is_no(turn.text) or phrases.DO_NOT.search(turn.text):
        turn.say(flow.kept or "stopped")
        _finish(turn)
        return []
    intents = intents_of(turn.text)
    if _interrupts(intents, flow, SURE) and intents[0].name not in SMALL_TALK:
        return _interrupt(turn, intents)
    state["misses"] = state.get("misses", 0) + 1
    if state["misses"] > MAX_MISSES:
        turn.say(flow.kept or "stopped")
        _finish(turn)
        return intents
    turn.say("yes_or_no")
    _ask_to_confirm(turn, flow)
    return intents


def _corrected(turn: Turn, flow: Flow) -> bool:
    """Another order was named instead of a yes or a no: ask for that one."""
    state = turn.memory["flow"]
    slot = next((slot for slot in flow.slots if slot.name == "order"), None)
    if slot is None:
        return False
    current = state["slots"].get("order")
    filler = fillers.FILLERS[slot.kind]
    if turn.slots.orders or turn.slots.ordinals or turn.slots.latest:
        found = filler(turn, state["slots"])
    elif phrases.OTHER.search(turn.text):
        turn.memory.pop("order", None)
        others = [choice for choice in filler(turn, {}).choices if choice.value != current]
        found = (
            fillers.Found(others[0].value, others[0].label)
            if len(others) == 1
            else fillers.Found(choices=others)
        )
        if not others:
            return False
    else:
        return False
    if found.problem:
        turn.say(found.problem, **found.about)
        _ask_to_confirm(turn, flow)
        return True
    if found.value is None and not found.choices:
        return False
    if found.value == current:
        _ask_to_confirm(turn, flow)
        return True
    state["slots"].clear()
    if found.value is None:
        _ask(turn, slot, found)
        return True
    state["slots"]["order"] = found.value
    state["shown"] = {"order": found.shown}
    _advance(turn, flow)
    return True
