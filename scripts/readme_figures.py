"""Write the demo's times from benchmarks/results/demo.jsonl into both READMEs.

    .venv/bin/python scripts/readme_figures.py            # after a new run of benchmarks.demo
    .venv/bin/python scripts/readme_figures.py --check    # fails where a README says otherwise

Whatever rows the file has make the table; what was not measured is left out.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "demo.jsonl"
BEGIN, END = "<!-- demo figures: begin -->", "<!-- demo figures: end -->"
ROWS = (
    ("import_seconds", "sqlite", "s", "Import the data into SQLite", "导入数据到 SQLite"),
    ("import_seconds", "postgresql", "s", "… into PostgreSQL", "……到 PostgreSQL"),
    (
        "first_page_seconds",
        "clone",
        "s",
        "A new clone, once installed, to the first page",
        "全新克隆、装好之后到首页打开",
    ),
    (
        "second_start_seconds",
        "again",
        "s",
        "A second start, to the first page",
        "再次启动到首页打开",
    ),
    ("peak_mb", "sqlite", "MB", "Most memory while loading", "导入时的内存峰值"),
)
"""Metric, first word of the dataset, unit, English and Chinese label."""
SIZES = (("full", "2,469 households", "2,469 个家庭"), ("small", "300 households", "300 个家庭"))
READMES = ("README.md", "README.zh.md")
NOTES = (
    "On {cores} cores, load average up to {load:.0f} before the start; commit {commits} "
    "([all figures](benchmarks/results/demo.jsonl)).",
    "{cores} 核，开始前平均负载最高 {load:.0f}；提交 {commits}"
    "（[全部数字](benchmarks/results/demo.jsonl)）。",
)


def table(found: list[dict], language: int) -> str:
    """The figures as Markdown; ``language`` is 0 for English and 1 for Chinese."""
    by_name = {(row["metric"], row["dataset"]): row for row in found}
    wanted = {
        (metric, f"{kind} {size}") for metric, kind, *_ in ROWS for size, *_ in SIZES
    } & by_name.keys()
    sizes = [size for size in SIZES if any(name.endswith(f" {size[0]}") for _, name in wanted)]
    lines = [
        "| | " + " | ".join(size[1 + language] for size in sizes) + " |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for metric, kind, unit, *labels in ROWS:
        cells = [by_name.get((metric, f"{kind} {size[0]}")) for size in sizes]
        if any(cells):
            shown = [f"{cell['value']:,.0f} {unit}" if cell else "–" for cell in cells]
            lines.append(f"| {labels[language]} | " + " | ".join(shown) + " |")
    used = [by_name[name] for name in sorted(wanted)]
    note = NOTES[language].format(
        cores=max((row.get("cores", 0) for row in used), default=0),
        load=max((row.get("load", 0.0) for row in used), default=0.0),
        commits=", ".join(sorted({row["commit"] for row in used})),
    )
    return "\n".join([*lines, "", note]) if used else ""


def filled(text: str, figures: str) -> str:
    """The README with these figures between its marks. ValueError: it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the demo's times into the READMEs.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    options = parser.parse_args(arguments)
    found = [json.loads(line) for line in RESULTS.read_text().splitlines() if line.strip()]
    stale = []
    for language, name in enumerate(READMES):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = filled(text, table(found, language))
        if new != text:
            stale.append(name)
            if not options.check:
                path.write_text(new, encoding="utf-8")
    if stale and options.check:
        print(f"{', '.join(stale)}: run scripts/readme_figures.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
