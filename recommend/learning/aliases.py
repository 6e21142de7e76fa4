"""What people call things and need them for: ``aliases.tsv``, ``needs.tsv``, by catalogue keys.

Keys are ``d:`` and a department's slug, ``c:`` and a category's, ``t:`` and a type's English
name, ``p:`` and a product's slug. *Names* are other words for the thing; *needs* are what it is
for, which are compared by meaning alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Alias:
    names: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@lru_cache
def load_aliases() -> dict[str, Alias]:
    """Read the table once.

    >>> "sneakers" in load_aliases()["d:sports-shoes"].names
    True
    """
    found = {}
    for key, *columns in _lines("aliases.tsv"):
        english, chinese, needs, zh_needs = (*columns, *[""] * (4 - len(columns)))
        found[key] = Alias(_parts(english) + _parts(chinese), _parts(needs) + _parts(zh_needs))
    for key, needs, zh_needs in _lines("needs.tsv"):
        known = found.get(key, Alias())
        found[key] = Alias(known.names, known.needs + _parts(needs) + _parts(zh_needs))
    return found


def _lines(file: str) -> Iterator[list[str]]:
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
