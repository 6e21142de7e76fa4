"""Products side by side: a row per thing they can differ in."""

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.models import Product
from shop.selectors.catalogue import Card


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[str]

    @property
    def differs(self) -> bool:
        return len(set(self.cells)) > 1


@dataclass(frozen=True)
class Comparison:
    cards: list[Card]
    rows: list[Row]


def comparison(cards: list[Card]) -> Comparison:
    """Brand, size, category and every attribute that at least one of the products has."""
    products = [card.product for card in cards]
    rows = [
        Row(_("Brand"), [str(product.brand) for product in products]),
        Row(_("Size"), [str(product.size) for product in products]),
        Row(_("Category"), [str(product.category) for product in products]),
    ]
    names: dict[str, str] = {}
    for product in products:
        for attribute in attributes(product):
            names.setdefault(attribute.key, attribute.name)
    for key, name in names.items():
        cells = [
            next((entry.value for entry in attributes(product) if entry.key == key), "")
            for product in products
        ]
        rows.append(Row(name, cells))
    return Comparison(cards, [row for row in rows if any(row.cells)])


@dataclass(frozen=True)
class Attribute:
    key: str
    name: str
    value: str


def attributes(product: Product) -> list[Attribute]:
    """A product's attributes in the reader's language; entries that are not as agreed are skipped.

    Staff can edit them as JSON, so that anything may be in there.
    """
    raw = product.attributes if isinstance(product.attributes, list) else []
    return [
        Attribute(str(entry["key"]), local_text(entry["name"]), local_text(entry["value"]))
        for entry in raw
        if isinstance(entry, dict) and {"key", "name", "value"} <= entry.keys()
    ]


def local_text(words: object) -> str:
    """Pick a ``{"en", "zh"}`` text in the reader's language; any other value as it is."""
    if not isinstance(words, dict):
        return str(words)
    language = "zh" if (get_language() or "en").startswith("zh") else "en"
    return str(words.get(language) or words.get("en") or "")
