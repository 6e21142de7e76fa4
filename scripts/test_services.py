"""Run the test suite on PostgreSQL, Redis and a real Celery worker.

Addresses come from ``DATABASE_URL``, ``REDIS_URL`` and ``CELERY_BROKER_URL``; the defaults are the
standard ports of this machine.
"""

import os
import socket
import subprocess
import sys
from urllib.parse import urlsplit

DEFAULTS = {
    "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/9",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/8",
}


def main() -> int:
    for name, address in DEFAULTS.items():
        os.environ.setdefault(name, address)
        parts = urlsplit(os.environ[name])
        try:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), 3).close()
        except OSError as error:
            print(
                f"{name}={os.environ[name]} does not answer ({error}). Start that service or set "
                f"{name} to where it runs.",
                file=sys.stderr,
            )
            return 2
    os.environ["MERCATO_TEST_SERVICES"] = "1"
    return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
