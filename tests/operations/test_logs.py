"""Logs name request and task everywhere, and nobody's personal data."""

import io
import json
import logging
import logging.config
import sys
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings as configuration
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from config import log, tracing
from config.log import WithRequestId, id_of, without_personal
from tests.shop.factories import PASSWORD, CustomerFactory


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the JSON log of the settings writes, at the level DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    form = dict(configuration.LOGGING["formatters"]["json"])
    handler.setFormatter(
        log.Json(form.pop("format"), style="{", rename_fields=form["rename_fields"])
    )
    handler.addFilter(log.Ids())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def ask(kind: str, headers: list, start: str) -> tuple[str, dict]:
    """The id that the application saw, and the headers of the answer."""
    seen, sent = [], []

    async def application(scope, receive, send) -> None:
        seen.append(log.request_id.get())
        await send({"type": start, "headers": [(b"x-own", b"1")]})

    async def send(message: dict) -> None:
        sent.append(message)

    await WithRequestId(application)({"type": kind, "headers": headers}, None, send)
    return seen[0], dict(sent[0]["headers"])


# The mark puts it before the browser's tests, whose loop would still run.
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "start"), [("http", "http.response.start"), ("websocket", "websocket.accept")]
)
async def test_requests_and_sockets_have_an_id_and_answer_with_it(kind, start):
    first, headers = await ask(kind, [], start)
    second, _ = await ask(kind, [], start)
    assert headers == {b"x-own": b"1", b"x-request-id": first.encode()}
    assert first != second
    assert log.request_id.get() == ""


@pytest.mark.parametrize("given_id", ["a" * 65, "short", "x y z 1 2 3", "a\nb\nc\nd\ne\n"])
def test_only_a_proxy_names_requests_and_only_harmlessly(settings, given_id):
    headers = {b"x-request-id": b"proxy-gave-1"}
    assert id_of(headers) != "proxy-gave-1"
    settings.BEHIND_PROXY = True
    assert id_of(headers) == "proxy-gave-1"
    assert id_of({b"x-request-id": given_id.encode()}) != given_id


def test_a_task_knows_who_queued_it(written):
    seen = []

    @current_app.task(name="tests.who", shared=False)
    def who() -> None:
        logging.getLogger("tests").info("at work")
        seen.append((log.request_id.get(), log.task_id.get()))

    headers: dict = {}
    token = log.request_id.set("request-1")
    log._queued(headers=headers)
    log.request_id.reset(token)
    key = who.apply(headers=headers).id
    current_app.tasks.unregister("tests.who")
    assert seen == [("request-1", key)]
    said = next(line for line in lines(written) if line["message"] == "at work")
    assert (said["request_id"], said["task_id"]) == ("request-1", key)
    assert (said["level"], said["logger"]) == ("INFO", "tests")
    assert (log.request_id.get(), log.task_id.get()) == ("", "")


def test_an_error_that_quotes_a_row_says_no_address(written):
    try:
        raise IntegrityError("Key (email)=(ada.l+x@mail.example.com) already exists.")
    except IntegrityError:
        logging.getLogger("tests").exception("card 4242 4242 4242 4242 of %s", "bob@example.com")
    text = written.getvalue()
    assert "already exists" in text
    assert "@" not in text
    assert "4242" not in text


@given(st.emails(domains=st.just("example.com")))
def test_addresses_are_taken_out(address):
    assert address not in without_personal(f"sent to <{address}>, done")


def test_times_ids_and_amounts_stay():
    text = "2026-11-25 01:02:03,456 order M-1234567 took 1234567.89 ms at 192.0.2.1"
    assert without_personal(text) == text


@pytest.mark.django_db
def test_what_people_type_is_not_in_the_log(written, client):
    """Through the pages: a wrong password, a sign-up, a search, an order that is refused."""
    customer = CustomerFactory(name="Zebulon Quickfoot")
    email = customer.user.email
    secret = "Hunter-2-Hunter-2"  # pragma: allowlist secret
    client.post("/accounts/login/", {"login": email, "password": secret})
    client.post(
        "/accounts/signup/",
        {"email": "new.person@example.org", "password1": secret, "password2": secret},
    )
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/account/", {"name": "Zebulon Quickfoot", "phone": "+15135550123"})
    address = {"recipient": "Zebulon Quickfoot", "line1": "77 Hidden Lane", "city": "Yellowknife"}
    client.post("/account/addresses/new/", address)
    client.post("/checkout/", address | {"card_number": "4242424242424242"})
    logged = written.getvalue()
    assert logged, "something is logged at all"
    typed = (email, secret, PASSWORD, "new.person", "Quickfoot", "5550123", "Hidden Lane", "424242")
    assert [word for word in typed if word in logged] == []


def test_without_the_setting_nothing_of_traces_is_imported():
    assert tracing.start("web") is False
    assert not [name for name in sys.modules if name.startswith("opentelemetry.sdk")]


def test_traces_without_their_packages_say_what_to_install(settings, monkeypatch):
    settings.OTLP_ENDPOINT = "http://127.0.0.1:1/v1/traces"
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-traces\.txt"):
        tracing.start("web")
