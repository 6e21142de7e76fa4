"""What support knows of a person: their chats, and how it lets go of them."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shop.privacy.download import Section, table
from shop.privacy.people import Person
from shop.privacy.sections import reads
from support.models import Conversation, Message, Note


def conversations(person: Person) -> QuerySet[Conversation]:
    """The customer's chats, and those of their browser before they signed in."""
    before = Q(customer=None, visitor__in=person.visitors)
    return Conversation.objects.filter(Q(customer_id=person.customer) | before)


def sections(person: Person) -> Iterator[Section]:
    mine = conversations(person).order_by("pk")
    yield table(
        "chats",
        _("Chats"),
        mine,
        {
            "chat": (_("chat"), "pk"),
            "started": (_("started"), "created_at"),
            "state": (_("state"), lambda row: row.get_state_display()),
            "language": (_("language"), "language"),
            "rating": (_("rating"), "rating"),
            "comment": (_("comment"), "rating_comment"),
        },
    )
    yield table(
        "chat_messages",
        _("Messages of your chats"),
        Message.objects.filter(conversation__in=mine),
        {
            "chat": (_("chat"), "conversation_id"),
            "at": (_("time"), "at"),
            "author": (_("author"), lambda row: row.get_author_display()),
            "text": (_("text"), "text"),
            "understood": (
                _("understanding"),
                lambda row: [name for name, _sure in row.understanding.get("intents", [])],
            ),
        },
    )
    yield table(
        "chat_notes",
        _("What our agents noted about your chats"),
        Note.objects.filter(conversation__in=mine),
        {
            "chat": (_("chat"), "conversation_id"),
            "at": (_("time"), "at"),
            "text": (_("note"), "text"),
        },
    )
    ids = list(mine.values_list("pk", flat=True))
    pages = dict.fromkeys(
        ("support:thread", "api-conversation", "admin:support_conversation_"), ids
    )
    yield reads(pages, "chat_reads")
