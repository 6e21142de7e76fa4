"""Figures of docs/operations.md, docs/security.md and docs/scaling.md, from benchmarks/results:
``python -m benchmarks.operations_tables`` writes them between their marks and draws the pictures.

A file may hold several runs; the newest row of a figure counts.
"""

import json
import math
import re
from pathlib import Path

from benchmarks.tables import markdown_of

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"
PLACES = {
    "operations.md": ("faults", "serving", "soak"),
    "security.md": ("fuzz",),
    "scaling.md": ("scaling", "workers", "sums"),
}
COLOURS = (
    "#00639a", "#b3261e", "#386a20", "#7d5260", "#605d62", "#8a5000", "#006a6a", "#6750a4",
)  # fmt: skip
NOTHING = "No result is stored yet."

# What a shop of that size is taken to be: nothing of this is measured.
CUSTOMERS, PRODUCTS = 1_000_000, 10_000_000
REQUESTS_A_DAY = 10
"""Of one customer."""
BUSIEST = 0.1
"""Share of a day's requests in its busiest hour."""
USED = 0.6
"""Share of a core one wants used then."""
ORDERS_A_YEAR = 20
"""Of one customer; kept for one year in the tables that are always read."""
MIX = {
    "home": 15,
    "home, signed in": 10,
    "product": 25,
    "category": 15,
    "search": 15,
    "all products": 5,
    "add to cart": 10,
    "orders, signed in": 5,
}
"""Pages of a hundred requests."""


def read(name: str) -> list[dict]:
    """The newest row of every figure, in the order of the file."""
    file = RESULTS / f"{name}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    newest: dict[tuple, dict] = {}
    for line in filter(None, lines):
        item = json.loads(line)
        key = tuple(item.get(part) for part in ("benchmark", "dataset", "method", "metric"))
        newest.pop(key, None)
        newest[key] = item
    return list(newest.values())


Costs = dict[str, dict[tuple[int, int], dict[str, float]]]


def costs(rows: list[dict]) -> Costs:
    """Per page and (products, customers): what a request costs."""
    found: Costs = {}
    for item in rows:
        if "customers" in item:
            sizes = found.setdefault(item["method"], {})
            place = sizes.setdefault((item["n"], item["customers"]), {})
            place[item["metric"]] = item["value"]
    return found


def total(cost: dict[str, float]) -> float:
    return cost["web_ms"] + cost["database_ms"]


def exponent(low: float, high: float, ratio: float) -> float:
    """``e`` of ``high = low · ratio^e``: 0 does not grow, 1 grows in proportion."""
    return math.log(high / low) / math.log(ratio)


def scaling(rows: list[dict]) -> str:
    found = costs(rows)
    if not found:
        return NOTHING
    sizes = sorted({size for page in found.values() for size in page})
    few = [size for size in sizes if size[1] == sizes[0][1]]
    names = [f"{products:,} products, {customers:,} customers" for products, customers in sizes]
    lines = ["| page | queries | " + " | ".join(names) + " | by products | by customers |"]
    lines.append("| --- " * (len(sizes) + 4) + "|")
    steepest = 0.0
    for page, values in found.items():
        queries = {f"{value['queries']:.0f}" for value in values.values()}
        ms = [f"{values[size]['web_ms']:.0f} + {values[size]['database_ms']:.0f}" for size in sizes]
        first, last = values[few[0]], values[few[-1]]
        grown = exponent(total(first), total(last), few[-1][0] / few[0][0])
        steepest = max(steepest, grown)
        more = [size for size in sizes if size[0] == few[-1][0] and size[1] > few[-1][1]]
        people = [
            f"{exponent(total(last), total(values[size]), size[1] / few[-1][1]):.2f}"
            for size in more[-1:]
        ]
        cells = [", ".join(sorted(queries)), *ms, f"{grown:.2f}", *(people or [""])]
        lines.append(f"| {page} | " + " | ".join(cells) + " |")
    commits = ", ".join(dict.fromkeys(item["commit"] for item in rows if "customers" in item))
    told = f"Milliseconds of a core, web + database (commit {commits})."
    judged = f"The steepest page grows with products to the power of {steepest:.2f}."
    return "\n".join([told, "", *lines, "", judged])


