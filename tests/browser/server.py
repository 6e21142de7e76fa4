"""A shop of its own for the browser: database, data and web server, apart from the test's process.

On SQLite it lives in a temporary folder; with ``DATABASE_URL`` it makes a database beside the one
that the address names, and drops it at the end.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
OPEN_SECONDS = 60.0


@contextmanager
def running_shop(folder: Path) -> Iterator[str]:
    """Fill a database, serve it, and give the address of the start page without a slash."""
    with own_database() as database:
        environment = {
            **os.environ,
            **database,
            "MERCATO_ENV_FILE": os.devnull,
            "MERCATO_VAR": str(folder),
            "CELERY_QUEUE": f"browser-{secrets.token_hex(4)}",
            "EMAIL_URL": "filemail://",
            "EVENTS_FLUSH_SECONDS": "0.2",
            "HTTPS": "off",
            "DEMO": "on",
        }
        seed = [sys.executable, "-m", "tests.browser.seed"]
        subprocess.run(seed, cwd=ROOT, env=environment, check=True)
        with served(environment, folder / "web.log") as address:
            yield address


@contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[str]:
    port = free_port()
    web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*web, "--log-level", "warning"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return
        except URLError:
            time.sleep(0.1)
    raise RuntimeError(f"The shop did not open:\n{log.read_text(errors='replace')}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The environment that names a database nobody else uses."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        # The settings' default: a SQLite file in MERCATO_VAR.
        yield {"DATABASE_URL": ""} if "DATABASE_URL" in os.environ else {}
        return
    parts = urlsplit(address)
    name = f"{parts.path.lstrip('/')}_browser_{secrets.token_hex(4)}"
    execute(parts._replace(path="/postgres").geturl(), f'CREATE DATABASE "{name}"')
    try:
        yield {"DATABASE_URL": parts._replace(path=f"/{name}").geturl()}
    finally:
        execute(parts._replace(path="/postgres").geturl(), f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(address: str, statement: str) -> None:
    connection = psycopg2.connect(address)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
