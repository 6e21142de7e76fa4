"""What changes a conversation: messages, answers, hand-over."""

import logging
import re
from dataclasses import dataclass, field

from django.core.files.base import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from shop import events
from shop.models import Customer, Event, User
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.services.photos import reencoded
from support import knowledge_files, selectors, writing
from support.models import Conversation, Correction, Message, Note, Picture

log = logging.getLogger(__name__)
MAX_LENGTH = 4000
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Halves of characters: JSON can name them, no database can keep them."""
CLIENT_ID = re.compile("[^\x00\ud800-\udfff]{1,40}", re.DOTALL)
State, Author = Conversation.State, Message.Author
KEPT = ["last_seq", "state", "agent", "memory", "waiting_since", "waited", "updated_at"]
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


def append(
    conversation: Conversation,
    author: str,
    text: str,
    *,
    payload: dict | None = None,
    client_id: str | None = None,
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
        client_id=client_id,
    )


def locked(conversation: Conversation) -> Conversation:
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


def clean_client_id(client_id: object) -> str:
    """Return a message's id of the sender's own; raise Refused when it is none."""
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise Refused(RefusalCode.INVALID_INPUT)
    return client_id


def say(*, conversation: Conversation, text: object, client_id: object) -> list[Message]:
    """Take a customer's message and answer it. The same client id again changes nothing.

    Returns the messages that are new: the customer's, and the assistant's answer if it has the
    word.
    """
    cleaned, known = clean_text(text), clean_client_id(client_id)
    try:
        own = writing.append_customer(conversation, cleaned, known)
    except writing.SaidBefore:
        return since(conversation, known)
    return [own, *_answered(conversation, own)]


def since(conversation: Conversation, client_id: str) -> list[Message]:
    """A message that was said before, and what followed it."""
    known = conversation.messages.get(client_id=client_id)
    return list(conversation.messages.filter(seq__gte=known.seq))


def show_picture(
    *, conversation: Conversation, file: File, client_id: object, text: str = ""
) -> list[Message]:
    """Take a customer's picture, written anew, with a word to it or without.

    Returns the new messages like :func:`say`. Raises Refused for what is no picture.
    """
    known = clean_client_id(client_id)
    cleaned = clean_text(text) if text.strip() else ""
    pixels = reencoded(file)
    picture = Picture()
    payload = {"pictures": [reverse("support:picture", args=[picture.key])]}
    try:
        with transaction.atomic():
            own = writing.append_customer(conversation, cleaned, known, payload)
            picture.message = own
            picture.file.save("", pixels, save=False)
            try:
                picture.save()
            except Exception:
                picture.file.delete(save=False)
                raise
    except writing.SaidBefore:
        return since(conversation, known)
    return [own, *_answered(conversation, own)]


def _answered(conversation: Conversation, own: Message) -> list[Message]:
    """The assistant's answer, if it has the word; what came in is recorded either way."""
    answer = _answer(conversation, own) if conversation.state == State.BOT else []
    _record(conversation, own)
    return answer


def _record(conversation: Conversation, said: Message) -> None:
    """Tell the shop's log of events that somebody wrote, and how much it presses; not what, and
    whose it was only with the person's consent."""
    # Of guests the log would have to be asked; their messages are counted without whose they are.
    person = conversation.customer
    who = consent.Trace() if person is None else consent.trace_of(person, conversation.visitor)
    events.record(
        Event.Kind.MESSAGE,
        visitor=who.visitor,
        customer_id=who.customer_id,
        data={"urgency": round(float((said.understanding or {}).get("urgency", 0.0)), 3)},
    )


def _answer(conversation: Conversation, asked: Message) -> list[Message]:
    from support import dialogue

    try:
        if not asked.text:
            reply, memory = dialogue.about_picture(conversation)
        else:
            reply, memory = dialogue.reply_to(conversation, asked.text)
    except Exception:
        log.exception("the assistant could not answer in conversation %s", conversation.pk)
        reply, memory = dialogue.out_of_order(asked.text), {}
    if reply.hand_over and not selectors.somebody_is_there():
        reply = dialogue.nobody_there(reply)
    return _written(conversation, asked, reply, memory)


def _written(
    conversation: Conversation, asked: Message, reply: Reply, memory: dict
) -> list[Message]:
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
    conversation = locked(conversation)
    give_to(conversation, agent)
    conversation.save(update_fields=KEPT)
    return conversation


