"""What agents do beside answering: be there, take the next, pass on, look."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from shop.models import User
from shop.refusals import RefusalCode, Refused
from support import selectors, services
from support.models import Conversation, Glance, Note, Presence

State = Conversation.State
SEEN_EVERY = timedelta(seconds=20)
"""A presence is written no more often than this."""


def be_there(*, agent: User) -> Presence:
    """Note that an agent has the console open."""
    now = timezone.now()
    found, new = Presence.objects.get_or_create(agent=agent, defaults={"seen_at": now})
    if not new and now - found.seen_at > SEEN_EVERY:
        found.seen_at = now
        found.save(update_fields=["seen_at"])
    return found


def set_presence(*, agent: User, away: bool, capacity: object) -> Presence:
    """Say whether one is there, and how many chats at once one takes (1 to 20)."""
    if not isinstance(capacity, int) or not 1 <= capacity <= 20:
        raise Refused(RefusalCode.INVALID_INPUT)
    values = {"away": away, "capacity": capacity, "seen_at": timezone.now()}
    return Presence.objects.update_or_create(agent=agent, defaults=values)[0]


@transaction.atomic
def take_next(*, agent: User) -> Conversation | None:
    """Give an agent the conversation that needs somebody most; None when nobody waits.

    Raises Refused when the agent has as many chats as they take at once.
    """
    # The row is the agent's own lock: two clicks at once do not go beyond the capacity.
    be_there(agent=agent)
    presence = Presence.objects.select_for_update().get(agent=agent)
    if selectors.chats_of(agent).count() >= presence.capacity:
        raise Refused(RefusalCode.AGENT_FULL, agent=str(agent))
    waiting = Conversation.objects.filter(state=State.WAITING).order_by(*selectors.BY_NEED)
    found = waiting.select_for_update(skip_locked=True).first()
    if found is None:
        return None
    services.give_to(found, agent)
    found.save(update_fields=services.KEPT)
    return found


@transaction.atomic
def transfer(*, conversation: Conversation, agent: User, to: str) -> None:
    """Pass a conversation on: ``queue:<name>``, where it waits again, or ``agent:<id>``.

    A colleague has to be there and to have room; a note says who passed it on.
    """
    kind, _colon, name = to.partition(":")
    conversation = services.locked(conversation)
    if conversation.state == State.CLOSED:
        raise Refused(RefusalCode.INVALID_INPUT)
    services.refuse_other(conversation, agent)
    if kind == "queue" and name in Conversation.Queue.values:
        conversation.queue, conversation.agent = name, None
        conversation.state = State.WAITING
        conversation.waiting_since = conversation.waiting_since or timezone.now()
        whom = str(Conversation.Queue(name).label)
    elif kind == "agent" and name.isascii() and name.isdigit() and len(name) < 10:
        other = selectors.agents_there().filter(agent_id=int(name)).select_for_update().first()
        if other is None or other.agent_id == agent.pk:
            raise Refused(RefusalCode.INVALID_INPUT)
        if selectors.chats_of(other.agent).count() >= other.capacity:
            raise Refused(RefusalCode.AGENT_FULL, agent=str(other.agent))
        conversation.agent = None
        services.give_to(conversation, other.agent)
        whom = str(other.agent)
    else:
        raise Refused(RefusalCode.INVALID_INPUT)
    conversation.save(update_fields=[*services.KEPT, "queue"])
    text = gettext("Passed on to %(whom)s.") % {"whom": whom}
    Note.objects.create(conversation=conversation, author=agent, text=text)


def look(*, conversation: Conversation, agent: User, seen: int, typing: bool) -> None:
    """Note that an agent has a conversation before them, up to which message, and whether they
    type. What they have seen never goes back."""
    now = timezone.now()
    values: dict = {"at": now}
    if typing:
        values["typing_at"] = now
    Glance.objects.update_or_create(conversation=conversation, agent=agent, defaults=values)
    if seen > conversation.agent_read:
        Conversation.objects.filter(
            pk=conversation.pk, agent_read__lt=seen, last_seq__gte=seen
        ).update(agent_read=seen, read_at=now)


def customer_saw(*, conversation: Conversation, seen: int) -> None:
    """Note up to which message the customer has seen; it never goes back."""
    Conversation.objects.filter(
        pk=conversation.pk, customer_read__lt=seen, last_seq__gte=seen
    ).update(customer_read=seen)
