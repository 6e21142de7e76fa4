"""Whatever the schema allows, and much that it does not, sent to every operation of the API.

``python -m pytest tests/api/test_fuzz.py tests/support/test_fuzz_sockets.py`` sends a few cases per
operation. The long run (``make test-fuzz``) goes round until it has sent as many as it is told and
adds what it saw to a file:

    FUZZ_INPUTS=50000 FUZZ_ROWS=benchmarks/results/fuzz.jsonl python -m pytest …
"""

import gc
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import schemathesis
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
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

from benchmarks.rows import row
from foundation.sessions import SessionStore
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
INPUTS = int(os.environ.get("FUZZ_INPUTS", "0"))
"""How many to send; 0: once round."""
READ_EVERY = 500
"""Inputs from one look at the memory to the next."""


class Seen:
    """What a run has sent and what came of it."""

    def __init__(self, method: str) -> None:
        self.method, self.inputs, self.errors = method, 0, 0
        self.slowest, self.where = 0.0, ""
        self.began = time.monotonic()
        self.memory: list[float] = []
        self.answers: Counter[str] = Counter()

    @contextmanager
    def one(self, where: str, *, inputs: int = 1) -> Iterator[None]:
        started = time.perf_counter()
        yield
        took = time.perf_counter() - started
        self.sent(inputs)
        if took > self.slowest:
            self.slowest, self.where = took, where

    def sent(self, inputs: int) -> None:
        """Count them, and read the memory from time to time."""
        self.inputs += inputs
        if self.inputs >= READ_EVERY * (len(self.memory) + 1):
            self.read_memory()

    def read_memory(self) -> None:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)

    def rounds(self) -> Iterator[int]:
        """Numbers of rounds, until enough is sent."""
        number = 0
        while not number or not self.is_over():
            yield number
            number += 1

    def is_over(self) -> bool:
        return self.inputs >= INPUTS

    def write(self) -> None:
        """Add the figures to the file of ``FUZZ_ROWS``, if one is asked for."""
        if not (file := os.environ.get("FUZZ_ROWS")):
            return
        self.read_memory()
        tenth, half = (self.memory[len(self.memory) // part] for part in (10, 2))
        figures = {
            "inputs": self.inputs,
            "server_errors": self.errors,
            **{f"answers_{name}": count for name, count in sorted(self.answers.items())},
            "slowest_s": self.slowest,
            "seconds": time.monotonic() - self.began,
            # What comes before the tenth loads models and fills caches.
            "mb_tenth": tenth,
            "mb_half": half,
            "mb_end": self.memory[-1],
            "mb_most": max(self.memory),
        }
        where = {"slowest_s": {"where": self.where}}
        with Path(file).open("a", encoding="utf-8") as out:
            for metric, value in figures.items():
                more = where.get(metric, {})
                print(json.dumps(row("fuzz", self.method, metric, value, **more)), file=out)


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


_MADE: dict[tuple[str, GenerationMode], st.SearchStrategy] = {}
_NEVER_WRONG: set[str] = set()


def generated(operation: Any, mode: GenerationMode) -> st.SearchStrategy:
    """The strategy of an operation, made once: that takes longer than a hundred requests."""
    key = operation.label, mode
    if key not in _MADE:
        _MADE[key] = operation.as_strategy(generation_mode=mode)
    return _MADE[key]


@st.composite
def cases(draw: Any, operation: Any, mode: GenerationMode, roles: list[Role]) -> Any:
    """A generated case in which some values lead to rows that one of the roles has."""
    case = draw(generated(operation, mode))
    known = draw(st.sampled_from(roles)).known
    for container in (case.path_parameters, case.query, case.body):
        if isinstance(container, dict):
            for name in sorted(container.keys() & known.keys()):
                if draw(st.booleans()):
                    container[name] = draw(st.sampled_from(known[name]))
    return case


def attack(
    operation: Any,
    roles: list[Role],
    *,
    examples: int,
    seen: Seen,
    number: int = 0,
    checks: list = CHECKS,
) -> None:
    """Send right cases as every role and wrong ones as those who get past the door.

    Raises on a server error and on an answer that the schema does not describe. Every ``number``
    has cases of its own.

    Every case meets the same rows: what it changes is rolled back.
    """

    def send(strategy: Any, senders: list[Role]) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def each(case: Any) -> None:
            for who in senders:
                with transaction.atomic(), seen.one(operation.label):
                    response = case.call(headers={**who.headers, "Accept-Encoding": "identity"})
                    transaction.set_rollback(True)
                seen.errors += response.status_code >= 500
                seen.answers[f"{response.status_code // 100}xx"] += 1
                try:
                    case.validate_response(response, checks=checks)
                except BaseExceptionGroup as group:
                    group.add_note(f"sent by a {who.name}")
                    raise

        each()

    send(cases(operation, GenerationMode.POSITIVE, roles), roles)
    if operation.label in _NEVER_WRONG:
        return
    insiders = [who for who in roles if who.name != "guest"]
    try:
        send(cases(operation, GenerationMode.NEGATIVE, roles), insiders)
    except Unsatisfiable:
        # An operation without input has nothing that could be wrong; trying it again takes long.
        _NEVER_WRONG.add(operation.label)
