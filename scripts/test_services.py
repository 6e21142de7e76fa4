"""Run the test suite on PostgreSQL, Redis and a real Celery worker; arguments go to pytest."""

import os
import subprocess
import sys
import uuid

from check_services import addresses, problems


def main() -> int:
    where = addresses()
    found = problems(where)
    if found:
        print("\n".join(found), file=sys.stderr)
        return 2
    # Keys and queue of this run alone: two runs on one Redis do not see each other.
    run = f"mercato-test-{uuid.uuid4().hex[:8]}"
    environment = {
        **os.environ,
        **where,
        "REDIS_PREFIX": run,
        "CELERY_QUEUE": run,
        "MERCATO_TEST_SERVICES": "1",
    }
    return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment)


if __name__ == "__main__":
    sys.exit(main())
