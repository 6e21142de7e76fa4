"""SQLite's write-ahead log is written back by a thread, so that no request waits for the disk.

A commit appends to the log; when it has grown long, the commit that finds it so writes it back and
waits for the disk, a tenth of a second and more. A passive checkpoint in a thread of its own does
the same while others read and write (https://sqlite.org/wal.html#ckpt).
"""

import threading
from pathlib import Path

from django.db import DatabaseError, connection

SECONDS = 1.0
WORTH_BYTES = 1_000_000


class Checkpoints:
    """Start and stop the thread; does nothing on another database."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite" and "memory" not in name:
            self._thread = threading.Thread(
                target=self._run, args=[Path(name + "-wal")], name="checkpoints", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, log: Path) -> None:
        try:
            while not self._stop.wait(SECONDS):
                if log.exists() and log.stat().st_size > WORTH_BYTES:
                    self._checkpoint()
        finally:
            connection.close()

    def _checkpoint(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except DatabaseError:
            # Somebody holds the file; the next second is as good.
            connection.close()
