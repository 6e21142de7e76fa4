"""Say whether the services of ``make test-services`` answer, and what to do when one does not.

Addresses come from ``DATABASE_URL``, ``REDIS_URL`` and ``CELERY_BROKER_URL``; the defaults are the
standard ports of this machine. :func:`addresses` fills in what is missing.
"""

import os
import sys
from collections.abc import Callable

DEFAULTS = {
    "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/9",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/8",
}
START = {
    "DATABASE_URL": "Start PostgreSQL (on Debian: apt-get install postgresql)",
    "REDIS_URL": "Start Redis (on Debian: apt-get install redis-server)",
    "CELERY_BROKER_URL": "Start the broker",
}
TIMEOUT = 5


def addresses() -> dict[str, str]:
    """Where each service is, by the name of its variable."""
    return {name: os.environ.get(name) or default for name, default in DEFAULTS.items()}


def _database(url: str) -> None:
    import psycopg2

    # libpq knows "postgres:"; the settings' other spellings of the scheme are for Django alone.
    plain = "postgres:" + url.split(":", 1)[1]
    psycopg2.connect(plain, connect_timeout=TIMEOUT).close()


def _redis(url: str) -> None:
    import redis

    redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT).ping()


def _broker(url: str) -> None:
    from kombu import Connection

    with Connection(url, connect_timeout=TIMEOUT) as connection:
        connection.ensure_connection(max_retries=1, timeout=TIMEOUT)


CHECKS: dict[str, Callable[[str], None]] = {
    "DATABASE_URL": _database,
    "REDIS_URL": _redis,
    "CELERY_BROKER_URL": _broker,
}


def without_password(url: str) -> str:
    """The address as it may be printed."""
    scheme, _, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.split(':')[0]}{at}{place}"


def problems(where: dict[str, str]) -> list[str]:
    """One text for each service that does not answer; empty when all do."""
    found = []
    for name, url in where.items():
        try:
            CHECKS[name](url)
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            found.append(
                f"{name}={without_password(url)} does not answer: {reason}\n"
                f"  {START[name]}, or set {name} to where it runs."
            )
    return found


def main() -> int:
    found = problems(addresses())
    for text in found:
        print(text, file=sys.stderr)
    if not found:
        print("PostgreSQL, Redis and the Celery broker answer.")
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main())
