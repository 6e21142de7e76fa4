"""A Celery worker in a process of its own, on the broker and the database of the tests."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from foundation import registry
from scripts.demo import ProcessGroup, programs
from shop import events

PATIENCE = 90.0


def wait_until(true: Callable[[], object], what: str) -> None:
    """Look again and again; the machine may be slow, a minute and a half has to do."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.1)


class Worker:
    """A running worker; what it said tells what became of a task."""

    def __init__(self, log: Path, pid: int) -> None:
        self.log = log
        self.pid = pid

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.log.read_text()) is not None

    def runs(self, task: str, *args: object) -> None:
        """Queue a task and wait until the worker has done it, without an error."""
        key = current_app.send_task(task, args=args).id
        wait_until(lambda: self.says(rf"{key}\] (succeeded|raised|retry)"), task)
        assert self.says(rf"{re.escape(task)}\[{key}\] succeeded"), self.log.read_text()[-3000:]


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of the tests' database as another process can open it.

    PostgreSQL is open to all; SQLite in memory becomes a file for the time of the test.
    """
    values = connection.settings_dict
    if connection.vendor == "postgresql":
        place = f"{values['HOST'] or '127.0.0.1'}:{values['PORT'] or 5432}"
        login = f"{values['USER']}:{values['PASSWORD']}" if values["PASSWORD"] else values["USER"]
        yield f"postgres://{login}@{place}/{values['NAME']}"
        return
    name, held = values["NAME"], connection.connection
    file = str(tmp_path / "shared.sqlite3")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [file])
    connection.connection, values["NAME"] = None, file
    try:
        yield f"sqlite:///{file}"
    finally:
        connection.close()
        values["NAME"], connection.connection = name, held


@contextmanager
def at_work(database: str, folder: Path, *, program: str = "", **extra: str) -> Iterator[Worker]:
    """A worker as ``make demo`` starts it, reading the queues that this process writes.

    It takes from both; with a ``program``, "worker" or "trainer", from that one's alone.
    """
    current_app.control.purge()
    registry.forget_loaded()
    kind = program or "worker"
    group, log = ProcessGroup(), folder / f"{kind}.log"
    command = next(command for name, command, _ in programs("127.0.0.1", 0) if name == kind)
    if not program:
        command = command[: command.index("-Q")]
    group.start(kind, command, log=log, extra=settings_of_other(database) | extra)
    one = Worker(log, group.members[kind].pid)
    try:
        wait_until(lambda: group.ended() or one.says(r"\bready\."), "the worker to be ready")
        assert group.ended() is None, log.read_text()[-3000:]
        yield one
    finally:
        group.stop()
        registry.forget_loaded()
        events._waiting.clear()


def settings_of_other(database: str) -> dict[str, str]:
    """The environment of another process on the tests' database, queue and files."""
    return {
        "DATABASE_URL": database,
        "MERCATO_VAR": str(settings.VAR_DIR),
        "EMAIL_URL": "filemail://",
        "SECRET_KEY": os.environ["SECRET_KEY"],
    }


@pytest.fixture
def worker(shared_database: str, tmp_path: Path) -> Iterator[Worker]:
    with at_work(shared_database, tmp_path) as one:
        yield one
