"""Recommendations, part by part, each with its baselines in the same run.

``python -m benchmarks.recommend [part] [FILE] [--json] [--quick] [--validation] [--markdown]``

``complete_journey`` the next four weeks, ``sequences`` leave one out, ``cold_start`` products that
nobody has bought, ``serving`` the time of one ranking, ``coupons`` who redeems, ``rail`` the
endpoint under 32 clients (FILE is then the folder of ``benchmarks.serving --prepare``). Without a
part, all but the last. What is served is the method ``mercato``. ``--markdown`` makes the tables of
docs/models/recommend.md from benchmarks/results/recommend.jsonl.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import (
    recommend_cold,
    recommend_coupons,
    recommend_rail,
    recommend_ranking,
    recommend_sequences,
    recommend_serving,
    tables,
)
from benchmarks.provenance import commit
from benchmarks.rows import show

QUICK_HOUSEHOLDS = 400
RESULTS = Path(__file__).parent / "results" / "recommend.jsonl"
PARTS = ("complete_journey", "sequences", "cold_start", "serving", "coupons", "rail")


def run(part: str, file: Path, *, window: str, quick: bool, method: str = "") -> Iterable[dict]:
    households = QUICK_HOUSEHOLDS if quick else None
    if part == "complete_journey":
        return recommend_ranking.run(window, households)
    if part == "sequences":
        return recommend_sequences.run(file, quick=quick, only=method)
    if part == "cold_start":
        return recommend_cold.run(window, households)
    if part == "rail":
        return recommend_rail.run(file, quick=quick)
    if part == "coupons":
        return recommend_coupons.run(window)
    return recommend_serving.run(quick=quick)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument(
        "file", nargs="?", type=Path, help="sequences: one user a line; rail: a folder"
    )
    parser.add_argument("--data", type=Path, default=recommend_sequences.DEFAULT)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="a sample, under a minute a part")
    parser.add_argument("--validation", action="store_true", help="the window before, for tuning")
    parser.add_argument("--method", default="", help="sequences: this method alone")
    parser.add_argument("--markdown", action="store_true", help="tables of the stored results")
    options = parser.parse_args()
    if options.markdown:
        print(tables.markdown(RESULTS))
        return
    # Remembered from here on: the checkout may change while a long part runs.
    commit()
    window = "validation" if options.validation else "test"
    for part in chosen(options):
        file = options.file or options.data
        found = run(part, file, window=window, quick=options.quick, method=options.method)
        show(found, as_json=options.json)


def chosen(options: argparse.Namespace) -> Iterator[str]:
    """Yield the parts asked for; sequences are left out of all where their file is missing."""
    for part in [options.part] if options.part else PARTS[:-1]:
        if part != "sequences" or options.part or options.file or options.data.exists():
            yield part


if __name__ == "__main__":
    main()
