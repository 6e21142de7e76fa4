"""Add every text that code and templates translate to ``locale/**/django.po``.

The texts are found with Babel and Django's own template reader, so gettext's tools need not be
installed. New ones are added at the end with an empty translation; tests/test_translations.py
fails until somebody has written it.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("config", "foundation", "shop", "recommend", "inventory", "risk", "support", "templates")
LAZY = {
    "gettext_lazy": None,
    "gettext_noop": None,
    "_lazy": None,
    "pgettext_lazy": DEFAULT_KEYWORDS["pgettext"],
    "ngettext_lazy": DEFAULT_KEYWORDS["ngettext"],
    "npgettext_lazy": DEFAULT_KEYWORDS["npgettext"],
}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY}
Text = tuple[str | tuple[str, ...], str | None, str]
"""What is translated, its context, and the file and line where it stands."""


def _texts_of(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # One call a line, indented as the page was; Python's reader wants no indentation.
        source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
    found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
    for line, message, _, context in found:
        if message:
            yield message, context, f"{path.relative_to(ROOT)}:{line}"


def texts() -> Iterator[Text]:
    """Every text that is translated, file by file."""
    if not settings.configured:
        settings.configure()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield from _texts_of(path)


def update(catalogue: Catalog) -> int:
    """Add what is missing; return the number of texts without a translation."""
    for message, context, _ in texts():
        if catalogue.get(message, context) is None:
            catalogue.add(message, context=context)
    return sum(not all(translations(one)) for one in catalogue if one.id)


def translations(message: Message) -> list[str]:
    """What stands for a text: one string, or one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def main() -> None:
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        source = path.read_bytes()
        catalogue = read_po(io.BytesIO(source), abort_invalid=True)
        empty = update(catalogue)
        with path.open("wb") as file:
            # The header stays as it is: Babel would fill it with placeholders and dates.
            file.write(source[: source.index(b"\n\n") + 2])
            write_po(file, catalogue, width=100, omit_header=True)
        print(f"{path.relative_to(ROOT)}: {empty} texts without a translation")


if __name__ == "__main__":
    main()
