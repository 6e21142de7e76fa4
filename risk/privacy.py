"""What screening knows of a person, and how it lets go of it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation import retraining
from risk import fraud, memory, services
from risk.learning import stream
from risk.models import (
    Alert,
    Assessment,
    Case,
    Chargeback,
    Freeze,
    IdentityState,
    KnownDevice,
    ListEntry,
    Signal,
)
from shop.models import Customer
from shop.privacy.download import Section, table
from shop.privacy.erasers import changed, deleted
from shop.privacy.erasure import Done
from shop.privacy.people import Person
from shop.privacy.register import Erasure
from shop.privacy.sections import read_rows, reads

PAGES = ("admin:risk_assessment_", "admin:risk_case_")

IN_WORDS = {
    "allow": _("The order went on at once."),
    "challenge": _("You were asked to confirm the order by e-mail."),
    "review": _("A person looked at the order before it went on."),
    "block": _("The order was not accepted."),
}
"""What was decided, without the rule: who knows the rules knows how to get around them."""


def assessments(person: Person) -> QuerySet[Assessment]:
    mine = Q(customer_id=person.customer) | Q(order__in=person.orders)
    return Assessment.objects.filter(mine | Q(checkout_uuid__in=person.checkouts))


def sections(person: Person) -> Iterator[Section]:
    mine = assessments(person)
    yield table(
        "risk_decisions",
        _("Checks of your orders"),
        mine.select_related("order").order_by("pk"),
        {
            "at": (_("time"), "at"),
            "order": (_("order"), "order.number"),
            "decision": (_("decision"), lambda row: IN_WORDS[row.decision]),
            "automatic": (_("by a program"), lambda row: True),
        },
    )
    yield table(
        "risk_cases",
        _("Checks by a person, and your appeals"),
        Case.objects.filter(assessment__in=mine),
        {
            "kind": (_("kind"), lambda row: row.get_kind_display()),
            "opened": (_("opened"), "opened_at"),
            "decided": (_("decided"), "decided_at"),
            "state": (_("state"), lambda row: row.get_state_display()),
            "message": (_("customer's message"), "message"),
            "contact": (_("e-mail for the answer"), "contact"),
        },
    )
    yield table(
        "freezes",
        _("Times your account could not order"),
        Freeze.objects.filter(customer_id=person.customer),
        {"from": (_("frozen"), "frozen_at"), "until": (_("lifted"), "lifted_at")},
    )
    yield table(
        "chargebacks",
        _("Payments your bank took back"),
        Chargeback.objects.filter(order__in=person.orders).select_related("order"),
        {
            "order": (_("order"), "order.number"),
            "at": (_("received"), "received_at"),
            "amount": (_("amount"), "amount"),
        },
    )
    yield table(
        "devices",
        _("Devices you signed in from"),
        KnownDevice.objects.filter(user=person.user) if person.user else [],
        {
            "first": (_("first sign-in"), "first_at"),
            "last": (_("last sign-in"), "last_at"),
            "latitude": (_("latitude"), "latitude"),
            "longitude": (_("longitude"), "longitude"),
        },
    )
    yield reads(_pages(person), "risk_reads")


def _pages(person: Person) -> dict[str, list[int]]:
    mine = assessments(person)
    cases = Case.objects.filter(assessment__in=mine)
    return {
        "admin:risk_assessment_": list(mine.values_list("pk", flat=True)),
        "admin:risk_case_": list(cases.values_list("pk", flat=True)),
    }


def waits_for(customer: Customer) -> list[str]:
    """Somebody who is being looked at for fraud is not erased by one person alone."""
    found = []
    if Freeze.objects.filter(customer=customer, is_active=True).exists():
        found.append(gettext("The account is frozen"))
    cases = Case.objects.filter(assessment__customer=customer, state=Case.State.OPEN).count()
    if cases:
        found.append(gettext("Open cases: %(count)d") % {"count": cases})
    return found


def erase(person: Person) -> Iterator[Done]:
    """Assessments and signals stay as figures of nobody; what is remembered of the person's cards,
    browsers and addresses is made anew from the signals of the others who share them."""
    yield changed(read_rows(_pages(person)), Erasure.UNLINK, subject="")  # type: ignore[arg-type]
    mine = assessments(person)
    cases = Case.objects.filter(assessment__in=mine)
    yield changed(cases, Erasure.CLEAR, message="", contact="", note="")
    charged = Chargeback.objects.filter(order__in=person.orders)
    yield changed(charged, Erasure.CLEAR, reason="")
    yield deleted(Freeze.objects.filter(customer_id=person.customer))
    if person.user:
        yield deleted(KnownDevice.objects.filter(user=person.user))
    yield from _lists(person)
    subjects = [f"customer {person.customer}", f"user {person.user}"]
    yield changed(Alert.objects.filter(subject__in=subjects), Erasure.UNLINK, subject="")
    yield from _signals(person)
    unlinked: dict[str, Any] = {
        "customer": None,
        "visitor": "",
        "card_fingerprint": "",
        "reasons": [],
    }
    yield changed(mine, Erasure.UNLINK, **unlinked, features={}, shadow={})


def _lists(person: Person) -> Iterator[Done]:
    """Entries that name somebody go; of a hash of a card or an address only the reason goes, as
    it keeps out whoever misused them."""
    names = Q(field=ListEntry.Field.CUSTOMER, value=str(person.customer))
    for email in person.emails:
        names |= Q(field=ListEntry.Field.EMAIL, value__iexact=email)
    yield deleted(ListEntry.objects.filter(names))
    hashed = Q(pk=None)
    for name, values in _keys(person).items():
        hashed |= Q(field=name, value__in=values)
    yield changed(ListEntry.objects.filter(hashed), Erasure.CLEAR, reason="")


def _keys(person: Person) -> dict[str, list[str]]:
    places = {memory.address_key(place) for place in person.places} - {""}
    return {"card": person.cards, "visitor": person.visitors, "address": sorted(places)}


def _signals(person: Person) -> Iterator[Done]:
    keys = _keys(person)
    named = Q(customer=str(person.customer)) | Q(order__in=person.orders)
    signals = Signal.objects.filter(named)
    # A card or an address that only a payment refused under no account has named is theirs, too.
    for name, values in keys.items():
        if name != "address":
            signals = signals | Signal.objects.filter(customer="", **{f"{name}__in": values})
    mine = Signal.objects.filter(pk__in=list(signals.values_list("pk", flat=True)))
    learned = [services.CAPABILITY, fraud.CAPABILITY] if mine.exists() or person.orders else []
    empty = dict.fromkeys(("customer", "card", "visitor", "address", "domain", "ip"), "")
    yield changed(mine, Erasure.UNLINK, **empty, latitude=0.0, longitude=0.0)
    yield Done("models", Erasure.UNLINK, retraining.mark_outdated(learned))
    states = {f"{name}:{value}" for name, values in keys.items() for value in values}
    gone = IdentityState.objects.filter(pk__in=[*states, f"customer:{person.customer}"])
    yield deleted(gone)
    memory.save_states(_of_others(keys))


def _of_others(keys: dict[str, list[str]]) -> dict[str, dict]:
    """States of shared cards, browsers and addresses, from the signals that are left."""
    shared = Q(pk=None)
    for name, values in keys.items():
        shared |= Q(**{f"{name}__in": values})
    states: dict[str, dict] = {}
    for signal in Signal.objects.filter(shared).order_by("at", "pk").iterator(chunk_size=2000):
        stream.apply(memory.as_activity(signal), states)
    wanted = {f"{name}:{value}" for name, values in keys.items() for value in values}
    return {key: state for key, state in states.items() if key in wanted}
