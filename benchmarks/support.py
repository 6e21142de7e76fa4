"""Support: intents, sentiment, dialogues, strategies, load.

``python -m benchmarks.support [PART] [--json] [--quick]``, of these parts or all:

* ``intents``: learned from the utterances of ``support/knowledge/intents`` alone; tested on the
  Chinese and English test utterances written before them and on the dev part of the public Bitext
  customer-service set (27 intents, mapped in ``knowledge/bitext.yaml``). The same pipeline on
  BANKING77 (Casanueva et al. 2020): ten examples an intent, five seeds, and all of them.
* ``sentiment``: Chinese shop reviews (``--train F --test F``; with one file, a fifth and two
  categories are kept apart).
* ``dialogues``: scripted customers against the shop of ``tests/support/world.py``.
* ``strategies``: answering, asking back, offering or calling a person on simulated customers.
* ``load``: a thousand open chats on one process, a hundred messages a second.

Files are looked up in ``--data`` (default ``../shared/data``); the product never needs them.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import (
    support_dialogues,
    support_intents,
    support_load,
    support_sentiment,
    support_strategies,
)

PARTS = {
    "intents": support_intents.run,
    "sentiment": support_sentiment.run,
    "dialogues": support_dialogues.run,
    "strategies": support_strategies.run,
    "load": support_load.run,
}
BARS = {
    ("support.intents", "bitext"): 0.92,
    ("support.intents", "banking77_10shot"): 0.850,
    ("support.intents", "banking77_full"): 0.935,
    ("support.intents", "zh"): 0.93,
    ("support.sentiment", "held_out"): 0.945,
    ("support.sentiment", "left_out_categories"): 0.945,
    ("support.dialogues", "en"): 0.95,
    ("support.dialogues", "zh"): 0.95,
}


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def rows(parts: list[str], options: argparse.Namespace) -> Iterator[dict]:
    revision = commit()
    for part in parts:
        for row in PARTS[part](options):
            row["value"] = round(float(row["value"]), 4)
            row["seconds"] = round(row.get("seconds", 0.0), 2)
            yield {"benchmark": f"support.{part}", **row, "commit": revision}


def markdown(path: Path) -> str:
    """A table of the results in a file, as docs/models/support.md holds it."""
    lines = [
        "| benchmark | data | method | metric | value | bar | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        key = (row["benchmark"], row.get("dataset", ""))
        main = row["method"] == "mercato" and row["metric"] in ("accuracy", "success")
        bar = BARS.get(key, "") if main else ""
        lines.append(
            f"| {row['benchmark']} | {row.get('dataset', '')} | {row['method']} | {row['metric']} "
            f"| {row['value']:.4f} | {bar} | {row.get('n', '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("part", nargs="?", default="all", choices=[*PARTS, "all"])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="samples, under a minute")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--train", type=Path, help="sentiment: reviews to learn from")
    parser.add_argument("--test", type=Path, help="sentiment: reviews to test on")
    parser.add_argument("--cache", type=Path, help="folder that keeps encoded texts")
    parser.add_argument("--markdown", type=Path, help="print the results of a file as a table")
    options = parser.parse_args()
    if options.markdown:
        print(markdown(options.markdown))
        return
    for row in rows(list(PARTS) if options.part == "all" else [options.part], options):
        if options.json:
            print(json.dumps(row, ensure_ascii=False), flush=True)
        else:
            name = f"{row['benchmark']} {row.get('dataset', '')}"
            print(f"{name:<45} {row['method']:<22} {row['metric']:<14} {row['value']:.4f}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
