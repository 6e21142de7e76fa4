"""Threads with connections of their own, on either database."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import close_old_connections, connection, connections

Runner = Callable[[list[Callable[[], object]]], list[object]]


def _connections_at_once() -> int:
    """A third of what the server allows, as others use it too; the rest of the threads wait."""
    if connection.vendor != "postgresql":
        return 100
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        return max(int(cursor.fetchone()[0]) // 3, 1)


def _run(work: list[Callable[[], object]]) -> list[object]:
    """Start all at the same moment; return each one's result or the exception it raised."""
    start = threading.Barrier(len(work))
    slots = threading.Semaphore(_connections_at_once())
    results: list[object] = [None] * len(work)

    def body(index: int) -> None:
        try:
            start.wait(timeout=30)
            with slots:
                try:
                    results[index] = work[index]()
                finally:
                    connections.close_all()
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=body, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a buyer hangs: two transactions wait for each other"
    return results


@pytest.fixture
def in_threads(transactional_db: None, tmp_path: Path) -> Iterator[Runner]:
    """Run callables in threads, each with its own connection.

    SQLite's test database is in memory, where connections do not wait for each other. The rows are
    copied into a file first, as the shop has it, and the threads (the reading one too) use that.
    """
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield _run
        return
    parameters = connections.settings["default"]
    name = parameters["NAME"]

    def run(work: list[Callable[[], object]]) -> list[object]:
        if parameters["NAME"] == name:
            file = tmp_path / "threads.sqlite3"
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
            # One connection makes the file one with a write-ahead log, as the shop's is before
            # anybody comes: of twenty that try it at once, some find it locked and do not wait.
            with closing(sqlite3.connect(file)) as one:
                one.execute("PRAGMA journal_mode=WAL")
            parameters["NAME"] = str(file)
        return _run(work)

    try:
        yield run
    finally:
        parameters["NAME"] = name
        close_old_connections()
