"""Tables of docs/models/risk.md, from benchmarks/results/risk.jsonl: ``python -m
benchmarks.risk_tables`` writes them between their marks; no figure is typed by hand."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "risk.jsonl"
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
    """Metric and value of what is served."""
    lines = ["| metric | value | n |", "| --- | --- | --- |"]
    for row in rows:
        if row["benchmark"] == f"risk.{part}" and row["method"] == "mercato":
            lines.append(f"| {row['metric']} | {row['value']:.4g} | {row['n']} |")
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


def main() -> None:
    rows = read()
    tables = {
        "handbook": methods(rows, "handbook"),
        "weeks": weeks(rows),
        "replay": methods(rows, "replay"),
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


if __name__ == "__main__":
    main()
