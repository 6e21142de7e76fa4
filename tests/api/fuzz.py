"""Whatever the schema allows, and much that it does not, sent to every operation of the API.

``python -m pytest tests/api/test_fuzz.py`` sends a few cases per operation; ``FUZZ_EXAMPLES=500``
sends as many as you have time for.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import schemathesis
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shop.middleware import VISITOR_KEY
from shop.models import User
from shop.selectors.carts import CART_KEY
from shop.services.accounts import ORDERS_KEY

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Role:
    """Somebody who sends requests; ``known`` holds values by name that lead to rows of theirs."""

    name: str
    headers: dict[str, str]
    known: dict[str, list[Any]] = field(default_factory=dict)


def role(name: str, *, user: User | None = None, known: dict[str, list[Any]], cart=None) -> Role:
    session = SessionStore()
    session[VISITOR_KEY] = uuid4().hex
    if cart is not None:
        session[CART_KEY] = str(cart.token)
    session[ORDERS_KEY] = known.get("number", [])
    if user is not None:
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    if user is None:
        headers = {"Cookie": f"sessionid={session.session_key}"}
    else:
        headers = {"X-Session-Token": str(session.session_key)}
    return Role(name, headers, known)


def load() -> Any:
    return schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        yield found.ok()


@st.composite
def cases(draw: Any, operation: Any, mode: GenerationMode, roles: list[Role]) -> Any:
    """A generated case in which some values lead to rows that one of the roles has."""
    case = draw(operation.as_strategy(generation_mode=mode))
    known = draw(st.sampled_from(roles)).known
    for container in (case.path_parameters, case.query, case.body):
        if isinstance(container, dict):
            for name in sorted(container.keys() & known.keys()):
                if draw(st.booleans()):
                    container[name] = draw(st.sampled_from(known[name]))
    return case


def attack(operation: Any, roles: list[Role], *, examples: int, checks: list = CHECKS) -> None:
    """Send right cases as every role and wrong ones as a customer, who gets past the door.

    Raises on a server error and on an answer that the schema does not describe.

    Every case meets the same rows: what it changes is rolled back.
    """
    customers = [who for who in roles if who.name == "customer"]
    _send(cases(operation, GenerationMode.POSITIVE, roles), roles, examples, checks)
    with suppress(Unsatisfiable):  # an operation without input has nothing that could be wrong
        _send(cases(operation, GenerationMode.NEGATIVE, roles), customers, examples, checks)


def _send(strategy: Any, senders: list[Role], examples: int, checks: list) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        for who in senders:
            with transaction.atomic():
                response = case.call(headers={**who.headers, "Accept-Encoding": "identity"})
                transaction.set_rollback(True)
            try:
                case.validate_response(response, checks=checks)
            except BaseExceptionGroup as group:
                group.add_note(f"sent by a {who.name}")
                raise

    send()
