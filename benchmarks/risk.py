"""Fraud: the handbook's protocol, the shop's replay, the latency of screening.

``python -m benchmarks.risk [handbook|replay|latency|screening|FILE] [--json] [--quick]
[--data FILE] [--train-start DAY --train-end DAY --test-start DAY --test-end DAY]``

``handbook`` takes any file of the Fraud Detection Handbook's form (parquet or CSV with
TX_DATETIME, CUSTOMER_ID, TERMINAL_ID, TX_AMOUNT, TX_FRAUD) and any four days; the days between
training and test are the delay after which labels are known. ``--weeks N`` repeats it on as many
earlier test weeks, prints the paired interval of ours against the best baseline, and how models
age that learn from the first week, the newest or all.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

FILE = "fraud_handbook_2018-06-11_2018-08-14.parquet"
DATES = ("2018-07-25", "2018-07-31", "2018-08-08", "2018-08-14")
PARTS = ("handbook", "replay", "latency")
ALONE = ("screening",)
"""Parts of parts."""


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def row(benchmark: str, method: str, metric: str, value: float, n: int, **more: object) -> dict:
    figure = {"benchmark": f"risk.{benchmark}", "method": method, "metric": metric}
    return figure | {"value": round(float(value), 6), "n": n, "commit": commit()} | more


RATIOS = {
    "mercato_unsupervised_handbook_features": "isolation_forest",
    "mercato_unsupervised": "isolation_forest_our_features",
}
"""What fits no label, and the Isolation Forest on the same features."""


def ratios(precision: dict[str, float], n: int) -> Iterator[dict]:
    """How many times the forest's average precision each has, of those that were measured last."""
    ours = [name for name in RATIOS if name in precision]
    for name in ours[-1:]:
        value = precision[name] / precision[RATIOS[name]]
        yield row("handbook", name, "ratio_to_isolation_forest", value, n)


def handbook(options: argparse.Namespace) -> Iterator[dict]:
    import numpy as np

    from benchmarks import risk_handbook as protocol

    path = Path(options.data) if options.data else _found(FILE)
    dates = (options.train_start, options.train_end, options.test_start, options.test_end)
    frame = protocol.load(path)
    prepared = protocol.prepare(frame, dates)
    week = prepared.week
    yield row("handbook", "protocol", "train_transactions", len(week.train), len(week.train))
    yield row("handbook", "protocol", "test_transactions", len(week.test), len(week.test))
    frauds = int(prepared.fraud.sum())
    yield row("handbook", "protocol", "test_frauds", frauds, frauds)

    precision: dict[str, float] = {}

    def told(method: str, scores: list) -> Iterator[dict]:
        found = protocol.figures(prepared, scores)
        precision[method] = found["average_precision"]
        for metric, value in found.items():
            yield row("handbook", method, metric, value, frauds)

    started = time.perf_counter()
    yield from told("mercato", [protocol.served(prepared, week.train)])
    for metric, value in protocol.figures(
        prepared, [protocol.served(prepared, week.history)]
    ).items():
        yield row("handbook", "mercato_all_weeks", metric, value, frauds)
    yield row("handbook", "mercato", "seconds", time.perf_counter() - started, frauds)
    if "TX_FRAUD_SCENARIO" in frame:
        bound = protocol.best_possible(prepared.data, frame)[week.test]
        yield from told("best_possible", [bound])
    for name, scores in protocol.baselines(prepared):
        yield from told(name, scores)
    yield from ratios(precision, frauds)
    if options.quick:
        return
    for name, scores in protocol.same_features(prepared):
        yield from told(name, scores)
    yield from ratios(precision, frauds)
    from benchmarks import risk_sequences

    for name, score in risk_sequences.scores(
        prepared.data, week.train, week.history, week.test
    ).items():
        yield from told(name, [np.asarray(score)])


def weeks(options: argparse.Namespace) -> Iterator[dict]:
    """Ours and the best baseline on several test weeks, their paired difference, and the drift."""
    from benchmarks import risk_handbook, risk_weeks

    frame = risk_handbook.load(Path(options.data) if options.data else _found(FILE))
    dates = (options.train_start, options.train_end, options.test_start, options.test_end)
    for day, method, value, n in risk_weeks.drift(frame, dates, options.weeks):
        yield row("drift", method, "average_precision", value, n, test_start=day)
    for start, method, metric, value, n in risk_weeks.paired(frame, dates, options.weeks):
        more = {"test_start": start} if start else {}
        yield row("handbook_weeks", method, metric, value, n, **more)


def replay(options: argparse.Namespace) -> Iterator[dict]:
    from benchmarks import risk_replay

    for method, metric, value, n in risk_replay.run(quick=options.quick):
        yield row("replay", method, metric, value, n)


def latency(options: argparse.Namespace) -> Iterator[dict]:
    from benchmarks import risk_latency

    for method, metric, value, n in risk_latency.run(quick=options.quick):
        yield row("latency", method, metric, value, n)


def screening(options: argparse.Namespace) -> Iterator[dict]:
    """The timed part of ``latency`` alone, short enough to have a machine to itself."""
    from benchmarks import risk_latency

    for method, metric, value, n in risk_latency.screening_alone():
        yield row("latency", method, metric, value, n)


def _found(name: str) -> Path:
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "data", here.parent / "shared" / "data", here.parents[1] / "shared/data"):
        if (folder / name).is_file():
            return folder / name
    raise SystemExit(f"Give the file with --data; {name} is not in ../shared/data.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="", help="one of the parts, or a file")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="the part that takes under a minute")
    parser.add_argument("--data", help="a file of the handbook's form")
    parser.add_argument("--weeks", type=int, default=0, help="earlier test weeks, paired")
    for name, value in zip(
        ("train-start", "train-end", "test-start", "test-end"), DATES, strict=True
    ):
        parser.add_argument(f"--{name}", default=value)
    options = parser.parse_args()
    if options.part and options.part not in PARTS + ALONE:
        options.part, options.data = "handbook", options.part
    runs = {"handbook": handbook, "replay": replay, "latency": latency, "screening": screening}
    for part in [options.part] if options.part else PARTS:
        run = weeks if part == "handbook" and options.weeks else runs[part]
        for figure in run(options):
            if options.json:
                print(json.dumps(figure), flush=True)
            else:
                name = f"{figure['benchmark']:<20} {figure['method']:<36} {figure['metric']:<24}"
                print(f"{name} {figure['value']:.4f}  n={figure['n']}", flush=True)


if __name__ == "__main__":
    main()
