"""What changes a conversation: messages, answers, hand-over."""

import logging
import re
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext, override

from shop.models import Customer, User
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from support import knowledge_files, writing
from support.models import Conversation, Correction, Message, Note

log = logging.getLogger(__name__)
MAX_LENGTH = 4000
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Halves of characters: JSON can name them, no database can keep them."""
CLIENT_ID = re.compile("[^\x00\ud800-\udfff]{1,40}", re.DOTALL)
State, Author = Conversation.State, Message.Author
KEPT = ["last_seq", "state", "agent", "memory", "waiting_since", "updated_at"]
URGENCY_FADES = 0.7
"""How much of a conversation's urgency is left one message later."""


@dataclass(frozen=True)
class Reply:
    """What the assistant says: a text, cards and quick replies in ``payload``.

    ``understanding`` is what it took the message for: intents, slots, feeling, what it did.
    """

    text: str
    payload: dict = field(default_factory=dict)
    hand_over: bool = False
    understanding: dict = field(default_factory=dict)


def open_conversation(*, visitor: str, customer: Customer | None) -> Conversation:
    """Return the visitor's open conversation, or start one. Signing in takes it along."""
    own = Conversation.objects.exclude(state=State.CLOSED)
    found = own.filter(visitor=visitor).first()
    if found is None and customer is not None:
        found = own.filter(customer=customer).first()
    if found is None:
        return Conversation.objects.create(visitor=visitor, customer=customer)
    if customer is not None and found.customer_id != customer.pk:
        if found.customer_id is not None:
            return Conversation.objects.create(visitor=visitor, customer=customer)
        found.customer = customer
        found.save(update_fields=["customer", "updated_at"])
    return found


def _append(
    conversation: Conversation,
    author: str,
    text: str,
    *,
    payload: dict | None = None,
) -> Message:
    """Write the next message of staff or the system. The caller holds the conversation's lock."""
    conversation.last_seq += 1
    conversation.save(update_fields=KEPT)
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        author=author,
        text=text,
        payload=payload or {},
    )


def _locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


def storable(text: str) -> str:
    """The text without what no database can keep."""
    return LONE_SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def clean_text(text: object) -> str:
    """Return a message's text; raise Refused when it is none, empty or too long."""
    if not isinstance(text, str):
        raise Refused(RefusalCode.INVALID_INPUT)
    cleaned = storable(text).strip()
    if not cleaned or len(cleaned) > MAX_LENGTH:
        raise Refused(RefusalCode.MESSAGE_LENGTH, maximum=MAX_LENGTH)
    return cleaned


def say(*, conversation: Conversation, text: object, client_id: object) -> list[Message]:
    """Take a customer's message and answer it. The same client id again changes nothing.

    Returns the messages that are new: the customer's, and the assistant's answer if it has the
    word.
    """
    cleaned = clean_text(text)
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise Refused(RefusalCode.INVALID_INPUT)
    try:
        own = writing.append_customer(conversation, cleaned, client_id)
    except writing.SaidBefore:
        known = conversation.messages.get(client_id=client_id)
        return list(conversation.messages.filter(seq__gte=known.seq))
    if conversation.state != State.BOT:
        return [own]
    return [own, *_answer(conversation, own)]


def _answer(conversation: Conversation, asked: Message) -> list[Message]:
    from support import dialogue

    try:
        reply, memory = dialogue.reply_to(conversation, asked.text)
    except Exception:
        log.exception("the assistant could not answer in conversation %s", conversation.pk)
        reply, memory = dialogue.out_of_order(asked.text), {}
    conversation.memory = memory
    asked.understanding = reply.understanding
    pressing = float(reply.understanding.get("urgency", 0.0))
    conversation.urgency = max(pressing, URGENCY_FADES * conversation.urgency)
    conversation.language = reply.understanding.get("language", conversation.language)
    said = Message(author=Author.BOT, text=reply.text, payload=reply.payload)
    # False: an agent took the word while the assistant was thinking.
    written = writing.append_answer(conversation, asked, said, hand_over=reply.hand_over)
    return [said] if written else []


