"""What people call things: ``aliases.tsv``, by keys of the catalogue.

Keys are ``d:`` and a department's slug, ``c:`` and a category's, ``t:`` and a type's English
name, ``p:`` and a product's slug. *Names* are other words for the thing; *needs* are what it is
for, which are compared by meaning alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "aliases.tsv"


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
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        key, *columns = line.split("\t")
        english, chinese, needs, zh_needs = (*columns, *[""] * (4 - len(columns)))
        found[key] = Alias(_parts(english) + _parts(chinese), _parts(needs) + _parts(zh_needs))
    return found


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
