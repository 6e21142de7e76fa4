"""Write the demo's times and the pages' on a phone from benchmarks/results into both READMEs.

    .venv/bin/python scripts/readme_figures.py   # after a run of benchmarks.demo, benchmarks.pages
    .venv/bin/python scripts/readme_figures.py --check    # fails where a README says otherwise

Whatever rows the file has make the table; what was not measured is left out.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
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


PAGES = (
    ("home", "Start page", "首页"),
    ("listing", "Search results", "搜索结果"),
    ("product", "Product", "商品页"),
    ("cart", "Cart", "购物车"),
)
"""Dataset, English and Chinese label."""
QUALITIES = (
    ("performance", "{:.0f}", "Performance", "性能"),
    ("accessibility", "{:.0f}", "Accessibility", "无障碍"),
    ("best-practices", "{:.0f}", "Best practices", "最佳实践"),
    ("lcp", "{:,.0f} ms", "Largest content", "最大内容绘制"),
    ("cls", "{:.3f}", "Layout shift", "布局偏移"),
    ("tbt", "{:,.0f} ms", "Blocked", "阻塞时间"),
    ("kb_without_pictures", "{:.0f} kB", "Without pictures", "图片之外"),
)
"""Metric, how it is written, English and Chinese label."""
PAGES_NOTES = (
    "Each cell: the page in English · in Chinese. The first three columns are scores of "
    "{tools}, throttled phone, median of {n}; the others from a Chromium slowed down in the same "
    "way. Load average up to {load:.0f}; commit {commits} "
    "([all figures](benchmarks/results/pages.jsonl)).",
    "每格：英文页面 · 中文页面。前三列为 {tools} 在限速手机上的得分，{n} 次取中位数；"
    "其余来自同样限速的 Chromium。平均负载最高 {load:.0f}；提交 {commits}"
    "（[全部数字](benchmarks/results/pages.jsonl)）。",
)


def pages(found: list[dict], language: int) -> str:
    """How the pages feel on a phone, as Markdown; ``language`` as in ``table``."""
    by_name = {(row["metric"], row["dataset"], row["language"]): row for row in found}
    qualities = [one for one in QUALITIES if any(metric == one[0] for metric, *_ in by_name)]
    lines = [
        "| | " + " | ".join(labels[language] for _, _, *labels in qualities) + " |",
        "| --- |" + " ---: |" * len(qualities),
    ]
    used = []
    for name, *labels in PAGES:
        cells = []
        for metric, form, *_ in qualities:
            pair = [by_name.get((metric, name, own)) for own in ("en", "zh")]
            used += [one for one in pair if one]
            cells.append(" · ".join(form.format(one["value"]) if one else "–" for one in pair))
        lines.append(f"| {labels[language]} | " + " | ".join(cells) + " |")
    note = PAGES_NOTES[language].format(
        tools=", ".join(sorted({row["method"] for row in used if "Lighthouse" in row["method"]})),
        n=max((row["n"] for row in used), default=0),
        load=max((row.get("load", 0.0) for row in used), default=0.0),
        commits=", ".join(sorted({row["commit"] for row in used})),
    )
    return "\n".join([*lines, "", note]) if used else ""


def table(found: list[dict], language: int) -> str:
    """The demo's times as Markdown; ``language`` is 0 for English and 1 for Chinese."""
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


TABLES = {"demo": table, "pages": pages}
"""What stands between ``<!-- NAME figures: begin -->`` and its end comes from NAME.jsonl."""


def filled(text: str, name: str, figures: str) -> str:
    """The README with these figures between their marks. ValueError: it has no such marks."""
    first, last = f"<!-- {name} figures: begin -->", f"<!-- {name} figures: end -->"
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"no {first} … {last}")
    return f"{before}{begin}\n{figures}\n{end}{after}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write measured times into the READMEs.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    options = parser.parse_args(arguments)
    found = {
        name: [
            json.loads(line)
            for line in (RESULTS / f"{name}.jsonl").read_text().splitlines()
            if line.strip()
        ]
        for name in TABLES
    }
    stale = []
    for language, name in enumerate(READMES):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = text
        for kind, make in TABLES.items():
            new = filled(new, kind, make(found[kind], language))
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
