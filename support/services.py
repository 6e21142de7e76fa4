"""What changes a conversation: messages, answers, hand-over."""

import logging
from dataclasses import dataclass, field

from django.db import transaction

from shop.models import Customer, User
from shop.refusals import RefusalCode, Refused
from support.models import Conversation, Message

log = logging.getLogger(__name__)
MAX_LENGTH = 4000
State, Author = Conversation.State, Message.Author


@dataclass(frozen=True)
class Reply:
    """What the assistant says: a text, cards and quick replies in ``payload``."""

    text: str
    payload: dict = field(default_factory=dict)
    hand_over: bool = False


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
    client_id: str | None = None,
) -> Message:
    """Write the next message. The caller holds the conversation's lock."""
    conversation.last_seq += 1
    conversation.save(update_fields=["last_seq", "state", "agent", "memory", "updated_at"])
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        author=author,
        text=text,
        payload=payload or {},
        client_id=client_id,
    )


def _locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update().get(pk=conversation.pk)


def clean_text(text: object) -> str:
    """Return a message's text; raise Refused when it is none, empty or too long."""
    if not isinstance(text, str):
        raise Refused(RefusalCode.INVALID_INPUT)
    cleaned = text.replace("\x00", "").strip()
    if not cleaned or len(cleaned) > MAX_LENGTH:
        raise Refused(RefusalCode.MESSAGE_LENGTH, maximum=MAX_LENGTH)
    return cleaned


def say(*, conversation: Conversation, text: object, client_id: object) -> list[Message]:
    """Take a customer's message and answer it. The same client id again changes nothing.

    Returns the messages that are new: the customer's, and the assistant's answer if it has the
    word.
    """
    cleaned = clean_text(text)
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= 40 or "\x00" in client_id:
        raise Refused(RefusalCode.INVALID_INPUT)
    with transaction.atomic():
        conversation = _locked(conversation)
        known = conversation.messages.filter(client_id=client_id).first()
        if known is not None:
            return list(conversation.messages.filter(seq__gte=known.seq))
        if conversation.state == State.CLOSED:
            conversation.state = State.BOT
        own = _append(conversation, Author.CUSTOMER, cleaned, client_id=client_id)
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
    with transaction.atomic():
        conversation = _locked(conversation)
        conversation.memory = memory
        if reply.hand_over:
            conversation.state = State.WAITING
        return [_append(conversation, Author.BOT, reply.text, payload=reply.payload)]


@transaction.atomic
def take_over(*, conversation: Conversation, agent: User) -> Conversation:
    """An agent takes the word; the assistant is silent from then on."""
    conversation = _locked(conversation)
    conversation.state, conversation.agent = State.AGENT, agent
    conversation.save(update_fields=["state", "agent", "updated_at"])
    return conversation


@transaction.atomic
def agent_says(*, conversation: Conversation, agent: User, text: object) -> Message:
    cleaned = clean_text(text)
    conversation = _locked(conversation)
    conversation.state, conversation.agent = State.AGENT, agent
    return _append(conversation, Author.AGENT, cleaned)


@transaction.atomic
def close(*, conversation: Conversation) -> None:
    conversation = _locked(conversation)
    conversation.state = State.CLOSED
    conversation.save(update_fields=["state", "updated_at"])


@transaction.atomic
def hand_back(*, conversation: Conversation) -> None:
    """Give the word back to the assistant."""
    conversation = _locked(conversation)
    conversation.state, conversation.agent, conversation.memory = State.BOT, None, {}
    conversation.save(update_fields=["state", "agent", "memory", "updated_at"])


def act(*, conversation: Conversation, agent: User, act: str, text: object = "") -> None:
    """What an agent can do: ``say``, ``take`` the word, give it ``back``, ``close``."""
    if act == "say":
        agent_says(conversation=conversation, agent=agent, text=text)
    elif act == "take":
        take_over(conversation=conversation, agent=agent)
    elif act == "back":
        hand_back(conversation=conversation)
    elif act == "close":
        close(conversation=conversation)
