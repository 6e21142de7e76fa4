"""Markdown tables from stored results: a row a method, a column a metric, by benchmark."""

import json
from pathlib import Path


def markdown(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    return markdown_of([json.loads(line) for line in lines if line])


def markdown_of(rows: list[dict]) -> str:
    tables: dict[tuple[str, str], list[dict]] = {}
    for item in rows:
        tables.setdefault((item["benchmark"], str(item.get("dataset", ""))), []).append(item)
    return "\n\n".join(_table(name, dataset, found) for (name, dataset), found in tables.items())


def _table(name: str, dataset: str, rows: list[dict]) -> str:
    # The size of the problem is part of what is measured where one method has several.
    def metric(item: dict) -> str:
        several = {r.get("n") for r in rows if _key(r) == _key(item)}
        return f"{item['metric']}, n = {item['n']:,}" if len(several) > 1 else item["metric"]

    columns = list(dict.fromkeys(metric(item) for item in rows))
    lines: dict[str, dict[str, str]] = {}
    for item in rows:
        lines.setdefault(item["method"], {})[metric(item)] = _value(item)
    title = f"`{name}`" + (f", {dataset}" if dataset else "")
    head = "| method | " + " | ".join(columns) + " |"
    rule = "| --- |" + " --- |" * len(columns)
    body = [
        f"| {method} | " + " | ".join(values.get(column, "") for column in columns) + " |"
        for method, values in lines.items()
    ]
    commits = ", ".join(dict.fromkeys(item["commit"] for item in rows))
    return "\n".join([f"{title} (commit {commits})", "", head, rule, *body])


def _key(item: dict) -> tuple[str, str]:
    return item["method"], item["metric"]


def _value(item: dict) -> str:
    interval = f" [{item['low']:.4f}, {item['high']:.4f}]" if "low" in item else ""
    return f"{item['value']:.4f}{interval}"
