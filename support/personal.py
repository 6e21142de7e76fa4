"""What support holds about people, for the register of :mod:`shop.privacy.register`."""

from django.utils.translation import gettext_lazy as _

from shop.privacy.register import (
    ACCOUNT,
    CHATS,
    PURPOSES,
    Erasure,
    NotPersonal,
    Personal,
    Reader,
)

_support, _work = PURPOSES["support"], PURPOSES["work"]
_SEEN = (Reader.SUPPORT, Reader.ADMINISTRATORS)

DECLARED = (
    Personal(
        "support.Conversation",
        (
            *("customer", "visitor", "memory", "language"),
            *("rating", "rating_comment", "customer_read"),
        ),
        _("Your conversations in the chat and what you thought of them"),
        *(_support, CHATS, _SEEN, Erasure.DELETE),
        person="customer",
        since="updated_at",
    ),
    Personal(
        "support.Conversation",
        ("email",),
        _("The address you left for an answer when nobody was there"),
        *(_support, CHATS, _SEEN, Erasure.DELETE),
        person="customer",
        since="updated_at",
    ),
    Personal(
        "support.Picture",
        ("file",),
        _("Pictures that you sent in the chat, without place and camera"),
        *(_support, CHATS, _SEEN, Erasure.DELETE),
        person="message__conversation__customer",
        since="message__conversation__updated_at",
    ),
    Personal(
        "support.Message",
        ("text", "payload", "understanding", "client_id"),
        _("What was written in the chat, and what the assistant took it for"),
        *(_support, CHATS, _SEEN, Erasure.DELETE),
        person="conversation__customer",
        since="conversation__updated_at",
    ),
    NotPersonal("support.Opinion", ("aspect", "topic", "feeling", "language"), "figures of a text"),
    Personal(
        "support.Note",
        ("text",),
        _("What agents told each other about a conversation"),
        *(_support, CHATS, _SEEN, Erasure.DELETE),
        person="conversation__customer",
        since="at",
    ),
    Personal(
        "support.Correction",
        ("message", "text"),
        _("Messages from which the assistant learns"),
        *(PURPOSES["chat_training"], CHATS, (*_SEEN, Reader.MODELS), Erasure.DELETE),
        person="message__conversation__customer",
        since="at",
    ),
    Personal(
        "support.Conversation",
        ("agent",),
        _("Which agent answered"),
        *(_work, CHATS, _SEEN, Erasure.KEEP),
        since="updated_at",
        exported=False,
    ),
    Personal(
        "support.Presence",
        ("agent", "away", "capacity", "seen_at"),
        _("Whether an agent is there"),
        *(_work, ACCOUNT, _SEEN, Erasure.DELETE),
        exported=False,
    ),
    Personal(
        "support.Glance",
        ("agent", "at", "typing_at"),
        _("Which agent looked at a conversation"),
        *(_work, CHATS, _SEEN, Erasure.DELETE),
        person="conversation__customer",
        since="at",
    ),
    Personal(
        "support.Note",
        ("author",),
        _("Which agent wrote a note"),
        *(_work, CHATS, _SEEN, Erasure.KEEP),
        since="at",
        exported=False,
    ),
    Personal(
        "support.Correction",
        ("by",),
        _("Which agent corrected the assistant"),
        *(_work, CHATS, _SEEN, Erasure.KEEP),
        since="at",
        exported=False,
    ),
    NotPersonal("support.CannedAnswer", ("title", "text_en", "text_zh"), "texts for everybody"),
    NotPersonal(
        "support.Article", ("title_en", "title_zh", "body_en", "body_zh"), "texts for everybody"
    ),
)
