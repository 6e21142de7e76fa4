"""Vectors that were computed before, on disk: a table of model and text hash in one SQLite file.

Any number of processes may use it at once. What goes wrong with it (a full disk, a damaged file)
costs time and never an answer. Only texts that are encoded in batches get here, which are those of
the catalogue and of trainings: what a person types into the search box stays in memory.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.conf import settings

log = logging.getLogger(__name__)
FILE = "vectors.sqlite3"
ASKED_AT_ONCE = 500
WAIT_SECONDS = 5.0
KEPT = 0.9
"""Share of the most that is left when the oldest are removed."""

Vectors = npt.NDArray[np.float32]


def read(model: str, texts: Sequence[str], dimensions: int) -> dict[str, Vectors]:
    """Return the vectors that are known, by text; each float32 of shape ``(dimensions,)``."""
    by_key = {_key(model, text): text for text in texts}
    keys = list(by_key)
    found: dict[bytes, Vectors] = {}
    try:
        with closing(_connect()) as connection:
            for start in range(0, len(keys), ASKED_AT_ONCE):
                some = keys[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, vector FROM v WHERE key IN ({marks})", some)  # noqa: S608
                found.update((key, np.frombuffer(blob, np.float32)) for key, blob in rows)
    except (sqlite3.Error, OSError, ValueError) as error:
        log.warning("the cache of vectors cannot be read: %s", error)
        return {}
    # Of another length would be a file that somebody else wrote.
    return {by_key[key]: vector for key, vector in found.items() if len(vector) == dimensions}


def write(model: str, vectors: Mapping[str, Vectors]) -> None:
    """Keep vectors; the oldest go when there are more than ``ENCODER_CACHE_ROWS``."""
    now = int(time.time())
    rows = [
        (_key(model, text), now, np.ascontiguousarray(vector, np.float32).tobytes())
        for text, vector in vectors.items()
    ]
    try:
        with closing(_connect()) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO m (name) VALUES (?)", (model,))
            connection.executemany(
                "INSERT OR REPLACE INTO v (key, at, vector) VALUES (?,?,?)", rows
            )
            _drop_oldest(connection)
    except (sqlite3.Error, OSError) as error:
        log.warning("the cache of vectors cannot be written: %s", error)


def forget(texts: Collection[str]) -> int:
    """Remove the vectors of texts, whichever model made them; return how many there were."""
    if not texts:
        return 0
    gone = 0
    with closing(_connect()) as connection, connection:
        models = [row[0] for row in connection.execute("SELECT name FROM m")]
        if not models:
            # Written by a release that did not note its models: all of it is computed again.
            return connection.execute("DELETE FROM v").rowcount
        for model in models:
            keys = [(_key(model, text),) for text in texts]
            before = connection.total_changes
            connection.executemany("DELETE FROM v WHERE key = ?", keys)
            gone += connection.total_changes - before
    return gone


def _drop_oldest(connection: sqlite3.Connection) -> None:
    most = settings.ENCODER_CACHE_ROWS
    (count,) = connection.execute("SELECT count(*) FROM v").fetchone()
    if count > most:
        connection.execute(
            "DELETE FROM v WHERE key IN (SELECT key FROM v ORDER BY at, rowid LIMIT ?)",
            (count - int(most * KEPT),),
        )


def _connect() -> sqlite3.Connection:
    path = Path(settings.ENCODER_CACHE_DIR) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS v (key BLOB PRIMARY KEY, at INTEGER, vector BLOB)"
        )
        # Keys are hashes of model and text: to forget a text one has to know the models.
        connection.execute("CREATE TABLE IF NOT EXISTS m (name TEXT PRIMARY KEY)")
        connection.execute("CREATE INDEX IF NOT EXISTS v_at ON v (at)")
    except sqlite3.DatabaseError as error:
        connection.close()
        if not isinstance(error, sqlite3.OperationalError):
            # Not a database any more; what it held is computed again.
            path.unlink(missing_ok=True)
        raise
    return connection


def _key(model: str, text: str) -> bytes:
    return hashlib.sha256(f"{model}\x1f{text}".encode(errors="surrogatepass")).digest()
