"""Threads of the chat, each with a database connection that stays open between messages.

Channels closes connections before and after every piece of work, which for a chat costs more than
the work. Here a connection is looked at only after an error or a pause.
"""

import asyncio
import contextvars
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from threading import Barrier, local
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")
PAUSE_SECONDS = 5.0
"""After so long without work a connection may have been cut by the other side."""
THREADS = min(4, os.cpu_count() or 1)

_used = local()
_pool: ThreadPoolExecutor | None = None


def in_thread(work: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Make database work awaitable; it runs in one of the chat's threads."""

    @wraps(work)
    def ready(*args: P.args, **kwargs: P.kwargs) -> R:
        _mend()
        try:
            return work(*args, **kwargs)
        finally:
            _used.at = time.monotonic()

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        global _pool
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chat")
        # The language and the log's ids go along; nothing that the work sets comes back.
        context = contextvars.copy_context()
        run = partial(context.run, ready, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(_pool, run)

    return call


def _mend() -> None:
    """Let go of connections that do not answer any more."""
    paused = time.monotonic() - getattr(_used, "at", 0.0) > PAUSE_SECONDS
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and (paused or connection.errors_occurred):
            if not connection.is_usable():
                connection.close()
            connection.errors_occurred = False


def stop() -> None:
    """End the threads and close their connections; the next work starts new ones."""
    global _pool
    pool, _pool = _pool, None
    if pool is not None:
        # Nobody passes the barrier before every thread is there with its connection.
        barrier = Barrier(THREADS)
        for _thread in range(THREADS):
            pool.submit(_close, barrier)
        pool.shutdown(wait=True)


def _close(barrier: Barrier) -> None:
    connections.close_all()
    barrier.wait()
