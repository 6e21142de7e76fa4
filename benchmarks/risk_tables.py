"""Tables of docs/models/risk.md, from benchmarks/results/risk.jsonl: ``python -m
benchmarks.risk_tables`` writes them between their marks; no figure is typed by hand."""

import json
import math
import operator
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "risk.jsonl"
PICTURE = ROOT / "docs" / "pictures" / "risk-reviewed.svg"
POINT = "recall_at_0."
RATIO = "ratio_to_isolation_forest"
COLOURS = ("#00639a", "#b3261e", "#386a20", "#7d5260", "#605d62")
PAGE = ROOT / "docs" / "models" / "risk.md"
COLUMNS = {
    "handbook": ("average_precision", "card_precision@100", "auc"),
    "replay": ("recall_at_1pct", "recall_novel", "false_refusals"),
}


def read() -> list[dict]:
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def methods(rows: list[dict], part: str) -> str:
    """One row a method, one column a metric, best average precision first."""
    columns = COLUMNS[part]
    values: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["benchmark"] == f"risk.{part}" and row["metric"] in columns:
            values.setdefault(row["method"], {})[row["metric"]] = row["value"]
    lines = ["| method | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    for method, found in sorted(values.items(), key=lambda item: -item[1].get(columns[0], -1)):
        cells = [f"{found[name]:.4f}" if name in found else "" for name in columns]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ours(rows: list[dict], part: str) -> str:
    """Metric and newest value of what is served, without the points of the curve."""
    newest: dict[str, dict] = {}
    for row in rows:
        point = row["metric"].startswith(POINT)
        if row["benchmark"] == f"risk.{part}" and row["method"] == "mercato" and not point:
            newest[row["metric"]] = row
    lines = ["| metric | value | n |", "| --- | --- | --- |"]
    lines += [f"| {name} | {row['value']:.4g} | {row['n']} |" for name, row in newest.items()]
    return "\n".join(lines)


def weeks(rows: list[dict]) -> str:
    lines = ["| test from | method | average precision | card precision@100 | frauds |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    found: dict[tuple[str, str], dict] = {}
    for row in rows:
        if row["benchmark"] == "risk.handbook_weeks" and "test_start" in row:
            found.setdefault((row["test_start"], row["method"]), {"n": row["n"]})[row["metric"]] = (
                row["value"]
            )
    for (start, method), cell in sorted(found.items()):
        ap, cards = cell["average_precision"], cell["card_precision@100"]
        lines.append(f"| {start} | {method} | {ap:.4f} | {cards:.4f} | {cell['n']} |")
    spans = {
        row["metric"]: row["value"]
        for row in rows
        if row["benchmark"] == "risk.handbook_weeks" and "test_start" not in row
    }
    if spans:
        lines.append("")
        lines.append(
            f"Paired difference in average precision: "
            f"{spans['average_precision_difference']:.4f} "
            f"[{spans['average_precision_low']:.4f}, {spans['average_precision_high']:.4f}]"
        )
    return "\n".join(lines)


def ratios(rows: list[dict]) -> str:
    lines = ["| without labels | times Isolation Forest's average precision |", "| --- | --- |"]
    for row in rows:
        if row["metric"] == "ratio_to_isolation_forest":
            lines.append(f"| {row['method']} | {row['value']:.2f} |")
    return "\n".join(lines)


def drift(rows: list[dict]) -> str:
    """Average precision, one row a test week, one column a way to learn."""
    found: dict[str, dict[str, float]] = {}
    names: list[str] = []
    for row in rows:
        if row["benchmark"] == "risk.drift":
            found.setdefault(row["test_start"], {})[row["method"]] = row["value"]
            names += [row["method"]] * (row["method"] not in names)
    lines = ["| test from | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    for start, values in sorted(found.items()):
        cells = [f"{values[name]:.4f}" if name in values else "" for name in names]
        lines.append(f"| {start} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def points(rows: list[dict]) -> dict[str, dict[float, float]]:
    """Per method recall by share of orders reviewed."""
    found: dict[str, dict[float, float]] = {}
    for row in rows:
        if row["benchmark"] == "risk.replay" and row["metric"].startswith(POINT):
            share = float(row["metric"].removeprefix("recall_at_"))
            found.setdefault(row["method"], {})[share] = row["value"]
    return found


def reviewed(rows: list[dict]) -> str:
    curves = points(rows)
    shares = sorted({share for curve in curves.values() for share in curve})
    lines = ["| orders reviewed | " + " | ".join(curves) + " |", "| --- " * (len(curves) + 1) + "|"]
    for share in shares:
        cells = [f"{curve[share]:.3f}" if share in curve else "" for curve in curves.values()]
        lines.append(f"| {100 * share:g} % | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(curves: dict[str, dict[float, float]]) -> str:
    """The same as a picture: share reviewed on a logarithmic axis, recall upwards."""
    width, height, left, top = 640, 360, 56, 16
    shares = sorted({share for curve in curves.values() for share in curve})
    low, high = math.log(shares[0]), math.log(shares[-1])

    def place(share: float, value: float) -> str:
        x = left + (math.log(share) - low) / (high - low) * (width - left - 190)
        return f"{x:.1f},{top + (1 - value) * (height - top - 44):.1f}"

    parts = [f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for value in (0, 0.25, 0.5, 0.75, 1):
        x, y = place(shares[0], value).split(",")
        end = place(shares[-1], value).split(",")[0]
        parts.append(f'<path d="M{x} {y}H{end}" stroke="#ddd"/>')
        parts.append(f'<text x="8" y="{float(y) + 4:.1f}">{100 * value:g} %</text>')
    for share in shares:
        x = float(place(share, 0).split(",")[0]) - 12
        parts.append(f'<text x="{x:.1f}" y="{height - 24}">{100 * share:g} %</text>')
    named = 0.0
    for name, colour in zip(
        sorted(curves, key=lambda name: -max(curves[name].values())), COLOURS, strict=False
    ):
        line = " ".join(place(share, curves[name][share]) for share in sorted(curves[name]))
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        # Curves that end together have their names below each other.
        named = max(float(line.rsplit(",", 1)[1]) + 4, named + 16)
        parts.append(f'<text x="{width - 184}" y="{named:.1f}" fill="{colour}">{name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'
    )


OURS = ("mercato", "perfect", "best_possible", "protocol")
BARS: tuple[tuple[str, str, str, str, str, float], ...] = (
    ("1", "handbook", "mercato", "average_precision", ">=", 0.70),
    ("1", "handbook", "mercato_all_weeks", "average_precision", ">=", 0.73),
    ("2", "handbook", "mercato_unsupervised_handbook_features", RATIO, ">=", 2.0),
    ("2", "handbook", "mercato_unsupervised", RATIO, ">=", 2.0),
    ("3", "replay", "mercato", "recall_at_1pct", ">=", 0.85),
    ("3", "replay", "mercato", "recall_novel", ">=", 0.60),
    ("3", "replay", "mercato", "false_refusals", "<", 0.001),
    ("4", "latency", "mercato", "p50_ms", "<=", 5.0),
    ("4", "latency", "mercato", "p99_ms", "<=", 25.0),
    ("4", "latency", "mercato", "share_of_checkout", "<=", 0.25),
    ("4", "latency", "mercato", "orders_per_second", ">=", 1000.0),
    ("5", "latency", "mercato", "feature_difference", "<=", 1e-6),
)
"""What was asked for: number, part, method, metric, and the bar that the value has to keep."""
KEPT = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


def bars(rows: list[dict]) -> str:
    """Every bar with its figure, and whether it is met; first, those that other methods set."""
    newest = {(r["benchmark"], r["method"], r["metric"]): r["value"] for r in rows}
    wanted = []
    for metric in ("average_precision", "card_precision@100"):
        best = max(
            value
            for (benchmark, method, name), value in newest.items()
            if (benchmark, name) == ("risk.handbook", metric)
            and not method.startswith(OURS)
            and not method.endswith("_features")
        )
        wanted.append(("1", "handbook", "mercato", metric, ">", best))
    lines = ["| bar | method | metric | figure | wanted | met |", "| --- " * 6 + "|"]
    for number, part, method, metric, how, bar in (*wanted, *BARS):
        value = newest.get((f"risk.{part}", method, metric))
        if value is None:
            continue
        met = "yes" if (KEPT | {">": operator.gt})[how](value, bar) else "**no**"
        lines.append(f"| {number} | {method} | {metric} | {value:.4g} | {how} {bar:.4g} | {met} |")
    return "\n".join(lines)


def main() -> None:
    rows = read()
    tables = {
        "handbook": methods(rows, "handbook"),
        "bars": bars(rows),
        "weeks": weeks(rows),
        "replay": methods(rows, "replay"),
        "ratios": ratios(rows),
        "drift": drift(rows),
        "reviewed": reviewed(rows),
        "replay-details": ours(rows, "replay"),
        "latency": ours(rows, "latency"),
    }
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        if table.count("\n") < 2:
            table = "No result is stored yet; `python -m benchmarks.risk` makes it."
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
        page = mark.sub(lambda found, text=table: f"{found[1]}{text}\n{found[2]}", page)
    PAGE.write_text(page, encoding="utf-8")
    if curves := points(rows):
        PICTURE.write_text(draw(curves), encoding="utf-8")


if __name__ == "__main__":
    main()
