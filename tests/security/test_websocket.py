"""The chat's socket: only from our own pages, only with a session, only one's own words."""

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from config.asgi import application
from foundation.sessions import SessionStore
from shop.middleware import VISITOR_KEY
from support import services
from support.models import Conversation
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


async def connect(
    origin: str | None, session: str | None, path: str = "/ws/chat/"
) -> tuple[bool, WebsocketCommunicator]:
    headers = [(b"host", b"localhost")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if session is not None:
        headers.append((b"cookie", f"sessionid={session}".encode()))
    socket = WebsocketCommunicator(application, path, headers=headers)
    accepted, _ = await socket.connect()
    return accepted, socket


@database_sync_to_async
def session_of(visitor: str) -> str:
    store = SessionStore()
    store[VISITOR_KEY] = visitor
    store.save()
    return store.session_key


@database_sync_to_async
def someone_elses() -> Conversation:
    other = services.open_conversation(visitor="visitor-b", customer=None)
    other.messages.create(seq=1, author="customer", text="my card is lost")
    return other


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "null"]
)
async def test_pages_of_others_cannot_open_it(origin):
    accepted, _ = await connect(origin, await session_of("visitor-a"))
    assert not accepted


async def test_without_a_session_nobody_is_let_in():
    assert not (await connect("http://localhost", None))[0]
    assert not (await connect("http://localhost", "made-up-session-key"))[0]


async def test_a_visitor_is_sent_the_own_conversation_only():
    other = await someone_elses()
    accepted, socket = await connect("http://localhost", await session_of("visitor-a"))
    assert accepted
    await socket.send_json_to({"type": "resume", "after": 0, "conversation": str(other.uuid)})
    assert await socket.receive_nothing(0.3)
    await socket.disconnect()


@database_sync_to_async
def session_of_staff() -> str:
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    return client.session.session_key


@pytest.mark.parametrize("asked", [True, False])
async def test_progress_of_training_is_for_staff_with_a_second_factor(settings, asked):
    settings.STAFF_SECOND_FACTOR = asked
    accepted, socket = await connect("http://localhost", await session_of_staff(), "/ws/training/")
    assert accepted is not asked
    await socket.disconnect()
