"""What support reads."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from support.models import Conversation, Message


def as_json(message: Message) -> dict:
    """A message as the widget and the API get it."""
    return {
        "seq": message.seq,
        "author": message.author,
        "client_id": message.client_id,
        "text": message.text,
        "payload": message.payload,
        "at": message.at.isoformat(),
    }


def new_messages(conversation: Conversation, seq: int) -> QuerySet[Message]:
    """Messages after ``seq``, at most 200."""
    return conversation.messages.filter(seq__gt=seq)[:200]


def messages_after(conversation: Conversation, seq: int) -> list[dict]:
    return [as_json(row) for row in new_messages(conversation, seq)]


def console_list(which: str) -> QuerySet[Conversation]:
    """Conversations for the agents' console, those who wait first by who waits longest."""
    rows = Conversation.objects.select_related("customer__user", "agent")
    states = Conversation.State
    if which == "waiting":
        return rows.filter(state=states.WAITING).order_by("updated_at")
    if which == "all":
        return rows.exclude(last_seq=0)
    return rows.filter(state__in=[states.WAITING, states.AGENT]).order_by("state", "-updated_at")


def dashboard() -> dict:
    """Figures for the administrator's start page."""
    states = Conversation.State
    return {
        "title": _("Support"),
        "figures": [
            {
                "label": _("Waiting for a person"),
                "value": Conversation.objects.filter(state=states.WAITING).count(),
                "url": reverse("support:console"),
            },
            {
                "label": _("With an agent"),
                "value": Conversation.objects.filter(state=states.AGENT).count(),
            },
            {"label": _("Conversations"), "value": Conversation.objects.count()},
        ],
    }
