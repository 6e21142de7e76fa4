"""One of everything that an address can name, and everybody who may ask for it."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from config.roles import ADMINISTRATORS, MARKETING, RISK, STOCK, SUPPORT
from recommend.models import AdCampaign
from risk.models import Assessment, Case, Decision
from shop.models import Customer
from support import services as support
from tests.shop import factories

ROLES = {
    "support": SUPPORT,
    "stock": STOCK,
    "risk": RISK,
    "marketing": MARKETING,
    "administrator": ADMINISTRATORS,
}
PEOPLE = ("anonymous", "customer", "stranger", *ROLES)
"""``customer`` owns everything, ``stranger`` is another customer."""


class World:
    def __init__(self) -> None:
        self.owner: Customer = factories.CustomerFactory()
        self.address = factories.AddressFactory(customer=self.owner)
        line = factories.OrderLineFactory(
            order=factories.OrderFactory(customer=self.owner, lines=0)
        )
        self.order, self.product = line.order, line.variant.product
        advertised = AdCampaign.objects.create(
            name="Shoes", starts_on=timezone.localdate(), ends_on=timezone.localdate(), budget=9
        )
        self.creative = advertised.creatives.create(product=self.product, text_en="a", text_zh="b")
        self.payment = factories.PaymentFactory(order=self.order)
        factories.CustomerFactory()
        self.talk = support.open_conversation(visitor="owner", customer=self.owner)
        self.message = self.talk.messages.create(seq=1, author="customer", text="hello")
        assessment = Assessment.objects.create(
            order=self.order, customer=self.owner, decision=Decision.REVIEW, at=timezone.now()
        )
        self.case = Case.objects.create(assessment=assessment, kind=Case.Kind.REVIEW)
        self.clients = {name: self._client(name) for name in PEOPLE}

    def _client(self, name: str) -> Client:
        client = Client()
        if name == "anonymous":
            return client
        if name == "customer":
            user = self.owner.user
        elif name == "stranger":
            user = factories.CustomerFactory().user
        else:
            user = factories.UserFactory(is_staff=True)
            user.groups.add(Group.objects.get(name=ROLES[name]))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def value(self, name: str, route: str) -> Any:
        """What stands for a part of an address; a new kind of part fails here."""
        if route.startswith("demo/tour/be/"):
            return 0  # nobody: becoming somebody would end the asker's own sign-in
        if name == "pk":
            rows = {
                "support/console/message": self.message,
                "support/console": self.talk,
                "api/v1/support": self.talk,
                "api/v1/^risk/cases": self.case,
                "account/addresses": self.address,
                "api/v1/addresses": self.address,
            }
            return next((row.pk for start, row in rows.items() if route.startswith(start)), 1)
        if name == "slug":
            slugs = {"d/": self.product.category.department, "c/": self.product.category}
            slugs |= {"api/v1/departments": slugs["d/"], "api/v1/categories": slugs["c/"]}
            found = next((row for start, row in slugs.items() if route.startswith(start)), None)
            return (found or self.product).slug
        return {
            "number": self.order.number,
            "product": self.product.pk,
            "line": 1,
            "creative": self.creative.pk,
            "code": "1F6CD",
            "key": "a-key",
            "erasure_key": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c003",
            "copy": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c002",
            "token": "a-token",
            "uidb36": "1",
            "language": "en",
            "variant": 1,
            "mark": "x",
            "name": "mail-1",
            "role": "nobody",  # a real one would end the asker's own sign-in
            "checkout_uuid": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c001",
        }[name]


def routes(
    resolver: URLResolver | None = None, under: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route as the URL patterns spell it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = under + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry
