"""The catalogue as search reads it: a document for each product, a group for what it belongs to."""

from recommend.learning.aliases import Alias, load_aliases
from recommend.learning.phrases import Group
from recommend.learning.text import Document, core_name
from recommend.models import SearchWords
from shop.models import Category, Department, Product

DEPARTMENT, CATEGORY, TYPE = 0.75, 0.9, 1.0
"""How much the name of a group says about one product in it."""


BESIDE = frozenset({"shoe-accessories"})
"""Categories whose things are not what their department is called: an insole is no sports shoe."""


def search_documents() -> tuple[list[Document], dict[str, Group]]:
    """Read every product, and every department, category, type and alias that has products."""
    groups: dict[str, Group] = {}
    words = search_words()
    for department in Department.objects.all():
        _add(
            groups,
            f"d:{department.slug}",
            (department.name_en, department.name_zh),
            DEPARTMENT,
            words,
        )
    for category in Category.objects.all():
        _add(groups, f"c:{category.slug}", (category.name_en, category.name_zh), CATEGORY, words)
    rows = Product.objects.select_related("category__department").order_by("pk")
    return [_document(product, groups, words) for product in rows], groups


def search_words() -> dict[str, Alias]:
    """What the shop ships with, and what staff have put in its place."""
    return load_aliases() | {
        row.key: Alias(
            _lines(row.names_en) + _lines(row.names_zh), _lines(row.needs_en) + _lines(row.needs_zh)
        )
        for row in SearchWords.objects.all()
    }


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.splitlines() if part.strip())


def _add(
    groups: dict[str, Group],
    key: str,
    names: tuple[str, ...],
    weight: float,
    words: dict[str, Alias],
) -> None:
    if key in groups:
        return
    alias = words.get(key)
    called = dict.fromkeys((*names, *(alias.names if alias else ())))
    groups[key] = Group(tuple(called), alias.needs if alias else (), weight)


def _document(product: Product, groups: dict[str, Group], words: dict[str, Alias]) -> Document:
    category, department = product.category, product.category.department
    details = " ".join(
        f"{item['value'].get('en', '')} {item['value'].get('zh', '')}"
        for item in product.attributes
        if isinstance(item, dict) and isinstance(item.get("value"), dict)
    )
    english = core_name(product.title_en, product.brand_en, product.size_en)
    chinese = core_name(product.title_zh, product.brand_zh, product.size_zh)
    beside = category.slug in BESIDE
    keys = [f"c:{category.slug}"] if beside else [f"d:{department.slug}", f"c:{category.slug}"]
    if product.product_type:
        keys.append(f"t:{english}")
        _add(groups, keys[-1], (english, chinese), TYPE, words)
    if f"p:{product.slug}" in words:
        keys.append(f"p:{product.slug}")
        _add(groups, keys[-1], (), TYPE, words)
    return Document(
        id=product.pk,
        names=(f"{english}, {category.name_en}", f"{chinese}, {category.name_zh}"),
        fields=(
            (3.0, f"{english} {chinese}"),
            (1.0, f"{product.title_en} {product.title_zh}"),
            (2.0, f"{category.name_en} {category.name_zh}"),
            (1.5, "" if beside else f"{department.name_en} {department.name_zh}"),
            (0.5, product.product_type),
            (0.4, f"{product.description_en} {product.description_zh}"),
            (0.4, details),
        ),
        popularity=float(product.recent_units),
        groups=tuple(keys),
    )
