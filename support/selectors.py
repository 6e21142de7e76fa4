"""What support reads."""

from uuid import UUID

from django.db.models import Avg, Case, F, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _

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
    rating = Conversation.objects.aggregate(mean=Avg("rating"))["mean"]
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
            {"label": _("Mean rating"), "value": f"{rating:.1f}" if rating else "–"},
        ],
    }
