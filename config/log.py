"""Logs that can be followed: each line knows the request and the task it belongs to.

A web process gives every request and every websocket an id (a proxy in front may name it in
``X-Request-ID``) and answers with it; a task carries the id of the request that queued it. The ids
are context variables, so threads and coroutines that work for a request have them too.

What reaches the log is looked through once more: mail addresses and numbers as long as a card's are
taken out, also from error messages that quote a row.
"""

import logging
import re
import uuid
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from pythonjsonlogger.json import JsonFormatter

HEADER = b"x-request-id"
USABLE = re.compile(r"[\w.-]{8,64}")
PERSONAL = (
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+"), "[mail]"),
    (re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"), "[number]"),
)
IDS = frozenset({"request_id", "task_id"})
request_id: ContextVar[str] = ContextVar("request_id", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")


class Ids(logging.Filter):
    """Adds ``request_id`` and ``task_id`` to every record; ``-`` outside of both."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        record.task_id = task_id.get() or "-"
        return True


def without_personal(text: str) -> str:
    for pattern, instead in PERSONAL:
        text = pattern.sub(instead, text)
    return text


class Line(logging.Formatter):
    """One readable line, and the traceback under it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_personal(super().format(record))


class Json(JsonFormatter):
    """One JSON object a line."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {
            name: without_personal(value) if isinstance(value, str) and name not in IDS else value
            for name, value in super().process_log_record(log_data).items()
        }


class WithRequestId:
    """ASGI: wraps everything that is asked for over HTTP or a websocket."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.application(scope, receive, send)
            return
        own = id_of(dict(scope.get("headers", ())))
        token = request_id.set(own)

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                headers = [*message.get("headers", ()), (HEADER, own.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.application(scope, receive, answer)
        finally:
            request_id.reset(token)


def id_of(headers: dict[bytes, bytes]) -> str:
    """The id that our own proxy gave a request, else a new one."""
    given = headers.get(HEADER, b"").decode("latin-1")
    if settings.BEHIND_PROXY and USABLE.fullmatch(given):
        return given
    return uuid.uuid4().hex


def connect() -> None:
    """Carry ids from who queues a task to who does it."""
    before_task_publish.connect(_queued, dispatch_uid="log-queued")
    task_prerun.connect(_begins, dispatch_uid="log-begins")
    task_postrun.connect(_ended, dispatch_uid="log-ended")


def _queued(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    if headers is not None and request_id.get():
        headers["request_id"] = request_id.get()


def _begins(task: Any = None, **kwargs: Any) -> None:
    headers = getattr(task.request, "headers", None) or {}
    task_id.set(str(kwargs.get("task_id") or ""))
    request_id.set(str(task.request.get("request_id") or headers.get("request_id") or ""))


def _ended(**kwargs: Any) -> None:
    task_id.set("")
    request_id.set("")
