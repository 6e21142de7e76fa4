"""Hostile text in every text field there is: of every form on a page, of every body of the API.

The fields are found, not listed: forms by opening every page of the site, bodies by reading the
API's schema. A new page, form or field is covered by being there; an address that takes a new kind
of value fails until :func:`values` knows one.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from recommend.models import AdCampaign, AdCreative
from risk.models import Assessment, Decision
from shop.models import Customer, Order
from support import services as support
from tests.api.conftest import (  # noqa: F401
    CARD,
    Program,
    Shop,
    clean_process,
    customer,
    error_of,
    shop,
    signed_in,
)
from tests.faults.hostile import HOSTILE, SCRIPT, Form, forms_of
from tests.shop.conftest import ADDRESS
from tests.shop.factories import (
    AddressFactory,
    CouponFactory,
    OrderFactory,
    PaymentFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
NOT_OURS = {"admin", "jsi18n", "static"}
LEFT_OUT = {
    # Ends the session that the others need; takes no text.
    "account_logout",
    # Files and data without forms.
    *(
        "picture",
        "product_picture",
        "tour_live",
        "review_photo",
        "transcript",
        "schema",
        "api-docs",
        "order_invoice",
        "erasure_report_file",
        "javascript-catalog",
    ),
}
ANSWERS = {200, 302, 400, 404, 405, 409, 422, 429}
FOR_STAFF = ("/api/v1/support/conversations/", "/api/v1/risk/cases/")
PASSED_ON = {"Session", "Event", "LogEntry", "TestCharge"}
"""Rows that a refused request may write."""


@pytest.fixture
def values(shop: Shop, customer: Customer) -> dict[str, Any]:  # noqa: F811
    """One value for every kind of thing that an address or a body names, of ``customer``'s own."""
    order = PaymentFactory(
        order=OrderFactory(customer=customer, lines=1, status=Order.Status.SHIPPED),
    ).order
    order.lines.update(variant=shop.milk)
    address = AddressFactory(customer=customer, is_default=True)
    talk = support.open_conversation(visitor="somebody", customer=customer)
    blocked = Assessment.objects.create(
        decision=Decision.BLOCK,
        at=order.placed_at,
        checkout_uuid="6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c001",
    )
    today = timezone.localdate()
    campaign = AdCampaign.objects.create(name="Spring", starts_on=today, ends_on=today, budget=9)
    creative = AdCreative.objects.create(
        campaign=campaign, product=shop.milk.product, text_en="Try milk", text_zh="试试牛奶"
    )
    return {
        "creative": creative.pk,
        "slug": "whole-milk",
        "number": order.number,
        "line": order.lines.get().pk,
        "product": shop.milk.product_id,
        "variant": shop.milk.pk,
        "checkout_uuid": str(blocked.checkout_uuid),
        "checkout": str(blocked.checkout_uuid),
        "code": CouponFactory().code,
        "erasure_key": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c001",
        "copy": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c001",
        "password": "a pass phrase",  # pragma: allowlist secret
        "key": "6f1f1c6e-7f0c-4d0b-9a55-0c54f3f9c001",
        "pk": {"support": talk.pk, "shop": address.pk},
        "id": address.pk,
        "name": "mail-1",
        "role": "nobody",
        "token": "a-token",
        "uidb36": "1",
        "email": "ada@example.com",
        "contact": "ada@example.com",
        "delivery": "standard",
        "expected_total": "8.39",
        "idempotency_key": "a-key-of-mine",
        "birth_date": "1990-05-05",
        "address": dict(ADDRESS),
        "card": {**CARD, "holder": "Ada Lovelace"},
        "reason": "damaged",
        "quantity": 1,
        "rating": 5,
        "after": 0,
        "act": "say",
        "language": "en",
        "mark": "a-mark",
    }


def pages(values: dict[str, Any]) -> Iterator[str]:
    """The address of every page of the site, filled with ``values``."""
    for app, pattern in _walk(get_resolver()):
        if not pattern.name or pattern.name in LEFT_OUT:
            continue
        names = pattern.pattern.regex.groupindex
        kwargs = {name: _value(values, name, app) for name in names}
        slugs = {"department": "grocery", "category": "milk"}
        if pattern.name in slugs:
            kwargs["slug"] = slugs[pattern.name]
        yield reverse(f"{app}:{pattern.name}" if app else pattern.name, kwargs=kwargs)


def _value(values: dict[str, Any], name: str, app: str) -> Any:
    assert name in values, f"addresses take a {name} now: say one in values()"
    value = values[name]
    return value[app] if isinstance(value, dict) else value


