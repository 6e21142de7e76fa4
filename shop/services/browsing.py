"""What a visitor compares, has looked at and has said, kept in the browser's session."""

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from shop import events
from shop.models import Event
from shop.refusals import RefusalCode, Refused
from shop.selectors.catalogue import on_sale

COMPARE_KEY = "compare"
MAX_COMPARED = 4
SEEN_KEY = "recently_viewed"
MAX_SEEN = 12
ADULT_KEY = "age_confirmed"


def compared(session: SessionBase) -> list[int]:
    """Product ids in the order they were added."""
    return list(session.get(COMPARE_KEY, []))


def add_compared(*, session: SessionBase, product_id: int) -> None:
    """Add a product; one that is there already stays where it is."""
    if not on_sale().filter(pk=product_id).exists():
        raise Refused(RefusalCode.NOT_FOUND)
    ids = compared(session)
    if product_id in ids:
        return
    if len(ids) >= MAX_COMPARED:
        raise Refused(RefusalCode.COMPARE_FULL, maximum=MAX_COMPARED)
    session[COMPARE_KEY] = [*ids, product_id]


def remove_compared(*, session: SessionBase, product_id: int | None) -> None:
    """Take a product out; None takes out all."""
    ids = compared(session)
    session[COMPARE_KEY] = [pk for pk in ids if product_id is not None and pk != product_id]


def recently_viewed(session: SessionBase) -> list[int]:
    """Product ids, newest first."""
    return list(session.get(SEEN_KEY, []))


def remember_view(*, session: SessionBase, product_id: int) -> None:
    """Put a product in front. The session is only written when that changes something."""
    ids = recently_viewed(session)
    if ids[:1] != [product_id]:
        session[SEEN_KEY] = [product_id, *(pk for pk in ids if pk != product_id)][:MAX_SEEN]


def is_adult(session: SessionBase) -> bool:
    """The reader has said to be of age, in this browser session."""
    return bool(session.get(ADULT_KEY))


def confirm_age(*, session: SessionBase, adult: bool) -> None:
    """Remember the reader's answer; the checkout asks for the date of birth again."""
    session[ADULT_KEY] = adult


def record(
    request: HttpRequest,
    kind: Event.Kind,
    *,
    product_id: int | None = None,
    surface: str = "",
    query: str = "",
    data: dict | None = None,
) -> None:
    """Record a behaviour of whoever sent the request."""
    customer = request.customer or None  # type: ignore[attr-defined]
    events.record(
        kind,
        visitor=str(request.visitor_key),  # type: ignore[attr-defined]
        customer_id=customer.pk if customer else None,
        product_id=product_id,
        surface=surface,
        query=query,
        data=data,
    )