def sums(rows: list[dict]) -> str:
    """What the shop of ``CUSTOMERS`` and ``PRODUCTS`` takes, from the measured costs."""
    found = costs(rows)
    if not found:
        return NOTHING
    sizes = sorted({size for page in found.values() for size in page})
    few = [size for size in sizes if size[1] == sizes[0][1]]
    before, largest = few[-2], few[-1]
    asked = CUSTOMERS * REQUESTS_A_DAY * BUSIEST / 3600
    cores = {}
    for metric in ("web_ms", "database_ms"):
        milliseconds = 0.0
        for page, weight in MIX.items():
            low, high = (found[page][size][metric] for size in (before, largest))
            steep = max(0.0, exponent(low, high, largest[0] / before[0]))
            milliseconds += weight / 100 * high * (PRODUCTS / largest[0]) ** steep
        cores[metric] = milliseconds, asked * milliseconds / 1000 / USED
    stored = {item["metric"]: item["value"] for item in rows if item["method"] == "(stored)"}
    counts = {"product": PRODUCTS, "customer": CUSTOMERS, "order": CUSTOMERS * ORDERS_A_YEAR}
    lines = ["| what | sum | result |", "| --- | --- | --- |"]
    busy = f"{CUSTOMERS:,} · {REQUESTS_A_DAY} a day · {BUSIEST:g} in the busiest hour / 3,600 s"
    lines.append(f"| requests a second | {busy} | {asked:.0f} |")
    for metric, name in (("web_ms", "web"), ("database_ms", "database")):
        milliseconds, needed = cores[metric]
        sum_ = f"{asked:.0f} · {milliseconds:.0f} ms / {USED:g} of a core used"
        lines.append(f"| {name} cores | {sum_} | {math.ceil(needed):,} |")
    web = [item["value"] for item in read("soak") if item["metric"] == "mb_last"]
    if web:
        processes = math.ceil(cores["web_ms"][1])
        held = f"{processes:,} processes · {max(web):.0f} MB"
        lines.append(f"| web memory | {held} | {processes * max(web) / 1024:,.0f} GB |")
    for name, count in counts.items():
        size = stored.get(f"bytes_per_{name}")
        if size:
            held = f"{count:,} {name}s · {size:,.0f} bytes"
            lines.append(f"| rows of {name}s | {held} | {count * size / 2**30:,.1f} GB |")
    return "\n".join(lines)


def plot(rows: list[dict]) -> str:
    """Cost by catalogue, both axes logarithmic; a ring is the same with the most customers."""
    found = costs(rows)
    sizes = sorted({size for page in found.values() for size in page})
    few = [size for size in sizes if size[1] == sizes[0][1]]
    values = [total(value) for page in found.values() for value in page.values()]
    low, high = 10 ** math.floor(math.log10(min(values))), max(values)
    ticks = [step * 10**power for power in range(5) for step in (1, 2, 5)]

    def across(products: float) -> float:
        share = math.log(products / few[0][0]) / math.log(few[-1][0] / few[0][0])
        return 70 + share * 370

    def down(value: float) -> float:
        return 330 - math.log(value / low) / math.log(high / low) * 310

    parts = []
    for tick in ticks:
        if low <= tick <= high:
            parts.append(f'<path d="M70 {down(tick):.1f}H440" stroke="#ddd"/>')
            parts.append(f'<text x="8" y="{down(tick) + 4:.1f}">{tick:,} ms</text>')
    for products, _ in few:
        parts.append(f'<text x="{across(products) - 24:.1f}" y="352">{products:,}</text>')
    named: float = 0
    steps = sorted(found.items(), key=lambda item: -total(item[1][few[-1]]))
    for (page, costs_), colour in zip(steps, COLOURS, strict=False):
        places = [(across(size[0]), down(total(costs_[size]))) for size in few]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for size in sizes:
            if size not in few:
                place = f'cx="{across(size[0]):.1f}" cy="{down(total(costs_[size])):.1f}"'
                parts.append(f'<circle {place} r="4" fill="none" stroke="{colour}"/>')
        named = max(places[-1][1] + 4, named + 16)
        parts.append(f'<text x="456" y="{named:.1f}" fill="{colour}">{page}</text>')
    return svg(parts)


def memory(rows: list[dict]) -> str:
    """Megabytes by minute, a line a process."""
    held = {item["method"]: item for item in rows if item["metric"] == "mb_last"}
    most = 1.1 * max(max(item["read"]) for item in held.values())
    longest = max((len(item["read"]) - 1) * item["every_s"] / 60 for item in held.values())
    parts = []
    for part in range(5):
        y, value = 330 - part * 77.5, most * part / 4
        parts.append(f'<path d="M70 {y:.1f}H440" stroke="#ddd"/>')
        parts.append(f'<text x="8" y="{y + 4:.1f}">{value:.0f} MB</text>')
    parts += [f'<text x="{60 + part * 185}" y="352">{longest * part / 2:.0f} min</text>'
              for part in range(3)]  # fmt: skip
    named: float = 0
    for (name, item), colour in zip(
        sorted(held.items(), key=lambda pair: -pair[1]["value"]), COLOURS, strict=False
    ):
        steps = len(item["read"]) - 1 or 1
        line = " ".join(
            f"{70 + place / steps * 370:.1f},{330 - value / most * 310:.1f}"
            for place, value in enumerate(item["read"])
        )
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        named = max(334 - item["value"] / most * 310, named + 16)
        parts.append(f'<text x="456" y="{named:.1f}" fill="{colour}">{name}</text>')
    return svg(parts)


def svg(parts: list[str]) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 364" '
        f'font-family="sans-serif" font-size="12"><rect width="640" height="364" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def main() -> None:
    scaled, soaked = read("scaling"), read("soak")
    tables = {name: markdown_of(read(name)) for name in ("faults", "serving", "soak", "fuzz")}
    tables |= {
        "scaling": scaling(scaled),
        "workers": markdown_of([item for item in scaled if item["benchmark"] == "workers"]),
        "sums": sums(scaled),
    }
    for page, names in PLACES.items():
        text = (DOCS / page).read_text(encoding="utf-8")
        for name in names:
            mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
            table = tables[name] or NOTHING
            text = mark.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
        (DOCS / page).write_text(text, encoding="utf-8")
    if costs(scaled):
        (DOCS / "pictures" / "scaling.svg").write_text(plot(scaled), encoding="utf-8")
    if soaked:
        (DOCS / "pictures" / "soak.svg").write_text(memory(soaked), encoding="utf-8")


if __name__ == "__main__":
    main()
