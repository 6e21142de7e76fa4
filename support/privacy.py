"""What support knows of a person: their chats, and how it lets go of them."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation import retraining, vector_cache
from shop.privacy.download import Section, table
from shop.privacy.erasers import changed, deleted
from shop.privacy.erasure import Done
from shop.privacy.people import Person
from shop.privacy.register import Erasure
from shop.privacy.sections import read_rows, reads
from support.models import Conversation, Correction, Glance, Message, Note, Picture
from support.serving import INTENTS

PAGES = ("support:thread", "api-conversation", "admin:support_conversation_")
"""Pages of staff that show one chat, by the beginning of their name."""


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
            "email": (_("e-mail"), "email"),
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
        "chat_pictures",
        _("Pictures in your chats"),
        Picture.objects.filter(message__conversation__in=mine).select_related("message"),
        {
            "chat": (_("chat"), lambda row: row.message.conversation_id),
            "at": (_("time"), lambda row: row.message.at),
            "address": (_("address"), lambda row: reverse("support:picture", args=[row.key])),
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
    yield table(
        "chat_glances",
        _("When an agent had one of your chats open"),
        Glance.objects.filter(conversation__in=mine).order_by("at"),
        {"chat": (_("chat"), "conversation_id"), "at": (_("time"), "at")},
    )
    ids = list(mine.values_list("pk", flat=True))
    pages = dict.fromkeys(PAGES, ids)
    yield reads(pages, "chat_reads")


def erase(person: Person) -> Iterator[Done]:
    """Chats go with all they hold, and with what trainings took from them."""
    mine = conversations(person)
    messages = Message.objects.filter(conversation__in=mine)
    corrections = Correction.objects.filter(message__in=messages)
    texts = list(messages.filter(author=Message.Author.CUSTOMER).values_list("text", flat=True))
    texts += corrections.values_list("text", flat=True)
    yield Done("vectors", Erasure.DELETE, vector_cache.forget(texts))
    if corrections.exists():
        yield Done("models", Erasure.UNLINK, retraining.mark_outdated([INTENTS]))
    ids = list(mine.values_list("pk", flat=True))
    pages = dict.fromkeys(PAGES, ids)
    yield changed(read_rows(pages), Erasure.UNLINK, subject="")  # type: ignore[arg-type]
    yield deleted(corrections)
    yield deleted(Note.objects.filter(conversation__in=mine))
    yield deleted(Glance.objects.filter(conversation__in=mine))
    pictures = Picture.objects.filter(message__in=messages)
    for picture in pictures:
        picture.file.delete(save=False)
    yield deleted(pictures)
    yield deleted(messages)
    yield deleted(mine)
