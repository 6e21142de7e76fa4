"""What a visitor compares, has looked at and has said, kept in the browser's session."""

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from shop import events
from shop.models import Event
from shop.privacy import consent
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


def recently_viewed(request: HttpRequest) -> list[int]:
    """Product ids, newest first; none without the reader's consent."""
    if not consent.allows(request, consent.PERSONALISATION):
        return []
    return list(request.session.get(SEEN_KEY, []))


def remember_view(request: HttpRequest, product_id: int) -> None:
    """Put a product in front, for those who want the shop to remember what they looked at.

    The session is only written when that changes something.
    """
    session = request.session
    if not consent.allows(request, consent.PERSONALISATION):
        session.pop(SEEN_KEY, None)
        return
    ids = recently_viewed(request)
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
    """Record a behaviour; whose it was only with the person's consent."""
    who = consent.trace(request)
    events.record(
        kind,
        visitor=who.visitor,
        customer_id=who.customer_id,
        product_id=product_id,
        surface=surface,
        query=query,
        data=data,
    )
