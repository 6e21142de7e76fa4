"""What is watched of the assistant: how sure it is, and how many chats it resolves by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation.watching import Reading, decay, drift, figure
from support.models import Conversation, Message
from support.serving import INTENTS

BEFORE, LATELY = timedelta(days=35), timedelta(days=7)
"""The last week is compared with the four weeks before it."""
LEAST_MESSAGES, LEAST_CHATS = 200, 50
TOLERANCE = 0.15
MOST_ROWS = 5000
SURE = gettext_noop("stability of confidence")
LENGTH = gettext_noop("stability of message lengths")
RESOLVED = gettext_noop("chats resolved without a person")
RESOLVED_LOST = gettext_noop("loss of resolved chats, last week")


def readings() -> Iterator[Reading]:
    """Stability of messages and confidence, and the share of chats no person was needed for."""
    now = timezone.now()
    times = ((now - BEFORE, now - LATELY), (now - LATELY, now))
    before, last = (_messages(*time) for time in times)
    if min(len(before), len(last)) >= LEAST_MESSAGES:
        for name, place in ((SURE, 0), (LENGTH, 1)):
            yield drift(INTENTS, name, [row[place] for row in before], [row[place] for row in last])
    then, recent = (_resolved(*time) for time in times)
    if recent is not None:
        yield figure(INTENTS, RESOLVED, recent, then)
    if then is not None and recent is not None:
        yield decay(INTENTS, RESOLVED_LOST, then, recent, tolerance=TOLERANCE)


def _messages(since: datetime, until: datetime) -> list[tuple[float, int]]:
    """Confidence and length of customers' messages that were understood; no text is kept."""
    rows = Message.objects.filter(
        author=Message.Author.CUSTOMER, at__gt=since, at__lte=until
    ).order_by("-pk")
    return [
        (float(understood["intents"][0][1]), len(text))
        for understood, text in rows.values_list("understanding", "text")[:MOST_ROWS]
        if understood.get("intents")
    ]


def _resolved(since: datetime, until: datetime) -> float | None:
    """Share of conversations with a customer's message that never waited for a person."""
    chats = Conversation.objects.filter(
        created_at__gt=since, created_at__lte=until, messages__author=Message.Author.CUSTOMER
    ).distinct()
    count = chats.count()
    if count < LEAST_CHATS:
        return None
    alone = chats.filter(agent=None, waiting_since=None).exclude(
        messages__author=Message.Author.AGENT
    )
    return alone.count() / count