@transaction.atomic
def take_over(*, conversation: Conversation, agent: User) -> Conversation:
    """An agent takes the word; the assistant is silent from then on.

    Raises Refused when another agent has it already: two never get the same chat.
    """
    conversation = _locked(conversation)
    _give_to(conversation, agent)
    conversation.save(update_fields=["state", "agent", "waiting_since", "updated_at"])
    return conversation


def _give_to(conversation: Conversation, agent: User) -> None:
    other = conversation.agent_id not in (None, agent.pk)
    if conversation.state == State.AGENT and other:
        raise Refused(RefusalCode.TAKEN, agent=str(conversation.agent))
    conversation.state, conversation.agent = State.AGENT, agent
    conversation.waiting_since = None


@transaction.atomic
def agent_says(*, conversation: Conversation, agent: User, text: object) -> Message:
    cleaned = clean_text(text)
    conversation = _locked(conversation)
    _give_to(conversation, agent)
    return _append(conversation, Author.AGENT, cleaned)


@transaction.atomic
def close(*, conversation: Conversation) -> None:
    """End a conversation; the customer is asked how it was."""
    conversation = _locked(conversation)
    if conversation.state == State.CLOSED:
        return
    conversation.state, conversation.waiting_since = State.CLOSED, None
    conversation.memory = {}
    with override("zh-hans" if conversation.language == "zh" else "en"):
        text = gettext("This conversation is closed. How was it?")
    _append(conversation, Author.SYSTEM, text, payload={"rate": str(conversation.uuid)})


@transaction.atomic
def hand_back(*, conversation: Conversation) -> None:
    """Give the word back to the assistant."""
    conversation = _locked(conversation)
    conversation.state, conversation.agent, conversation.memory = State.BOT, None, {}
    conversation.waiting_since = None
    conversation.save(update_fields=["state", "agent", "memory", "waiting_since", "updated_at"])


def rate(*, conversation: Conversation, stars: object, comment: object = "") -> Conversation:
    """Keep what the customer thought of the conversation: 1 to 5, and a word if they like."""
    if type(stars) is not int or not 1 <= stars <= 5 or not isinstance(comment, str):
        raise Refused(RefusalCode.INVALID_INPUT)
    conversation.rating = stars
    conversation.rating_comment = storable(comment).strip()[:1000]
    conversation.save(update_fields=["rating", "rating_comment"])
    return conversation


def add_note(*, conversation: Conversation, agent: User, text: object) -> Note:
    """Leave a note for the other agents."""
    return Note.objects.create(
        conversation=conversation, author=agent, text=clean_text(text)[:2000]
    )


def correct_intent(*, message: Message, intent: str, agent: User) -> Correction:
    """Say what a message really wanted; the next training learns it, if its writer allows that."""
    if intent not in knowledge_files.intent_names() or message.author != Author.CUSTOMER:
        raise Refused(RefusalCode.INVALID_INPUT)
    talk = message.conversation
    if not consent.person_allows(talk.customer, talk.visitor, consent.CHAT_TRAINING):
        raise Refused(RefusalCode.NO_CONSENT)
    taken_for = message.understanding.get("intents") or [["", 0]]
    return Correction.objects.update_or_create(
        message=message,
        defaults={"text": message.text, "intent": intent, "before": taken_for[0][0], "by": agent},
    )[0]


def act(*, conversation: Conversation, agent: User, act: str, text: object = "") -> None:
    """What an agent can do: ``say``, leave a ``note``, ``take`` the word, give it ``back``,
    ``close``."""
    if act == "say":
        agent_says(conversation=conversation, agent=agent, text=text)
    elif act == "note":
        add_note(conversation=conversation, agent=agent, text=text)
    elif act == "take":
        take_over(conversation=conversation, agent=agent)
    elif act == "back":
        hand_back(conversation=conversation)
    elif act == "close":
        close(conversation=conversation)
