"""One look a second at what changed, for all sockets of this process together.

Agents and workers write from other processes. A query per socket and second would cost a thousand
queries for a thousand idle customers; this is one query whatever their number, and only those whose
conversation has moved read it.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from weakref import WeakKeyDictionary

from django.db.models import F, Q
from django.utils import timezone

from risk.selectors import frozen_among, frozen_since
from support.models import Conversation, Glance
from support.threads import in_thread

log = logging.getLogger(__name__)
SECONDS = 1.0
SHORT, LONG = timedelta(seconds=3), timedelta(seconds=20)
"""How far a look goes back. Every tenth goes far, for clocks that differ and transactions that end
late; nobody is told twice, see ``sent``."""
LONG_EVERY = 10


class Watcher(Protocol):
    """A socket: what it has sent, and how to make it send the rest."""

    sent: int
    agent_read: int

    async def send_new(self) -> None: ...

    async def send_read(self, seq: int) -> None: ...

    async def send_typing(self) -> None: ...

    async def shut_frozen(self) -> None: ...


class Watch:
    """The sockets of one event loop, by conversation."""

    def __init__(self) -> None:
        self.watchers: dict[int, set[Watcher]] = {}
        self.task: asyncio.Task | None = None

    def add(self, conversation_id: int, watcher: Watcher) -> None:
        self.watchers.setdefault(conversation_id, set()).add(watcher)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._run())

    async def remove(self, conversation_id: int, watcher: Watcher) -> None:
        """Forget a socket; with the last one the looking ends."""
        here = self.watchers.get(conversation_id, set())
        here.discard(watcher)
        if not here:
            self.watchers.pop(conversation_id, None)
        if not self.watchers and self.task is not None:
            task, self.task = self.task, None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        for number in itertools.count():
            await asyncio.sleep(SECONDS)
            try:
                look_back = SHORT if number % LONG_EVERY else LONG
                moved, typed, frozen = await _look(look_back)
            except Exception:
                # The database may be away for a moment; the next look finds what was missed.
                log.exception("the conversations could not be looked through")
                continue
            for conversation_id, last, read in moved:
                for watcher in list(self.watchers.get(conversation_id, ())):
                    if watcher.sent < last:
                        await self._tell(watcher.send_new)
                    if watcher.agent_read < read:
                        await self._tell(partial(watcher.send_read, read))
            for conversation_id in typed:
                for watcher in list(self.watchers.get(conversation_id, ())):
                    await self._tell(watcher.send_typing)
            for conversation_id in frozen:
                for watcher in list(self.watchers.get(conversation_id, ())):
                    await self._tell(watcher.shut_frozen)

    async def _tell(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except OSError:
            # The other side is gone; the server says so to the socket itself next.
            log.debug("a socket closed before it could be told what is new")
        except Exception:
            log.exception("a socket could not be told what is new")


@in_thread
def _look(look_back: timedelta) -> tuple[list[tuple[int, int, int]], list[int], list[int]]:
    """Conversations that changed or were read lately, with their last sequence number and up to
    which an agent has seen them; those in which an agent types; those of frozen accounts.

    Asked in one go, for every change of threads costs those who talk.
    """
    since = timezone.now() - look_back
    lately = Q(updated_at__gte=since) | Q(read_at__gte=since)
    rows = Conversation.objects.filter(lately).order_by()
    moved = list(rows.values_list("pk", "last_seq", "agent_read", "customer_id"))
    whose = {customer for *_, customer in moved if customer is not None}
    return [(pk, last, read) for pk, last, read, _ in moved], _typed(), _frozen(since, whose)


def _typed() -> list[int]:
    """Conversations in which the agent who has the word types an answer."""
    since = timezone.now() - timedelta(seconds=2)
    rows = Glance.objects.filter(typing_at__gte=since, agent=F("conversation__agent")).order_by()
    return list(rows.values_list("conversation_id", flat=True))


def _frozen(since: datetime, whose: set[int]) -> list[int]:
    """Conversations of customers whose account was frozen lately, or who came to a conversation
    lately with a frozen account (``whose``: a guest's chat goes along when they sign in).

    Who was frozen before is turned away when the socket opens and with every message.
    """
    customers = frozen_since(since) | frozen_among(whose)
    if not customers:
        return []
    rows = Conversation.objects.filter(customer__in=customers).order_by()
    return list(rows.values_list("pk", flat=True))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The watch of the running event loop."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
