"""Compile ``locale/**/django.po`` with Babel, so that gettext's tools need not be installed."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def main() -> None:
    root = Path(__file__).resolve().parent.parent / "locale"
    for source in sorted(root.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        with target.open("wb") as file:
            write_mo(file, catalogue)


if __name__ == "__main__":
    main()
