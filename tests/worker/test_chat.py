"""The chat when its parts die: web process killed, Redis restarted, an agent who is cut off.

Real processes: the web server that ``make demo`` starts, a Redis of the test's own. Whatever was
acknowledged, by coming back with a sequence number, is there once and in order.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from scripts.demo import ProcessGroup, programs
from shop.middleware import VISITOR_KEY
from support.models import Conversation, Message
from tests.browser.server import free_port
from tests.worker.conftest import PATIENCE, settings_of_other, wait_until

HOST = "127.0.0.1"
SAID = "I want to talk to a person"
"""Handed over at once: what is tested is what is kept, not what is answered."""


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


class Servers:
    """A web server and a Redis that can be killed and started again, on ports of their own."""

    def __init__(self, database: str, folder: Path) -> None:
        self.folder, self.group = folder, ProcessGroup(grace=5)
        self.web_port, self.redis_port = free_port(), free_port()
        self.extra = settings_of_other(database) | {
            "REDIS_URL": f"redis://{HOST}:{self.redis_port}/0",
            "ALLOWED_HOSTS": HOST,
            "HTTPS": "off",
        }

    def start_redis(self) -> None:
        command = ["redis-server", "--port", str(self.redis_port), "--bind", HOST]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.group.start("redis", command, log=self.folder / "redis.log")
        wait_until(lambda: open_port(self.redis_port), "Redis")

    def start_web(self) -> None:
        command = next(found for name, found, _ in programs(HOST, self.web_port) if name == "web")
        self.group.start("web", command, log=self.folder / "web.log", extra=self.extra)
        wait_until(lambda: open_port(self.web_port) or self.group.ended(), "the web server")
        assert self.group.ended() is None, (self.folder / "web.log").read_text()[-3000:]

    def kill(self, name: str) -> None:
        """End a process as the kernel does when memory is out: without a word to it."""
        one = self.group.members.pop(name)
        os.kill(one.pid, signal.SIGKILL)
        one.wait()


class Customer:
    """What the widget does: ids of its own, unacknowledged messages again after a reconnect."""

    def __init__(self, port: int, session: str) -> None:
        self.url, self.session = f"ws://{HOST}:{port}/ws/chat/", session
        self.seen, self.pending = 0, {}
        self.acknowledged: dict[str, int] = {}
        self.received: list[tuple[int, str, str]] = []

    @asynccontextmanager
    async def online(self):
        headers = {"Cookie": f"sessionid={self.session}", "Origin": f"http://{HOST}"}
        async with connect(self.url, additional_headers=headers, ping_interval=None) as line:
            await line.send(json.dumps({"type": "resume", "after": self.seen}))
            for key, text in self.pending.items():
                await line.send(json.dumps({"type": "message", "id": key, "text": text}))
            yield line

    async def say(self, line, text: str) -> None:
        key = uuid4().hex
        self.pending[key] = text
        await line.send(json.dumps({"type": "message", "id": key, "text": text}))

    async def listen(self, line, until) -> None:
        """Take frames until something holds."""
        while not until():
            frame = json.loads(await asyncio.wait_for(line.recv(), PATIENCE))
            assert frame["type"] == "messages", frame
            for message in frame["messages"]:
                if message["seq"] <= self.seen:
                    continue
                assert message["seq"] == self.seen + 1, "a gap"
                self.seen = message["seq"]
                self.received.append((message["seq"], message["author"], message["text"]))
                if self.pending.pop(message["client_id"], None) is not None:
                    self.acknowledged[message["client_id"]] = message["seq"]


@pytest.fixture
def servers(shared_database: str, tmp_path: Path) -> Iterator[Servers]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    both = Servers(shared_database, tmp_path)
    try:
        both.start_redis()
        both.start_web()
        yield both
    finally:
        both.group.stop()


@pytest.mark.slow
def test_what_was_acknowledged_is_there_once_whatever_dies(servers: Servers) -> None:
    visitor = uuid4().hex
    # The session is in the database: Redis only remembers it.
    store = SessionStore()
    store[VISITOR_KEY] = visitor
    store.save()
    customer = Customer(servers.web_port, store.session_key)
    agent = get_user_model().objects.create_superuser("agent@example.com", "secret-secret")
    staff = Client()
    staff.force_login(agent)
    asyncio.run(_through_everything(customer, servers, staff))

    rows = list(Message.objects.filter(conversation__visitor=visitor).order_by("seq"))
    assert Conversation.objects.filter(visitor=visitor).count() == 1
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    customers = [row for row in rows if row.author == Message.Author.CUSTOMER]
    kept = {row.client_id: row.seq for row in customers if row.client_id}
    assert customer.pending == {}
    # Each once (ids are unique), at the place that was acknowledged, and none besides.
    assert kept == customer.acknowledged
    assert [row.text for row in customers] == [
        SAID,
        "before Redis",
        "Redis is away",
        "Redis is back",
        *BURST,
        "at the end",
    ]
    assert [row.text for row in rows if row.author == Message.Author.AGENT] == ["one", "two"]
    assert [text for _seq, _author, text in customer.received] == [row.text for row in rows]


BURST = [f"burst {number}" for number in range(10)]


async def _through_everything(customer: Customer, servers: Servers, staff: Client) -> None:
    def post(text: str) -> None:
        talk = Conversation.objects.get()
        # Cut off before the answer came, the agent sends the form again.
        form = {"act": "say", "text": text, "id": f"form-{text}"}
        for _again in range(2):
            staff.post(f"/support/console/{talk.pk}/act/", form)
        connections.close_all()

    async def agent_says(text: str) -> None:
        # A thread of this loop's own: those of Django keep connections of tests before.
        await asyncio.to_thread(post, text)

    async with customer.online() as line:
        await customer.say(line, SAID)
        await customer.listen(line, lambda: not customer.pending and customer.seen >= 2)
        await agent_says("one")
        await customer.listen(line, lambda: customer.received[-1][2] == "one")
        await customer.say(line, "before Redis")
        await customer.listen(line, lambda: not customer.pending)
        servers.kill("redis")
        await customer.say(line, "Redis is away")
        await customer.listen(line, lambda: not customer.pending)
        await asyncio.to_thread(servers.start_redis)
        await customer.say(line, "Redis is back")
        await customer.listen(line, lambda: not customer.pending)
        # The agent is away: nothing of theirs is open. The web process dies while the customer is
        # writing: some of this is kept and acknowledged, some kept only, some neither.
        for text in BURST:
            await customer.say(line, text)
        await customer.listen(line, lambda: len(customer.pending) <= 7)
        servers.kill("web")
        with suppress(ConnectionClosed):
            await customer.listen(line, lambda: not customer.pending)
    await agent_says("two")
    await asyncio.to_thread(servers.start_web)
    async with customer.online() as line:
        await customer.listen(
            line, lambda: not customer.pending and "two" in [row[2] for row in customer.received]
        )
        await customer.say(line, "at the end")
        await customer.listen(line, lambda: not customer.pending)
