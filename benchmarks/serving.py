"""How many visitors the shop serves, on SQLite and on PostgreSQL with 1, 2 and 4 processes.

``python -m benchmarks.serving --prepare FOLDER`` fills two databases (a PostgreSQL and a Redis of
its own); without ``--prepare`` the same folder is measured. Visitors think 1 to 5 seconds between
requests. ``home_ratio`` is the throughput of the home page over that of the same page without its
rails, as fast as four visitors can ask, in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import requests

from benchmarks.rows import row, show
from scripts.demo import ROOT
from tests.faults.live.services import Missing, Postgres, Redis, free_port

NAME = "serving"
PLANS = (("sqlite", 1), ("postgres", 1), ("postgres", 2), ("postgres", 4))
QUICK_PLANS = (("sqlite", 1),)
OPEN_SECONDS = 120.0
ASKERS = 4
ARRIVE = 10
"""Seconds within which all visitors have come."""
RATES = ("POST", "CHECKOUT", "COUPONS", "SEARCH", "SUGGEST", "MESSAGES")
API_RATES = ("ANON", "USER", "CHECKOUT", "COUPONS", "MESSAGES", "OUTCOMES")


def environment(folder: Path, database: str, urls: dict[str, str]) -> dict[str, str]:
    var = folder / database
    var.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "benchmarks.serving_settings",
        "MERCATO_ENV_FILE": os.devnull,
        "MERCATO_VAR": str(var),
        "SECRET_KEY": "for-measuring-only-" + "x" * 50,  # pragma: allowlist secret
        "HTTPS": "off",
        "DEMO": "on",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
        **(urls if database == "postgres" else {}),
        **{f"RATE_{name}": "1000000/min" for name in RATES},
        **{f"API_RATE_{name}": "1000000/min" for name in API_RATES},
    }


@contextmanager
def services(folder: Path, wanted: bool) -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis for the measurement, if any plan asks for them."""
    if not wanted:
        yield {}
        return
    postgres, redis = Postgres(folder), Redis()
    try:
        postgres.make()
        redis.start()
        yield {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url(0),
            "CELERY_BROKER_URL": redis.url(1),
            "CONN_MAX_AGE": "60",
        }
    finally:
        redis.crash()
        postgres.stop()


@contextmanager
def served(values: dict[str, str], processes: int) -> Iterator[tuple[str, int]]:
    """Address of a web server, and the number of its first process."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    if processes > 1:
        # On a machine that does other work too a child may take longer than the usual five seconds
        # to say that it is alive, and would be killed for it.
        command += ["--workers", str(processes), "--timeout-worker-healthcheck", "60"]
    server = subprocess.Popen(
        [*command, "--log-level", "error", "--no-access-log"], cwd=ROOT, env=values
    )
    site = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + OPEN_SECONDS
        while time.monotonic() < until and server.poll() is None:
            try:
                if requests.get(site, timeout=60).ok:
                    break
            except requests.RequestException:
                time.sleep(0.1)
        for _again in range(4 * processes):
            # Every process loads its models with its first pages.
            requests.get(f"{site}/search/?q=milk", timeout=60)
            requests.get(site, timeout=60)
        yield site, server.pid
    finally:
        server.terminate()
        server.wait(30)


def visitors(site: str, users: int, seconds: float) -> dict[str, float]:
    """Run locust; all requests together."""
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/serving_people.py", "--headless"]
    command += ["--host", site, "-u", str(users), "-r", str(users / ARRIVE), "--json"]
    # They arrive one after the other, which is not counted: the figures are those of a crowd.
    command += ["-t", f"{round(seconds + ARRIVE)}s", "--reset-stats"]
    done = subprocess.run(
        [*command, "--loglevel", "ERROR"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    stats = json.loads(done.stdout[done.stdout.index("[") :])
    times: list[float] = []
    for one in stats:
        for value, count in one["response_times"].items():
            if value != "null":
                times += [float(value)] * int(count)
    asked = sum(one["num_requests"] for one in stats)
    failed = sum(one["num_failures"] for one in stats)
    first = min(one["start_time"] for one in stats)
    last = max(one["last_request_timestamp"] or 0 for one in stats)
    return {
        "requests_per_second": asked / max(last - first, 1.0),
        **{f"p{rank}_ms": float(np.percentile(times, rank)) for rank in (50, 95, 99)},
        "errors": failed,
        "requests": asked,
    }


def throughput(site: str, path: str, seconds: float) -> float:
    """Pages a second that ``ASKERS`` get who ask again at once."""
    counts, until = [0] * ASKERS, time.monotonic() + seconds

    def ask(place: int) -> None:
        visitor = requests.Session()
        while time.monotonic() < until:
            visitor.get(site + path, timeout=60).raise_for_status()
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=[place]) for place in range(ASKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def run(options: argparse.Namespace, folder: Path) -> Iterator[dict]:
    plans = [
        plan
        for plan in (QUICK_PLANS if options.quick else PLANS)
        if options.database in (None, plan[0])
    ]
    with services(folder, any(database == "postgres" for database, _ in plans)) as urls:
        for database, processes in plans:
            values = environment(folder, database, urls)
            if not (folder / database / "seeded").exists():
                subprocess.run(
                    [sys.executable, "-m", "tests.browser.seed"], cwd=ROOT, env=values, check=True
                )
                (folder / database / "seeded").touch()
            if options.prepare:
                continue
            with served(values, processes) as (site, _):
                found = visitors(site, options.users, options.seconds)
                if (database, processes) == PLANS[0]:
                    found |= home_ratio(site, options.seconds)
            method = f"{database}, {processes} web"
            said = f"{options.users} visitors, thinking 1 to 5 s, {options.seconds} s"
            for metric, value in found.items():
                yield row(NAME, method, metric, value, dataset=said, cores=os.cpu_count())


def home_ratio(site: str, seconds: float) -> dict[str, float]:
    """The two pages in turns, so that whatever else the machine does meets both."""
    found: dict[str, list[float]] = {"/": [], "/?rails=off": []}
    for _turn in range(3):
        for path, rates in found.items():
            rates.append(throughput(site, path, seconds / 6))
    on, off = (float(np.median(rates)) for rates in found.values())
    return {"home_pages_per_second": on, "home_without_rails": off, "home_ratio": on / off}


def measured(
    name: str,
    rows: Callable[[Path], Iterable[Mapping]],
    *,
    as_json: bool,
    folder: Path | None = None,
) -> int:
    """Show what is measured in the folder, or in one of its own; 2 where a service is missing."""
    try:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            show(rows(folder), as_json=as_json)
        else:
            with tempfile.TemporaryDirectory(prefix=f"mercato-{name}-") as made:
                # PostgreSQL's own user has to get in.
                Path(made).chmod(0o755)
                show(rows(Path(made)), as_json=as_json)
    except Missing as error:
        print(f"Not measured: {error}.", file=sys.stderr)
        return 2
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="SQLite alone, under a minute")
    parser.add_argument("--database", choices=("sqlite", "postgres"), help="only this one")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--folder", type=Path, help="where the filled databases are kept")
    parser.add_argument("--prepare", action="store_true", help="only fill the databases")
    options = parser.parse_args()
    if options.quick:
        options.seconds = min(options.seconds, 10)
    return measured(
        "serving",
        lambda folder: run(options, folder),
        as_json=options.json,
        folder=options.folder,
    )


if __name__ == "__main__":
    sys.exit(main())
