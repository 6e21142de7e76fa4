"""What recommendations know of a person, and how they let go of it."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation import retraining
from recommend.models import AdExposure, Forgotten, PlannedCustomer
from recommend.serving import ORDERS, RANKER, SEQUENCE
from shop.models import Event
from shop.privacy.download import Section, table
from shop.privacy.erasers import deleted, mine
from shop.privacy.erasure import Done
from shop.privacy.people import Person
from shop.privacy.register import Erasure


def forgotten(person: Person) -> QuerySet[Forgotten]:
    before = Q(customer=None, visitor__in=person.visitors)
    return Forgotten.objects.filter(Q(customer_id=person.customer) | before)


def sections(person: Person) -> Iterator[Section]:
    yield table(
        "forgotten",
        _("Products you took out of your recommendations"),
        forgotten(person).select_related("product"),
        {"product": (_("product"), lambda row: str(row.product)), "at": (_("time"), "at")},
    )
    yield table(
        "advertisements",
        _("How often you were shown an advertisement"),
        AdExposure.objects.filter(customer_id=person.customer).select_related("campaign"),
        {
            "campaign": (_("advertising campaign"), lambda row: str(row.campaign)),
            "day": (_("day"), "day"),
            "times": (_("times shown"), "times"),
        },
    )
    planned = PlannedCustomer.objects.filter(customer_id=person.customer)
    yield table(
        "planned",
        _("Campaigns you were considered for"),
        planned.select_related("plan__campaign"),
        {
            "campaign": (_("campaign"), lambda row: str(row.plan.campaign)),
            "chance": (_("chance of redeeming"), "chance"),
            "basket": (_("usual order"), "basket"),
            "group": (_("group"), lambda row: row.get_group_display()),
            "mailed_at": (_("mailed"), "mailed_at"),
        },
    )


def erase(person: Person) -> Iterator[Done]:
    """Models that learned from the person's orders and searches are trained anew; orders without
    a customer and events that are gone teach the next ones nothing. The graph is written anew
    every night."""
    yield deleted(forgotten(person))
    yield deleted(PlannedCustomer.objects.filter(customer_id=person.customer))
    yield deleted(AdExposure.objects.filter(customer_id=person.customer))
    learned = [ORDERS, RANKER, SEQUENCE] if person.orders else []
    if Event.objects.filter(mine(person)).exists():
        learned.append("foundation.encoder")
    yield Done("models", Erasure.UNLINK, retraining.mark_outdated(learned))
