"""What support reads."""

import logging
from datetime import datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import (
    Avg,
    Case,
    Count,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.charts import chart, day_label, whole
from shop.models import Customer, User
from support import knowledge_files
from support.models import (
    Article,
    CannedAnswer,
    Conversation,
    Glance,
    Message,
    Picture,
    Presence,
)

log = logging.getLogger(__name__)
THERE = timedelta(seconds=75)
"""Who was seen no longer ago than this is there; a console reports every few seconds."""
LOOKING, TYPING = timedelta(seconds=12), timedelta(seconds=4)
SUGGESTIONS = 3
BY_NEED = (F("urgency").desc(), F("waiting_since").asc(nulls_last=True), "pk")
SMALL_TALK = {"greet", "thanks", "bye"}


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


def own_by_uuid(uuid: str, *, visitor: str, customer: Customer | None) -> Conversation | None:
    """A conversation of this visitor or customer, whatever its state."""
    try:
        found = Conversation.objects.filter(uuid=UUID(uuid)).first()
    except ValueError:
        return None
    if found is None:
        return None
    own = found.visitor == visitor or (customer is not None and found.customer_id == customer.pk)
    return found if own else None


def agents_there() -> QuerySet[Presence]:
    """Agents who have the console open and are not away."""
    since = timezone.now() - THERE
    found = Presence.objects.filter(away=False, seen_at__gte=since, agent__is_active=True)
    return found.select_related("agent").order_by("agent__email")


def somebody_is_there() -> bool:
    return agents_there().exists()


def chats_of(agent: User) -> QuerySet[Conversation]:
    """Conversations that an agent has the word in."""
    return Conversation.objects.filter(state=Conversation.State.AGENT, agent=agent)


def supervises(user: User) -> bool:
    """Administrators see the whole team, and may act where a colleague has the word."""
    return user.has_perm("support.delete_conversation")


def others_at(conversation: Conversation, agent: User) -> list[dict]:
    """Colleagues who look at a conversation right now, and whether they type."""
    now = timezone.now()
    rows = Glance.objects.filter(conversation=conversation, at__gte=now - LOOKING)
    return [
        {
            "name": str(row.agent),
            "typing": bool(row.typing_at and row.typing_at >= now - TYPING),
        }
        for row in rows.exclude(agent=agent).select_related("agent").order_by("agent__email")
    ]


def picture_for(
    key: UUID, *, visitor: str, customer: Customer | None, user: object
) -> Picture | None:
    """A picture of a chat, for its own customer and for agents."""
    found = Picture.objects.select_related("message__conversation").filter(key=key).first()
    if found is None:
        return None
    if isinstance(user, User) and user.is_staff and user.has_perm("support.change_conversation"):
        return found
    talk = found.message.conversation
    own = talk.visitor == visitor or (customer is not None and talk.customer_id == customer.pk)
    return found if own else None


def published_articles() -> QuerySet[Article]:
    return Article.objects.filter(is_published=True)


def console_list(which: str) -> QuerySet[Conversation]:
    """Conversations for the agents' console: who waits comes first, the urgent before the others,
    and among those who waits longest."""
    last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-seq")
    rows = Conversation.objects.select_related("customer__user", "agent").annotate(
        last_author=Subquery(last.values("author")[:1]), last_at=Subquery(last.values("at")[:1])
    )
    states = Conversation.State
    if which == "waiting":
        return rows.filter(state=states.WAITING).order_by(*BY_NEED)
    if which == "all":
        return rows.exclude(last_seq=0)
    waiting_first = Case(When(state=states.WAITING, then=Value(0)), default=Value(1))
    return rows.filter(state__in=[states.WAITING, states.AGENT]).order_by(waiting_first, *BY_NEED)


def timer(row: Conversation) -> dict | None:
    """The service level of a row of the console's list: since when somebody waits for a person's
    word, and when it is due. None when nobody waits."""
    since = row.waiting_since
    if row.state == Conversation.State.AGENT and row.last_author == Message.Author.CUSTOMER:  # type: ignore[attr-defined]
        since = row.last_at  # type: ignore[attr-defined]
    if since is None:
        return None
    due = since + timedelta(minutes=settings.SUPPORT_ANSWER_MINUTES)
    return {"since": since, "due": due, "late": timezone.now() > due}


def team() -> dict:
    """What a supervisor sees: who is there with how much, who waits, the last week's answers."""
    now = timezone.now()
    states = Conversation.State
    week = Conversation.objects.filter(updated_at__gte=now - timedelta(days=7))
    agents = [
        {
            "name": str(row.agent),
            "there": not row.away and row.seen_at >= now - THERE,
            "away": row.away,
            "seen_at": row.seen_at,
            "capacity": row.capacity,
            "chats": list(chats_of(row.agent).select_related("customer__user")),
            "answered": week.filter(agent=row.agent).count(),
            "rating": week.filter(agent=row.agent).aggregate(mean=Avg("rating"))["mean"],
        }
        for row in Presence.objects.select_related("agent").order_by("agent__email")
    ]
    limit = timedelta(minutes=settings.SUPPORT_ANSWER_MINUTES)
    queues = []
    for queue in Conversation.Queue:
        waiting = Conversation.objects.filter(state=states.WAITING, queue=queue)
        first = waiting.order_by("waiting_since").first()
        queues.append(
            {
                "name": queue.label,
                "waiting": waiting.count(),
                "late": waiting.filter(waiting_since__lt=now - limit).count(),
                "longest": first.waiting_since if first else None,
            }
        )
    told = week.filter(waited__isnull=False).values_list("waited", flat=True)
    waits = sorted(wait for wait in told if wait is not None)
    met = sum(wait <= limit.total_seconds() for wait in waits)
    return {
        "agents": agents,
        "queues": queues,
        "minutes": settings.SUPPORT_ANSWER_MINUTES,
        "waits": len(waits),
        "median_wait": timedelta(seconds=waits[len(waits) // 2]) if waits else None,
        "met": f"{100 * met / len(waits):.0f} %" if waits else "–",
    }


def suggestions(conversation: Conversation) -> list[dict]:
    """Replies an agent may send as they are or change: the answer of the intent of the customer's
    last message, the passage of the knowledge base that fits. Empty when nothing is sure."""
    from support import serving
    from support.dialogue import articles
    from support.dialogue.understanding import LIKELY

    last = conversation.messages.filter(author=Message.Author.CUSTOMER).exclude(text="").last()
    if last is None:
        return []
    language = "zh" if conversation.language == "zh" else "en"
    found: list[dict] = []
    try:
        understood = serving.understand([last.text])[0]
        known = knowledge_files.read("answers").get(understood.intent)
        if known and understood.confidence >= LIKELY and "{" not in known[language]:
            found.append({"source": understood.intent, "text": known[language]})
        passage = articles.find(last.text, language)
        if passage is not None:
            found.append({"source": passage.title, "text": passage.text})
    except Exception:
        # Without an encoder or a model agents write themselves.
        log.exception("no replies could be suggested in conversation %s", conversation.pk)
    return found[:SUGGESTIONS]


def thread(conversation: Conversation) -> dict[str, object]:
    """What the console shows of one conversation: messages with what they were taken for, notes,
    canned answers in its language, and its customer's latest orders."""
    rows = list(conversation.messages.select_related("correction"))
    for row in rows:
        intents = row.understanding.get("intents") or [["", 0.0]]
        row.understood = intents[0][0]  # type: ignore[attr-defined]
        correction = getattr(row, "correction", None)
        row.corrected = correction.intent if correction else ""  # type: ignore[attr-defined]
    wanted = [name for row in rows for name, _sure in row.understanding.get("intents", [])]
    suffix = "zh" if conversation.language == "zh" else "en"
    customer = conversation.customer
    return {
        "rows": rows,
        "summary": [name for name in dict.fromkeys(wanted) if name not in SMALL_TALK][-5:],
        "notes": conversation.notes.select_related("author"),
        "canned": [
            {"title": row.title, "text": getattr(row, f"text_{suffix}")}
            for row in CannedAnswer.objects.all()
        ],
        "intents": knowledge_files.intent_names(),
        "recent_orders": customer.orders.all()[:5] if customer else [],
        "suggestions": suggestions(conversation),
        "colleagues": agents_there(),
        "queues": Conversation.Queue.choices,
    }


def dashboard() -> dict:
    """Figures for the administrator's start page."""
    states = Conversation.State
    now = timezone.now()
    found = Conversation.objects.aggregate(
        waiting=Count("pk", filter=Q(state=states.WAITING)),
        agent=Count("pk", filter=Q(state=states.AGENT)),
        all=Count("pk", filter=Q(last_seq__gt=0)),
        since=Min("waiting_since", filter=Q(state=states.WAITING)),
        rating=Avg("rating"),
    )
    console = reverse("support:console")
    longest = (now - found["since"]).total_seconds() / 60 if found["since"] else None
    return {
        "title": _("Support"),
        "figures": [
            {
                "label": _("Waiting for a person"),
                "value": found["waiting"],
                "note": ""
                if longest is None
                else _("The longest for %(n)s min.") % {"n": whole(longest)},
                "url": f"{console}?show=waiting",
                "action": _("Answer in the console"),
                "waits": True,
            },
            {
                "label": _("With an agent"),
                "value": found["agent"],
                "url": console,
                "action": _("Go on in the console"),
            },
            {
                "label": _("Conversations"),
                "value": found["all"],
                "url": reverse("admin:support_conversation_changelist"),
            },
            {
                "label": _("Mean rating"),
                "value": f"{found['rating']:.1f}" if found["rating"] else "–",
            },
        ],
        "charts": [_by_day()],
    }


def _by_day(days: int = 14) -> dict:
    """Conversations in which somebody wrote, and those that a person took over, by day."""
    today = timezone.localdate()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = timezone.make_aware(datetime.combine(dates[0], time.min))
    rows = (
        Conversation.objects.filter(created_at__gte=since, last_seq__gt=0)
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(n=Count("pk"), taken=Count("pk", filter=Q(agent__isnull=False)))
    )
    known = {day: (n - taken, taken) for day, n, taken in rows}
    return chart(
        _("Conversations by day"),
        kind="bar",
        head=_("Day"),
        labels=[day_label(day) for day in dates],
        lines={
            _("Assistant alone"): [known.get(day, (0, 0))[0] for day in dates],
            _("With an agent"): [known.get(day, (0, 0))[1] for day in dates],
        },
        stacked=True,
    )
