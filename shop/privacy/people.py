"""Who a request is about: everything by which one person is found in the shop's tables."""

from dataclasses import asdict, dataclass, field

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db.models import Q

from shop.models import Checkout, Customer, Event, Order, Payment


@dataclass(frozen=True)
class Person:
    """A customer's identities. JSON-ready, so that a half-done erasure goes on from its record.

    ``orders`` are ids, with those placed as a guest under a verified address of theirs;
    ``visitors`` random keys of their browser sessions, ``cards`` fingerprints, ``places`` postal
    addresses, ``sessions`` keys of open sessions.
    """

    customer: int
    user: int | None = None
    name: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    checkouts: list[str] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    places: list[dict] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    def as_json(self) -> dict:
        return asdict(self)


def person_of(customer: Customer) -> Person:
    """Collect what a customer is known by."""
    user = customer.user
    emails = []
    if user is not None:
        verified = EmailAddress.objects.filter(user=user, verified=True)
        emails = sorted({user.email.lower(), *(row.email.lower() for row in verified)})
    mine = orders_of(customer, emails)
    checkouts = Checkout.objects.filter(Q(customer=customer) | Q(order__in=mine))
    cards = Payment.objects.filter(Q(order__in=mine) | Q(checkout__in=checkouts))
    visitors = Event.objects.filter(customer=customer).exclude(visitor="").order_by()
    places = [row.address for row in mine if row.address]
    for row in customer.addresses.all():
        places.append({name: getattr(row, name) for name in PLACE})
    return Person(
        customer=customer.pk,
        user=user.pk if user else None,
        name=customer.name,
        emails=emails,
        phones=sorted({str(place["phone"]) for place in places if place.get("phone")}),
        orders=[row.pk for row in mine],
        checkouts=[str(pk) for pk in checkouts.values_list("uuid", flat=True)],
        visitors=sorted(set(visitors.values_list("visitor", flat=True))),
        cards=sorted(set(cards.exclude(card_fingerprint="").values_list(CARD, flat=True))),
        places=places,
        sessions=sorted(UserSession.objects.filter(user=user).values_list(SESSION, flat=True))
        if user
        else [],
    )


CARD, SESSION = "card_fingerprint", "session_key"
PLACE = ("recipient", "line1", "line2", "city", "region", "postal_code", "country", "phone")


def orders_of(customer: Customer, emails: list[str]) -> list[Order]:
    """The customer's orders, and those placed as a guest under an address proved to be theirs."""
    as_guest = Q()
    for email in emails:
        as_guest |= Q(customer=None, email__iexact=email)
    found = Order.objects.filter(
        Q(customer=customer) | as_guest if as_guest else Q(customer=customer)
    )
    return list(found.order_by("pk"))
