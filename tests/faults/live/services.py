"""A PostgreSQL and a Redis of one's own, that may be broken."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg2
import redis

PATIENCE = 300.0
"""Seconds until what does not come is a failure; a busy machine is not a broken shop."""


class Missing(Exception):
    """Something the suite needs is not on this machine; the message says what."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str) -> str:
    """Path of a program; Debian keeps PostgreSQL's outside of PATH."""
    places = [
        shutil.which(name),
        *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), reverse=True),
    ]
    found = next(filter(None, places), None)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


class Postgres:
    """A cluster in a folder; PostgreSQL refuses to be root's, so root makes it another user's."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "postgres", free_port()
        self.as_whom: dict = {"cwd": "/"}
        self.initdb, self.server = program("initdb"), program("postgres")
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError as error:
                raise Missing("there is no user postgres to run PostgreSQL as") from error
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.as_whom |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self.log = folder / "postgres.log"

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Start the folder's cluster; an empty folder becomes one first."""
        if (self.folder / "PG_VERSION").exists():
            self.start()
            return
        command = [self.initdb, "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N"]
        done = subprocess.run(
            [*command, "-E", "UTF8", "--locale", "C"],
            capture_output=True,
            text=True,
            check=False,
            **self.as_whom,
        )
        if done.returncode:
            raise Missing(f"initdb failed: {done.stderr.strip()[-300:]}")
        self.start()

    def start(self) -> None:
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.server, "-D", str(self.folder), *options, "-c", "max_connections=200"],
                stdout=log,
                stderr=log,
                **self.as_whom,
            )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg2.connect(self.url, connect_timeout=5).close()
                return
            except psycopg2.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Missing("PostgreSQL did not start") from None
                time.sleep(0.1)

    def crash(self) -> None:
        """Stop at once, without a word to anybody ("immediate"); it recovers when it starts."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)


class Redis:
    """A server that writes nothing to disk: what it held is gone when it is."""

    def __init__(self) -> None:
        self.port, self.server = free_port(), program("redis-server")
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [self.server, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                redis.Redis(port=self.port).ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Missing("Redis did not start") from None
                time.sleep(0.05)

    def crash(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
