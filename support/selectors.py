"""What support reads."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Avg, Case, Count, F, Min, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.charts import chart, day_label, whole
from shop.models import Customer
from support import knowledge_files
from support.models import Article, CannedAnswer, Conversation, Message

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


def published_articles() -> QuerySet[Article]:
    return Article.objects.filter(is_published=True)


def console_list(which: str) -> QuerySet[Conversation]:
    """Conversations for the agents' console: who waits comes first, the urgent before the others,
    and among those who waits longest."""
    rows = Conversation.objects.select_related("customer__user", "agent")
    states = Conversation.State
    if which == "waiting":
        return rows.filter(state=states.WAITING).order_by(*BY_NEED)
    if which == "all":
        return rows.exclude(last_seq=0)
    waiting_first = Case(When(state=states.WAITING, then=Value(0)), default=Value(1))
    return rows.filter(state__in=[states.WAITING, states.AGENT]).order_by(waiting_first, *BY_NEED)


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
