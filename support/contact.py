"""A conversation beyond the open page: a message left for later, a transcript, answers by mail."""

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from foundation.addresses import shop_address
from shop.models import Customer
from shop.refusals import RefusalCode, Refused
from support import services, writing
from support.models import Conversation, Message

State, Author = Conversation.State, Message.Author
MAILED_SECONDS = 3600
"""The same transcript is not mailed twice within an hour."""


def locale_of(conversation: Conversation) -> str:
    return "zh-hans" if conversation.language == "zh" else "en"


def leave_message(
    *, conversation: Conversation, email: object, text: object, client_id: object
) -> list[Message]:
    """Keep a message for when somebody is there, and where to answer it.

    The conversation waits in the queue. The same client id again changes nothing. Raises Refused
    for an address that is none.
    """
    cleaned, key = services.clean_text(text), services.clean_client_id(client_id)
    address = email.strip() if isinstance(email, str) else ""
    if not address and conversation.customer and conversation.customer.user:
        address = conversation.customer.user.email
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refused(RefusalCode.INVALID_INPUT) from error
    try:
        with transaction.atomic():
            own = writing.append_customer(conversation, cleaned, key)
            held = services.locked(conversation)
            held.email = address
            if held.state in (State.BOT, State.CLOSED):
                held.state, held.waiting_since = State.WAITING, timezone.now()
            held.save(update_fields=["email"])
            with override(locale_of(held)):
                thanks = gettext(
                    "Thank you. We have your message and will answer here and to %(email)s."
                ) % {"email": address}
            said = services.append(held, Author.SYSTEM, thanks)
    except writing.SaidBefore:
        return services.since(conversation, key)
    return [own, said]


def transcript(conversation: Conversation) -> str:
    """All of a conversation as plain text, in the language that is active."""
    here = timezone.get_current_timezone()
    rows = [
        {
            "at": row.at.astimezone(here).strftime("%Y-%m-%d %H:%M"),
            "author": row.get_author_display(),
            "text": row.text,
            "pictures": len(row.payload.get("pictures", ())),
        }
        for row in conversation.messages.all()
    ]
    context = {"rows": rows, "conversation": conversation}
    return render_to_string("support/email/transcript.txt", context)


def ask_for_transcript(*, conversation: Conversation, customer: Customer | None) -> str:
    """Have a conversation mailed to its customer's own address, which is returned.

    Raises Refused for guests: an address that anybody can type would be a way to write to others.
    """
    from support import tasks

    if customer is None or customer.user is None or conversation.customer_id != customer.pk:
        raise Refused(RefusalCode.SIGN_IN)
    language = customer.language or locale_of(conversation)
    key = f"transcript:{conversation.pk}:{conversation.last_seq}:{language}"
    if cache.add(key, 1, MAILED_SECONDS):
        tasks.mail_transcript.delay(conversation.pk, language)
    return customer.user.email


def mail_transcript(*, conversation_id: int, language: str) -> bool:
    """Mail a conversation to its customer; return whether there was an address."""
    found = Conversation.objects.select_related("customer__user").filter(pk=conversation_id).first()
    user = found.customer.user if found and found.customer else None
    if found is None or user is None:
        return False
    with override(language):
        subject = gettext("Our conversation of %(day)s") % {"day": f"{found.created_at:%Y-%m-%d}"}
        body = transcript(found)
    EmailMessage(subject=subject, body=body, to=[user.email]).send()
    return True


def mail_answer(*, message_id: int) -> bool:
    """Mail an agent's answer to who left an address, once; return whether it was sent now."""
    rows = Message.objects.filter(pk=message_id, author=Author.AGENT, payload={})
    row = rows.select_related("conversation").first()
    if row is None or not row.conversation.email or not rows.update(payload={"mailed": True}):
        return False
    with override(locale_of(row.conversation)):
        subject = gettext("We have answered your message")
        context = {"text": row.text, "link": shop_address(reverse("support:chat"))}
        body = render_to_string("support/email/answer.txt", context)
    try:
        EmailMessage(subject=subject, body=body, to=[row.conversation.email]).send()
    except OSError:
        # What was not sent is not marked as sent: the task tries again.
        Message.objects.filter(pk=message_id).update(payload={})
        raise
    return True
