"""Whatever is sent over the sockets of the chat and of the training, no socket breaks."""

import json
import os
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from config.asgi import application
from foundation.sessions import SessionStore
from shop.middleware import VISITOR_KEY
from shop.models import User
from support import consumers
from tests.api import fuzz
from tests.shop.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("assistant")]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2")) * 20
TOGETHER = 10
"""Frames that each socket gets before an answer is waited for."""

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["", "\x00", "\ud83d", "怎么退货", "where is my order", "a" * 5000, 2**63, -1]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
objects = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "resume", "read", "typing"]) | anything},
    optional=dict.fromkeys(("id", "text", "after", "seq", "conversation"), anything),
)
near = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("message"), "id": st.text(max_size=40), "text": st.text(max_size=300)}
    ),
    st.fixed_dictionaries({"type": st.just("resume"), "after": st.integers()}),
    st.fixed_dictionaries({"type": st.just("read"), "seq": st.integers()}),
)
frames = st.one_of(
    near.map(json.dumps),
    objects.map(json.dumps),
    anything.map(json.dumps),
    st.text(),
    st.sampled_from(["[" * 10_000, "{" * 5000, "1" * 10_000, "x" * 30_000, "NaN", "1e999"]),
    st.binary(),
)


def session(user: User | None) -> str:
    store = SessionStore()
    store[VISITOR_KEY] = uuid4().hex
    if user is not None:
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


async def opened(path: str, key: str) -> WebsocketCommunicator:
    headers = [
        (b"host", b"localhost"),
        (b"origin", b"http://localhost"),
        (b"cookie", f"sessionid={key}".encode()),
    ]
    socket = WebsocketCommunicator(application, path, headers=headers)
    assert (await socket.connect(timeout=10))[0]
    return socket


async def answered(socket: WebsocketCommunicator, number: int) -> None:
    """Wait until a message is refused by its name: what was sent before it is done."""
    name = f"probe-{number}"
    await socket.send_json_to({"type": "message", "id": name, "text": ""})
    while (await socket.receive_json_from(timeout=60)).get("id") != name:
        pass


def drawn(number: int) -> list[str | bytes]:
    found: list[str | bytes] = []

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(frame=frames)
    def draw(frame: str | bytes) -> None:
        found.append(frame)

    draw()
    return found


async def test_nothing_that_is_sent_breaks_a_socket(monkeypatch):
    # Otherwise the guard against floods would answer, and nothing behind it.
    monkeypatch.setattr(consumers, "BURST_SECONDS", 0.0)
    seen = fuzz.Seen("sockets")
    staff = await database_sync_to_async(StaffFactory)(is_superuser=True)
    for number in seen.rounds():
        chat = await opened("/ws/chat/", await database_sync_to_async(session)(None))
        training = await opened("/ws/training/", await database_sync_to_async(session)(staff))
        several = drawn(number)
        for place in range(0, len(several), TOGETHER):
            some = several[place : place + TOGETHER]
            with seen.one("chat and training", inputs=2 * len(some)):
                for frame in some:
                    kind = "bytes" if isinstance(frame, bytes) else "text"
                    await chat.send_input({"type": "websocket.receive", kind: frame})
                    await training.send_input({"type": "websocket.receive", kind: frame})
                await answered(chat, seen.inputs)
            if number and seen.is_over():
                break
        await training.receive_from(timeout=10)  # it still tells, and raises what went wrong in it
        await chat.disconnect()
        await training.disconnect()
    seen.write()
    assert seen.inputs