def give_to(conversation: Conversation, agent: User) -> None:
    """Make ``agent`` the one who has the word; the caller holds the lock and saves."""
    refuse_other(conversation, agent)
    if conversation.waiting_since is not None:
        waited = timezone.now() - conversation.waiting_since
        conversation.waited = max(0, int(waited.total_seconds()))
    conversation.state, conversation.agent = State.AGENT, agent
    conversation.waiting_since = None


def refuse_other(conversation: Conversation, agent: User) -> None:
    """Raise Refused when somebody else has the word; a supervisor may act all the same."""
    other = conversation.agent_id not in (None, agent.pk)
    if conversation.state == State.AGENT and other and not selectors.supervises(agent):
        raise Refused(RefusalCode.TAKEN, agent=str(conversation.agent))


@transaction.atomic
def agent_says(
    *, conversation: Conversation, agent: User, text: object, client_id: object = None
) -> Message:
    """Say something as an agent, who has the word from then on.

    The same ``client_id`` again changes nothing: a form that is sent twice is one message.
    """
    from support import tasks

    cleaned = clean_text(text)
    key = clean_client_id(client_id) if client_id else None
    conversation = locked(conversation)
    before = conversation.messages.filter(client_id=key).first() if key else None
    if before is not None:
        return before
    if conversation.state == State.AGENT and conversation.agent_id not in (None, agent.pk):
        # Not even a supervisor speaks over a colleague: take over first.
        raise Refused(RefusalCode.TAKEN, agent=str(conversation.agent))
    give_to(conversation, agent)
    said = append(conversation, Author.AGENT, cleaned, client_id=key)
    if conversation.email:
        transaction.on_commit(lambda: tasks.mail_answer.delay(said.pk), robust=True)
    return said


@transaction.atomic
def close(*, conversation: Conversation, agent: User | None = None) -> None:
    """End a conversation; the customer is asked how it was."""
    conversation = locked(conversation)
    if conversation.state == State.CLOSED:
        return
    if agent is not None:
        refuse_other(conversation, agent)
    conversation.state, conversation.waiting_since = State.CLOSED, None
    conversation.memory = {}
    with override("zh-hans" if conversation.language == "zh" else "en"):
        text = gettext("This conversation is closed. How was it?")
    append(conversation, Author.SYSTEM, text, payload={"rate": str(conversation.uuid)})


@transaction.atomic
def hand_back(*, conversation: Conversation, agent: User | None = None) -> None:
    """Give the word back to the assistant."""
    conversation = locked(conversation)
    if agent is not None:
        refuse_other(conversation, agent)
    conversation.state, conversation.agent, conversation.memory = State.BOT, None, {}
    conversation.waiting_since = None
    conversation.save(update_fields=KEPT)


def rate(*, conversation: Conversation, stars: object, comment: object = "") -> Conversation:
    """Keep what the customer thought of the conversation: 1 to 5, and a word if they like."""
    if type(stars) is not int or not 1 <= stars <= 5 or not isinstance(comment, str):
        raise Refused(RefusalCode.INVALID_INPUT)
    conversation.rating = stars
    conversation.rating_comment = storable(comment).strip()[:1000]
    conversation.save(update_fields=["rating", "rating_comment"])
    return conversation


def thumb(*, conversation: Conversation, seq: object, helpful: object) -> Message:
    """Keep whether an answer helped; the last word counts."""
    if type(seq) is not int or not 0 < seq < 2**31 or type(helpful) is not bool:
        raise Refused(RefusalCode.INVALID_INPUT)
    answers = conversation.messages.filter(author__in=[Author.BOT, Author.AGENT])
    found = answers.filter(seq=seq).first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    found.helpful = helpful
    found.save(update_fields=["helpful"])
    return found


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


def act(
    *,
    conversation: Conversation,
    agent: User,
    act: str,
    text: object = "",
    client_id: object = None,
    to: str = "",
) -> None:
    """What an agent can do: ``say``, leave a ``note``, ``take`` the word, ``pass`` it on to a
    queue or a colleague, give it ``back``, ``close``."""
    from support import console

    if act == "say":
        agent_says(conversation=conversation, agent=agent, text=text, client_id=client_id)
    elif act == "note":
        add_note(conversation=conversation, agent=agent, text=text)
    elif act == "take":
        take_over(conversation=conversation, agent=agent)
    elif act == "pass":
        console.transfer(conversation=conversation, agent=agent, to=to)
    elif act == "back":
        hand_back(conversation=conversation, agent=agent)
    elif act == "close":
        close(conversation=conversation, agent=agent)
