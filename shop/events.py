"""Behaviour events: recorded without slowing the page, written in bulk.

``record`` appends to a buffer in memory; a background thread writes it every
``EVENTS_FLUSH_SECONDS`` or as soon as ``EVENTS_FLUSH_ROWS`` are waiting. A clean stop writes what
is left (the ASGI lifespan in web processes, ``atexit`` elsewhere). After a crash at most
``EVENTS_FLUSH_SECONDS`` of events of that process are lost; when the database does not answer,
events wait in memory, up to ``MAX_WAITING``, after which the oldest are dropped and counted in the
log.
"""

import atexit
import logging
import threading
import time
from collections import deque
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from shop.models import Event

log = logging.getLogger(__name__)
MAX_WAITING = 100_000
AT_ONCE = 500
PORTION, PAUSE_SECONDS = 20, 0.002
"""The background thread writes so few rows at a time and lets others have their turn in between: a
chat message or a page would otherwise wait for hundreds of rows to be made into one statement."""

_waiting: deque[Event] = deque()
_lock = threading.Lock()
_flushing = threading.Lock()
_wake = threading.Event()
_thread: threading.Thread | None = None


def record(
    kind: Event.Kind | str,
    *,
    visitor: str,
    customer_id: int | None = None,
    product_id: int | None = None,
    surface: str = "",
    query: str = "",
    data: dict | None = None,
    at: datetime | None = None,
) -> None:
    """Remember one behaviour. Never raises because of the database and never waits for it."""
    event = Event(
        kind=Event.Kind(kind),
        at=at or timezone.now(),
        visitor=visitor[:40],
        customer_id=customer_id,
        product_id=product_id,
        surface=surface[:40],
        query=query.replace("\x00", "")[:200],
        data=data or {},
    )
    with _lock:
        _waiting.append(event)
        waiting = len(_waiting)
        dropped = max(0, waiting - MAX_WAITING)
        for _ in range(dropped):
            _waiting.popleft()
    if dropped:
        log.error("dropped %d behaviour events: the database does not take them", dropped)
    _start_thread()
    if waiting >= settings.EVENTS_FLUSH_ROWS:
        _wake.set()


def flush(*, pause: float = 0.0) -> int:
    """Write the events that wait; return how many. Keeps those whose write fails.

    With a ``pause`` (seconds) they are written in small portions with that much time in between.
    """
    portion = PORTION if pause else AT_ONCE
    with _flushing:
        written, left = 0, len(_waiting)
        while left > 0:
            with _lock:
                batch = list(islice(_waiting, min(portion, left)))
            try:
                Event.objects.bulk_create(batch)
            except DatabaseError:
                log.exception("%d behaviour events wait for the database", len(_waiting))
                break
            with _lock:
                for _ in range(min(len(batch), len(_waiting))):
                    _waiting.popleft()
            written += len(batch)
            left -= len(batch)
            time.sleep(pause)
        return written


def waiting() -> int:
    """Number of events not yet written by this process."""
    return len(_waiting)


def pending(visitor: str) -> list[Event]:
    """Events of a visitor that this process has recorded and not yet written, oldest first."""
    with _lock:
        return [event for event in _waiting if event.visitor == visitor]


def _start_thread() -> None:
    global _thread
    if settings.EVENTS_FLUSH_SECONDS <= 0 or (_thread and _thread.is_alive()):
        return
    with _lock:
        if _thread and _thread.is_alive():
            return
        _thread = threading.Thread(target=_run, name="shop-events", daemon=True)
        _thread.start()


def _run() -> None:
    while True:
        _wake.wait(settings.EVENTS_FLUSH_SECONDS)
        _wake.clear()
        if not _waiting:
            continue
        close_old_connections()
        try:
            flush(pause=PAUSE_SECONDS)
        except Exception:
            log.exception("flushing behaviour events failed")
        finally:
            connection.close()


atexit.register(flush)
