"""A stock count from a file, as a program of its own that can be killed half-way.

``python -m tests.faults.live.importing [stop]`` imports ``count.csv`` of the faults' folder; with
``stop`` it says so in ``half-way`` when the rows are written, not yet committed, and waits to be
killed.
"""

import sys
import time

import django

ROWS = 60
BEFORE, FOUND = 1, 5
REFERENCE = "count.csv"


def main() -> None:
    django.setup()
    from django.conf import settings

    from inventory.services import sheets

    if "stop" in sys.argv:
        move = sheets._move

        def stopping(*args, **kwargs) -> None:
            move(*args, **kwargs)
            (settings.FAULTS_DIR / "half-way").touch()
            time.sleep(600)

        sheets._move = stopping
    content = (settings.FAULTS_DIR / REFERENCE).read_bytes()
    rows = sheets.read_sheet(content, REFERENCE)
    sheets.import_counts(rows=rows, reference=REFERENCE)


if __name__ == "__main__":
    main()
