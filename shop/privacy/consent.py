"""What people allow: asked once, kept in an append-only log, obeyed in the next request.

Until somebody has chosen, nothing but the necessary is allowed. An answer covers what was asked
when it was given: when the register's entries that rest on consent change, ``consent_version``
does, the question is put again, and until then the answer is no.

A customer's newest answer is on the customer's row, a guest's in the browser session, so that
obeying it costs no query; the log (:class:`ConsentDecision`) is the proof. Taking back the consent
to personal recommendations also takes the person out of what was stored for them: the events stay,
tied to nobody, and the exported days that held them are written anew.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from shop import events
from shop.middleware import visitor_key
from shop.models import ConsentDecision, Customer, Event
from shop.privacy.register import CONSENTS, consent_version, policy_version
from shop.signals import consent_changed

PERSONALISATION, ADVERTISING, CHAT_TRAINING = CONSENTS
SESSION_KEY = "privacy_choice"
Source = ConsentDecision.Source


@dataclass(frozen=True)
class Trace:
    """Whom a behaviour event may be tied to: nobody, unless the person agreed."""

    visitor: str = ""
    customer_id: int | None = None


def allowed(request: HttpRequest) -> frozenset[str]:
    """What the sender of the request allows now."""
    customer = request.customer or None  # type: ignore[attr-defined]
    if customer is not None:
        return allowed_by(customer)
    answer = request.session.get(SESSION_KEY) or {}
    if answer.get("version") != consent_version():
        return frozenset()
    return frozenset(answer.get("given", ())) & frozenset(CONSENTS)


def allows(request: HttpRequest, purpose: str) -> bool:
    return purpose in allowed(request)


def answered(request: HttpRequest) -> bool:
    """Whether the sender has answered what is asked today; otherwise the banner asks."""
    customer = request.customer or None  # type: ignore[attr-defined]
    if customer is not None:
        return customer.consent_version == consent_version()
    answer = request.session.get(SESSION_KEY) or {}
    return answer.get("version") == consent_version()


def allowed_by(customer: Customer) -> frozenset[str]:
    if customer.consent_version != consent_version():
        return frozenset()
    return frozenset(purpose for purpose in CONSENTS if getattr(customer, purpose))


def customer_allows(customer: Customer | None, purpose: str) -> bool:
    return customer is not None and purpose in allowed_by(customer)


def granted(purpose: str, path: str = "") -> Q:
    """Rows whose customer allows the purpose; ``path`` leads to it, as ``"order__customer__"``."""
    return Q(**{f"{path}{purpose}": True, f"{path}consent_version": consent_version()})


def visitors_who_allow(purpose: str, visitors: Collection[str]) -> set[str]:
    """Those of the guests' keys whose newest answer, to today's question, says yes."""
    rows = ConsentDecision.objects.filter(visitor__in=[key for key in visitors if key])
    newest: dict[str, bool] = {}
    for visitor, version, given in rows.order_by("at", "pk").values_list(
        "visitor", "version", "given"
    ):
        newest[visitor] = version == consent_version() and purpose in given
    return {visitor for visitor, yes in newest.items() if yes}


def person_allows(customer: Customer | None, visitor: str, purpose: str) -> bool:
    """As :func:`allows`, where there is no request at hand; for guests this asks the log."""
    if customer is not None:
        return customer_allows(customer, purpose)
    return bool(visitors_who_allow(purpose, [visitor]))


def trace(request: HttpRequest) -> Trace:
    """Whom behaviour of this request may be tied to."""
    if not allows(request, PERSONALISATION):
        return Trace()
    customer = request.customer or None  # type: ignore[attr-defined]
    return Trace(
        str(request.visitor_key),  # type: ignore[attr-defined]
        customer.pk if customer else None,
    )


def trace_of(customer: Customer | None, visitor: str) -> Trace:
    """As :func:`trace`, where there is no request at hand."""
    if not person_allows(customer, visitor, PERSONALISATION):
        return Trace()
    return Trace(visitor, customer.pk if customer else None)


def choose(request: HttpRequest, given: Iterable[str], source: str) -> frozenset[str]:
    """Keep the sender's answer: yes to ``given``, no to all else. Unknown purposes count for none.

    The same answer again is a new line of the log and changes nothing else.
    """
    customer = request.customer or None  # type: ignore[attr-defined]
    visitor = str(request.visitor_key)  # type: ignore[attr-defined]
    said = frozenset(given) & frozenset(CONSENTS)
    if customer is not None:
        decide(customer=customer, visitor=visitor, given=said, source=source)
    else:
        before = allowed(request)
        request.session[SESSION_KEY] = {"version": consent_version(), "given": sorted(said)}
        _write(None, visitor, said, source)
        _obey(None, visitor, before, said)
    return said


@transaction.atomic
def decide(
    *, customer: Customer, given: Iterable[str], source: str, visitor: str = ""
) -> ConsentDecision:
    """Keep a customer's answer and bring the row up to date."""
    said = frozenset(given) & frozenset(CONSENTS)
    before = allowed_by(customer)
    made = _write(customer, visitor, said, source)
    for purpose in CONSENTS:
        setattr(customer, purpose, purpose in said)
    customer.consent_version = consent_version()
    customer.save(update_fields=[*CONSENTS, "consent_version", "updated_at"])
    _obey(customer, visitor, before, said)
    return made


