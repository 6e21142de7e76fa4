"""Everything that is sent to the outside: mails and webhooks, by a transactional outbox.

Whoever has something to tell calls :func:`put` inside the transaction of the change. The message
is a row like the change's own: both are there or neither is. A worker composes and sends it after
the commit; a periodic task finds what nobody was told of. A process that is killed between the
commit and the sending loses nothing. One that is killed between the sending and the mark sends
twice, which no sender can rule out: mails then carry the same ``Message-ID`` and webhooks the same
``Idempotency-Key``, by which a receiver knows them.

What is not taken is tried again at growing distances for about a day; then a person looks at it in
the administration. What a message was composed of lies encrypted (``foundation.encryption``) and is
forgotten as soon as it is out.

The pattern is the transactional outbox (C. Richardson, Microservices Patterns, 2018, 3.3.7).
"""

import hashlib
import logging
import smtplib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from foundation import outbound
from foundation.models import OutboxMessage
from foundation.queueing import queue

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
"""How long a message belongs to the process that is sending it; longer than any time-out."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=6)
MOST_ATTEMPTS = 12
"""With these distances about 21 hours."""
AT_ONCE = 200
KEEP_SENT, KEEP_DEAD = timedelta(days=7), timedelta(days=30)
WEBHOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Webhook:
    """What is posted to an address outside."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Composed = EmailMessage | Webhook | None
Composer = Callable[..., Composed]


class NotTaken(OSError):
    """The receiver answered, and did not say yes."""


def put(kind: str, key: str, **args: Any) -> None:
    """Write a message in the caller's transaction; one that has this key already is not doubled.

    Parameters
    ----------
    kind
        A key of ``settings.OUTBOX_KINDS``: what composes the mail or the webhook when it is sent.
    key
        Names this one message for ever, with its kind: ``(kind, key)`` is sent once.
    args
        JSON that the composer is called with; best only keys of rows.
    """
    name = f"{kind}:{key}"
    row = OutboxMessage(key=name, kind=kind, args=args, next_at=timezone.now())
    OutboxMessage.objects.bulk_create([row], ignore_conflicts=True)
    queue("foundation.tasks.deliver", name)


def deliver(key: str) -> bool:
    """Send one message if it is due and nobody else is at it; return whether it is out now."""
    message = _claim(key)
    if message is None:
        return False
    try:
        composer: Composer = import_string(settings.OUTBOX_KINDS[message.kind])
        composed = composer(**message.args)
        if composed is not None:
            _send(composed, message.key)
    except Exception as error:
        _not_sent(message, error)
        return False
    state = OutboxMessage.State.SENT if composed is not None else OutboxMessage.State.DROPPED
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=state, sent_at=timezone.now(), args={}, error=""
    )
    return composed is not None


def deliver_due() -> int:
    """Send what is due, oldest first; return how many went out."""
    due = OutboxMessage.objects.filter(
        _due(timezone.now()), state=OutboxMessage.State.WAITING
    ).order_by("next_at")
    return sum([deliver(key) for key in due.values_list("key", flat=True)[:AT_ONCE]])


def send_again(message: OutboxMessage) -> bool:
    """Give a dead message all its attempts back; return whether it was one."""
    changed = OutboxMessage.objects.filter(pk=message.pk, state=OutboxMessage.State.DEAD).update(
        state=OutboxMessage.State.WAITING, attempts=0, next_at=timezone.now()
    )
    return bool(changed)


def forget_old() -> int:
    """Remove messages that are long out, and dead ones that nobody wanted sent."""
    now, states = timezone.now(), OutboxMessage.State
    out = OutboxMessage.objects.filter(
        state__in=[states.SENT, states.DROPPED], sent_at__lt=now - KEEP_SENT
    )
    dead = OutboxMessage.objects.filter(state=states.DEAD, next_at__lt=now - KEEP_DEAD)
    return sum(rows.delete()[0] for rows in (out, dead))


def _due(now: datetime) -> Q:
    """What nobody has tried yet, and what has waited; also what would wait for longer than it is
    ever told to: then the clock was ahead and has been put back."""
    due = Q(attempts=0) | Q(next_at__lte=now)
    for attempts in range(1, MOST_ATTEMPTS + 1):
        due |= Q(attempts=attempts, next_at__gt=retry_at(attempts, now) + LEASE)
    return due


def _claim(key: str) -> OutboxMessage | None:
    """Take a due message for ``LEASE``: of many who ask at once, the database lets one have it."""
    now = timezone.now()
    taken = OutboxMessage.objects.filter(
        _due(now), key=key, state=OutboxMessage.State.WAITING
    ).update(next_at=now + LEASE, attempts=F("attempts") + 1)
    if not taken:
        return None
    # What it is composed from is opened by the sender: a key that is missing is a reason to wait.
    return OutboxMessage.objects.defer("args").get(key=key)


def _send(composed: EmailMessage | Webhook, key: str) -> None:
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    if isinstance(composed, EmailMessage):
        domain = settings.SITE_DOMAIN.partition(":")[0]
        composed.extra_headers.setdefault("Message-ID", f"<{digest}@{domain}>")
        composed.connection = get_connection(settings.EMAIL_DELIVERY_BACKEND)
        composed.send()
        return
    status = outbound.post(
        composed.url,
        body=composed.body,
        headers={**composed.headers, "Idempotency-Key": digest},
        timeout=WEBHOOK_SECONDS,
    )
    if not 200 <= status < 300:
        raise NotTaken(f"status {status}")


def retry_at(attempts: int, now: datetime) -> datetime:
    """When a message is tried again that ``attempts`` (at least 1) did not get out."""
    return now + min(FIRST_RETRY * 2 ** min(attempts - 1, 20), LONGEST_RETRY)


def _not_sent(message: OutboxMessage, error: Exception) -> None:
    reason = _without_names(error)
    dead = message.attempts >= MOST_ATTEMPTS
    states = OutboxMessage.State
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=states.DEAD if dead else states.WAITING,
        next_at=retry_at(message.attempts, timezone.now()),
        error=reason[:200],
    )
    say = log.error if dead else log.warning
    say("message %s (%s) was not taken: %s", message.pk, message.kind, reason)


def _without_names(error: Exception) -> str:
    """What an error says without what it quotes: mail servers quote addresses."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{name} {error.smtp_code}"
    if isinstance(error, NotTaken | outbound.Forbidden):
        return f"{name}: {error}"
    return name


class EmailBackend(BaseEmailBackend):
    """Django's ``EMAIL_BACKEND``: whatever calls ``send()`` writes into the outbox."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            if mail.attachments:
                raise ValueError("The outbox takes mails without attachments.")
            put(
                "email",
                uuid.uuid4().hex,
                subject=str(mail.subject),
                body=str(mail.body),
                from_email=mail.from_email,
                **{name: list(getattr(mail, name)) for name in ("to", "cc", "bcc", "reply_to")},
                headers={name: str(value) for name, value in mail.extra_headers.items()},
                alternatives=[list(one) for one in getattr(mail, "alternatives", ())],
            )
        return len(email_messages)


def written(*, alternatives: list[list[str]], **fields: Any) -> EmailMessage:
    """Compose a mail that was written when it was put into the outbox."""
    mail = EmailMultiAlternatives(**fields)
    for content, kind in alternatives:
        mail.attach_alternative(content, kind)
    return mail
