"""Whether memory grows: web, worker and scheduler under visitors for half an hour.

``python -m benchmarks.soak`` runs the shop as production does (PostgreSQL, Redis, two web
processes, a worker, a scheduler) under locust's visitors and reads the resident memory of every
process twice a minute. What the first minutes load is not counted. ``mb_per_hour`` is the slope of
a line through the rest, with the 95 % interval of a bootstrap of its residuals in blocks of five
minutes: what is read in one minute is like what was read in the minute before.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import serving
from benchmarks.rows import DRAWS, row
from scripts.demo import ROOT, ProcessGroup, programs

NAME = "soak"
WEB = 2
EVERY = 30.0
BLOCK = 10
"""Readings, five minutes of them."""
LEAST_MB = 50.0
"""A child of uvicorn that holds less serves nothing."""


def resident(pid: int) -> float:
    """MB that a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processes(group: ProcessGroup, uvicorn: int) -> dict[str, int]:
    """Their numbers by name; uvicorn's own only looks after its children."""
    children = Path(f"/proc/{uvicorn}/task/{uvicorn}/children").read_text().split()
    serving_ones = [int(pid) for pid in children if resident(int(pid)) > LEAST_MB]
    named = {f"web {place + 1}": pid for place, pid in enumerate(sorted(serving_ones))}
    return named | {name: one.pid for name, one in group.members.items()}


@contextmanager
def helpers(values: dict[str, str], folder: Path) -> Iterator[ProcessGroup]:
    """The worker and the scheduler."""
    group = ProcessGroup()
    try:
        for name, command, _ in programs("127.0.0.1", 0):
            if name != "web":
                group.start(name, command, log=folder / f"{name}.log", extra=values)
        yield group
    finally:
        group.stop()


def slope(minutes: npt.NDArray, values: npt.NDArray) -> tuple[float, float, float]:
    """What a line through the values gains in an hour, and its 95 % interval."""
    line = np.polynomial.polynomial.polyfit(minutes, values, 1)
    fitted = line[0] + line[1] * minutes
    rest = values - fitted
    rng = np.random.default_rng(0)
    block = min(BLOCK, len(rest))
    pieces = -(-len(rest) // block)
    starts = rng.integers(0, len(rest) - block + 1, size=(DRAWS, pieces))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(DRAWS, -1)[:, : len(rest)]
    again = np.polynomial.polynomial.polyfit(minutes, (fitted + rest[drawn]).T, 1)[1]
    low, high = np.quantile(again, [0.025, 0.975])
    return 60 * float(line[1]), 60 * float(low), 60 * float(high)


def read(pids: dict[str, int], seconds: float) -> tuple[list[float], dict[str, list[float]]]:
    """Minutes of the readings, and megabytes by process."""
    began, moments = time.monotonic(), []
    found: dict[str, list[float]] = {name: [] for name in pids}
    while (passed := time.monotonic() - began) < seconds:
        moments.append(passed / 60)
        for name, pid in pids.items():
            found[name].append(round(resident(pid), 1))
        time.sleep(EVERY)
    return moments, found


def run(options: argparse.Namespace, folder: Path) -> Iterator[dict]:
    with serving.services(folder, True) as urls:
        values = serving.environment(folder, "postgres", urls)
        subprocess.run(
            [sys.executable, "-m", "tests.browser.seed"], cwd=ROOT, env=values, check=True
        )
        seconds = 60 * (options.warm + options.minutes)
        answered: dict[str, float] = {}

        def visit() -> None:
            answered.update(serving.visitors(site, options.users, seconds))

        with serving.served(values, WEB) as (site, uvicorn), helpers(values, folder) as group:
            crowd = threading.Thread(target=visit)
            crowd.start()
            time.sleep(60 * options.warm)
            moments, found = read(processes(group, uvicorn), 60 * options.minutes)
            crowd.join()
            assert group.ended() is None, f"the {group.ended()} ended by itself"
    said = f"PostgreSQL, {options.users} visitors, {options.minutes:g} minutes"
    said += f" after {options.warm:g} to warm up"
    for metric, value in answered.items():
        yield row(NAME, "all requests", metric, value, dataset=said, cores=os.cpu_count())
    for name, held in found.items():
        yield row(NAME, name, "mb_first", held[0], dataset=said)
        last = {"every_s": EVERY, "read": held}
        yield row(NAME, name, "mb_last", held[-1], dataset=said, **last)
        gain, low, high = slope(np.array(moments), np.array(held))
        between = {"low": round(low, 4), "high": round(high, 4), "n": len(held)}
        yield row(NAME, name, "mb_per_hour", gain, dataset=said, **between)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--users", type=int, default=15, help="each asks every 3 s or so")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--warm", type=float, default=8, help="minutes that are not counted")
    options = parser.parse_args()
    return serving.measured("soak", lambda folder: run(options, folder), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
