"""What screening knows of a person, and how it lets go of it."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from risk.models import Assessment, Case, Chargeback, Freeze, KnownDevice
from shop.privacy.download import Section, table
from shop.privacy.people import Person
from shop.privacy.sections import reads

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
    cases = Case.objects.filter(assessment__in=mine)
    yield table(
        "risk_cases",
        _("Checks by a person, and your appeals"),
        cases,
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
    pages = {
        "admin:risk_assessment_": list(mine.values_list("pk", flat=True)),
        "admin:risk_case_": list(cases.values_list("pk", flat=True)),
    }
    yield reads(pages, "risk_reads")
