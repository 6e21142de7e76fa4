"""Figures as rows: one dictionary each, printed as JSON lines or as a table."""

import subprocess
from functools import lru_cache
from pathlib import Path

Row = dict[str, object]


@lru_cache
def commit() -> str:
    """Short commit of the code that made the figures."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def row(part: str, method: str, metric: str, value: float, *, n: int, seconds: float) -> Row:
    """One figure of one method."""
    return {
        "benchmark": f"inventory.{part}",
        "method": method,
        "metric": metric,
        "value": round(float(value), 4),
        "n": n,
        "seconds": round(seconds, 1),
        "commit": commit(),
    }


def markdown(rows: list[Row]) -> str:
    """A table for each part: a line for each method, a column for each metric."""
    blocks = []
    for part in dict.fromkeys(str(entry["benchmark"]) for entry in rows):
        mine = [entry for entry in rows if entry["benchmark"] == part]
        metrics = list(dict.fromkeys(str(entry["metric"]) for entry in mine))
        lines = [
            f"| {part} | " + " | ".join(metrics) + " | seconds |",
            "| --- " * (len(metrics) + 2) + "|",
        ]
        for method in dict.fromkeys(str(entry["method"]) for entry in mine):
            cells = {str(entry["metric"]): entry for entry in mine if entry["method"] == method}
            values = [f"{cells[name]['value']:.4g}" if name in cells else "" for name in metrics]
            seconds = next(iter(cells.values()))["seconds"]
            lines.append(f"| {method} | " + " | ".join(values) + f" | {seconds} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


BEGIN, END = "<!-- results: made by the benchmark -->", "<!-- end of results -->"


def write_into(document: Path, rows: list[Row]) -> None:
    """Put the tables between the document's two marks; ValueError when it has none."""
    text = document.read_text(encoding="utf-8")
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    document.write_text(f"{text[:before]}\n\n{markdown(rows)}\n\n{text[after:]}", encoding="utf-8")