def switch(*, customer: Customer, purpose: str, on: bool, source: str, visitor: str = "") -> None:
    """Say yes or no to one purpose; the others stay as they are."""
    given = allowed_by(customer) - {purpose} | ({purpose} if on else set())
    decide(customer=customer, given=given, source=source, visitor=visitor)


def carry_over(request: HttpRequest, customer: Customer) -> None:
    """At the sign-in: a customer who was never asked keeps what was chosen in this browser.

    Who has chosen before, on whatever device, is asked nothing and loses nothing.
    """
    answer = request.session.get(SESSION_KEY) or {}
    if customer.consent_version or answer.get("version") != consent_version():
        return
    decide(
        customer=customer,
        visitor=visitor_key(request),
        given=answer["given"],
        source=Source.SIGN_IN,
    )


def _write(
    customer: Customer | None, visitor: str, given: frozenset[str], source: str
) -> ConsentDecision:
    return ConsentDecision.objects.create(
        customer=customer,
        visitor=visitor,
        given=sorted(given),
        source=Source(source),
        version=consent_version(),
        policy_version=policy_version(),
    )


def _obey(
    customer: Customer | None, visitor: str, before: frozenset[str], after: frozenset[str]
) -> None:
    if PERSONALISATION in before - after:
        take_out(customer=customer, visitor=visitor)
    consent_changed.send(
        sender=ConsentDecision, customer=customer, visitor=visitor, before=before, after=after
    )


def take_out(*, customer: Customer | None, visitor: str = "") -> int:
    """Tie the events of a person to nobody, here and in the exported days; return how many."""
    if customer is None and not visitor:
        return 0
    events.flush()
    theirs = Q(visitor=visitor) if visitor else Q(pk__in=[])
    if customer is not None:
        theirs |= Q(customer=customer)
        seen = Event.objects.filter(customer=customer).exclude(visitor="")
        theirs |= Q(visitor__in=list(seen.order_by().values_list("visitor", flat=True).distinct()))
    rows = Event.objects.filter(theirs)
    days = {at.date() for at in rows.order_by().values_list("at", flat=True).iterator()}
    rows.filter(kind=Event.Kind.PURCHASE).update(data={})  # older ones name the order
    found = rows.update(visitor="", customer=None, query="")
    transaction.on_commit(lambda: _forget_exported(days))
    return found


def _forget_exported(days: set[date]) -> None:
    # Pages that only ask for a consent do without the weight of pyarrow.
    from shop.services import event_export

    event_export.forget(days)