def _walk(
    resolver: URLResolver, app: str = "", under: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        place = under + str(entry.pattern)
        if place.split("/")[0] in NOT_OURS or place.startswith("api/"):
            continue
        if isinstance(entry, URLResolver):
            yield from _walk(entry, entry.namespace or app, place)
        else:
            yield app, entry


def rows() -> dict[str, int]:
    """How many rows every table holds."""
    return {
        model.__name__: model.objects.count()
        for model in apps.get_models()
        if model.__name__ not in PASSED_ON
    }


def escaped(client: Client, url: str) -> None:
    """A page that shows what was sent shows it as text."""
    page = client.get(url, follow=True)
    assert page.status_code < 500, (url, page.status_code)
    if page["Content-Type"].startswith("text/html"):
        assert SCRIPT not in page.content.decode(), url


def new_forms(client: Client, values: dict[str, Any], known: set) -> list[Form]:
    """Forms with text fields that were not met before."""
    found = []
    for url in pages(values):
        page = client.get(url)
        assert page.status_code < 500, url
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            for form in forms_of(url, page.content.decode()):
                form.typed = [name for name in form.typed if name != "csrfmiddlewaretoken"]
                key = (form.action.split("?")[0], *sorted(form.values))
                if form.typed and key not in known:
                    known.add(key)
                    found.append(form)
    return found


@pytest.fixture
def browsers(values, customer: Customer, shop: Shop) -> list[Client]:  # noqa: F811
    """A guest, the customer and a member of staff, with something in their carts."""
    guest_, buyer, agent = Client(), Client(), Client()
    buyer.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    agent.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    for browser in (guest_, buyer, agent):
        browser.raise_request_exception = True
        assert browser.post("/cart/add/", {"variant": shop.milk.pk}).status_code == 302
    return [guest_, buyer, agent]


def attempts(form: Form) -> Iterator[tuple[list[str], str]]:
    """All fields at once for what checks them, one by one for what gets past the checks."""
    for text in HOSTILE.values():
        yield form.typed, text
    for name in form.typed:
        yield [name], HOSTILE["html"]


def test_hostile_text_in_every_field_of_every_form(browsers, values, settings):
    settings.DEMO = True
    known: set[tuple] = set()
    tried: set[str] = set()
    for browser in browsers:
        for form in new_forms(browser, values, known):
            for names, text in attempts(form):
                answer = browser.post(form.action, form.values | dict.fromkeys(names, text))
                assert answer.status_code in ANSWERS, (form.action, names, text)
                if answer["Content-Type"].startswith("text/html"):
                    assert SCRIPT not in answer.content.decode(), (form.action, names)
                tried.update(names)
    assert tried >= {"recipient", "email", "text", "message", "body", "code", "comment"}
    for browser in browsers[1:]:
        for url in pages(values):
            escaped(browser, url)
    assert Order.objects.exists()


def resolved(schema: dict, document: dict) -> dict:
    """A schema with its reference, if it is one, looked up."""
    while "$ref" in schema or "allOf" in schema:
        schema = schema.get("allOf", [schema])[0]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def text_fields(schema: dict, document: dict, path: tuple = ()) -> Iterator[tuple]:
    """Paths of all strings in a body."""
    schema = resolved(schema, document)
    if schema.get("type") == "object":
        for name, part in schema.get("properties", {}).items():
            yield from text_fields(part, document, (*path, name))
    elif schema.get("type") == "array":
        yield from text_fields(schema["items"], document, (*path, 0))
    elif schema.get("type") == "string":
        yield path


def example(schema: dict, document: dict, values: dict, name: str = "") -> Any:
    """A body that would be accepted, or nearly."""
    schema = resolved(schema, document)
    if name in values:
        return values[name]
    if schema.get("type") == "object":
        return {
            key: example(part, document, values, key)
            for key, part in schema.get("properties", {}).items()
        }
    if schema.get("type") == "array":
        return [example(schema["items"], document, values)]
    if "enum" in schema:
        return schema["enum"][0]
    return {"boolean": True, "integer": 1, "number": 1.0}.get(schema.get("type", ""), "text")


def put(body: Any, path: tuple, text: str) -> Any:
    """A copy of ``body`` with ``text`` at ``path``."""
    if not path:
        return text
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = put(copy[path[0]], path[1:], text)
    return copy


def bodies(document: dict) -> Iterator[tuple[str, str, dict]]:
    """Address, method and schema of every operation that takes a body."""
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield address, method, content["application/json"]["schema"]


def test_hostile_text_in_every_field_of_every_body(signed_in, shop, values):  # noqa: F811
    document = SchemaGenerator().get_schema(request=None, public=True)
    staff = Program()
    staff.client = Client()
    staff.client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    signed_in.put_into_cart(shop.milk)
    known = {name: value for name, value in values.items() if name != "pk"}
    before, tried = rows(), 0
    for address, method, schema in bodies(document):
        path = address.removeprefix("/api/v1/").format(**values)
        sender = staff if address.startswith(FOR_STAFF) else signed_in
        body = example(schema, document, known)
        for field in text_fields(schema, document):
            for kind, text in HOSTILE.items():
                answer = sender.send(method.upper(), path, put(body, field, text))
                tried += 1
                assert answer.status_code < 500, (path, field, kind)
                after = rows()
                if answer.status_code >= 400:
                    error_of(answer)
                    # A refused checkout is remembered by its key.
                    assert after == before or path == "checkout/", (path, field, kind)
                before = after
    assert tried > 150, tried
    for url in pages(values):
        escaped(signed_in_browser(signed_in), url)


def signed_in_browser(program: Program) -> Client:
    """A browser with the session of a program."""
    browser = Client()
    browser.cookies["sessionid"] = program.headers["x-session-token"]
    return browser
