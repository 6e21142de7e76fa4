"""The hand-written catalogue: departments whose products have no sales yet.

One YAML file per department lies beside this module; the files' names give the order. Everything
is read, checked and kept once per process. Plain Python on purpose, so that scripts and tests can
read the catalogue without the shop's settings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import yaml

# The C parser is about ten times as fast; some builds of PyYAML come without it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_VARIANTS = 12
"""Most combinations of options one product may have; more would drown its page."""

ATTRIBUTE_NAMES: dict[str, dict[str, str]] = {
    "colour": {"en": "Colour", "zh": "颜色"},
    "size": {"en": "Size", "zh": "尺码"},
    "material": {"en": "Material", "zh": "材质"},
    "weight": {"en": "Weight", "zh": "重量"},
    "capacity": {"en": "Capacity", "zh": "容量"},
    "power": {"en": "Power", "zh": "功率"},
    "waterproof": {"en": "Water protection", "zh": "防水性能"},
    "drop": {"en": "Heel drop", "zh": "前后掌落差"},
    "sole": {"en": "Outsole", "zh": "鞋底"},
    "closure": {"en": "Closure", "zh": "闭合方式"},
    "surface": {"en": "Surface", "zh": "适用场地"},
    "age": {"en": "Age", "zh": "适用年龄"},
    "temperature": {"en": "Comfort temperature", "zh": "舒适温标"},
    "people": {"en": "Sleeps", "zh": "适用人数"},
    "season": {"en": "Season", "zh": "适用季节"},
    "fill": {"en": "Filling", "zh": "填充物"},
    "brightness": {"en": "Brightness", "zh": "亮度"},
    "light": {"en": "Light colour", "zh": "光色"},
    "runtime": {"en": "Run time", "zh": "续航时间"},
    "battery": {"en": "Battery", "zh": "电池"},
    "charging": {"en": "Charging", "zh": "充电方式"},
    "connection": {"en": "Connection", "zh": "连接方式"},
    "ports": {"en": "Ports", "zh": "接口"},
    "length": {"en": "Length", "zh": "长度"},
    "width": {"en": "Width", "zh": "宽度"},
    "diameter": {"en": "Diameter", "zh": "直径"},
    "dimensions": {"en": "Dimensions", "zh": "尺寸"},
    "packed": {"en": "Packed size", "zh": "收纳尺寸"},
    "load": {"en": "Load limit", "zh": "最大承重"},
    "pieces": {"en": "Pieces", "zh": "件数"},
    "display": {"en": "Display", "zh": "屏幕"},
    "resolution": {"en": "Resolution", "zh": "分辨率"},
    "switch": {"en": "Switches", "zh": "轴体"},
    "layout": {"en": "Layout", "zh": "键盘配列"},
    "driver": {"en": "Driver", "zh": "发声单元"},
    "strength": {"en": "Breaking strength", "zh": "断裂强度"},
    "standard": {"en": "Safety standard", "zh": "安全标准"},
    "speed": {"en": "Speed", "zh": "速度"},
    "fits": {"en": "Fits", "zh": "适用机型"},
}
"""What each attribute is called on the page; a key that is not here is refused as a misprint."""

_CODE_POINTS = re.compile(r"[0-9A-F]{4,5}(-[0-9A-F]{4,5})*")
_AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Text:
    """The same words in both of the shop's languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class ColdProduct:
    """One product page.

    ``options`` are the attributes a customer chooses from (their combinations are the variants),
    ``attributes`` the fixed ones as (key, name, value). Names and values are plain dictionaries
    because that is what goes into the database's JSON columns; treat them as read-only.
    ``icon`` is empty where the category's icon serves.
    """

    slug: str
    title: Text
    brand: Text
    price: Decimal
    description: Text
    icon: str
    options: dict[str, tuple[dict[str, str], ...]]
    attributes: tuple[tuple[str, dict[str, str], dict[str, str]], ...]

    @property
    def variant_count(self) -> int:
        """How many variants the options make; one when there is nothing to choose."""
        return prod(len(values) for values in self.options.values())


@dataclass(frozen=True)
class ColdCategory:
    """A category with its products, in the file's order."""

    slug: str
    name: Text
    icon: str
    products: tuple[ColdProduct, ...]


@dataclass(frozen=True)
class ColdDepartment:
    """A department with its categories, in the file's order."""

    slug: str
    name: Text
    icon: str
    categories: tuple[ColdCategory, ...]

    @property
    def products(self) -> Iterator[ColdProduct]:
        """All products of the department's categories."""
        return (product for category in self.categories for product in category.products)


@lru_cache(maxsize=2)
def load_coldstart(folder: Path | None = None) -> tuple[ColdDepartment, ...]:
    """Return the departments in ``folder`` (this module's own by default), checked.

    Raises ValueError, naming the file and the slug, for a missing field, a duplicate, a price
    that is none, or anything else that is not as it should be.
    """
    seen: dict[tuple[str, str], str] = {}
    paths = sorted((folder or Path(__file__).parent).glob("*.yaml"))
    return tuple(_department(path, seen) for path in paths)


class _Place:
    """Where in the files we are, so that every complaint can say it."""

    def __init__(self, file: str, slug: str, seen: dict[tuple[str, str], str]) -> None:
        self.file = file
        self.slug = slug
        self.seen = seen

    def at(self, slug: str) -> "_Place":
        return _Place(self.file, slug, self.seen)

    def error(self, message: str) -> ValueError:
        return ValueError(f"{self.file}: {self.slug}: {message}")

    def field(self, raw: Any, key: str) -> Any:
        """Return the field ``key`` of a mapping; an empty one counts as missing."""
        if not isinstance(raw, dict):
            raise self.error(f"a mapping with the field '{key}' was expected")
        value = raw.get(key)
        if value in (None, "", [], {}):
            raise self.error(f"the field '{key}' is missing")
        return value

    def texts(self, raw: Any, what: str) -> dict[str, str]:
        """Return both languages' words; ``what`` names the field in a complaint."""
        words = {}
        for language in ("en", "zh"):
            word = raw.get(language) if isinstance(raw, dict) else None
            if not isinstance(word, str) or not word.strip():
                raise self.error(f"the field '{what}.{language}' is missing or is not text")
            words[language] = word
        return words

    def text(self, raw: Any, key: str) -> Text:
        return Text(**self.texts(self.field(raw, key), key))

    def icon(self, value: Any) -> str:
        if not isinstance(value, str) or not _CODE_POINTS.fullmatch(value):
            raise self.error(f"the icon {value!r} is not a quoted hexadecimal code point")
        return value

    def once(self, kind: str, value: str) -> None:
        """Refuse a value that was used before, in this file or in an earlier one."""
        if (kind, value) in self.seen:
            raise self.error(f"duplicate {kind} '{value}', first in {self.seen[kind, value]}")
        self.seen[kind, value] = f"{self.file}: {self.slug}"


def _slug(place: _Place, raw: Any, kind: str) -> _Place:
    """Check the slug of ``raw`` and return the place it makes."""
    slug = place.field(raw, "slug")
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise place.error(f"{slug!r} is not a slug")
    here = place.at(slug)
    here.once(f"{kind} slug", slug)
    return here


def _department(path: Path, seen: dict[tuple[str, str], str]) -> ColdDepartment:
    place = _Place(path.name, "(top)", seen)
    try:
        with path.open("rb") as stream:
            # Both loaders that _Loader may be are the safe ones.
            raw = yaml.load(stream, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise place.error(f"is not YAML: {error}") from error
    head = place.field(raw, "department")
    here = _slug(place, head, "department")
    return ColdDepartment(
        slug=here.slug,
        name=Text(**here.texts(head, "department")),
        icon=here.icon(here.field(head, "icon")),
        categories=tuple(_category(here, entry) for entry in here.field(raw, "categories")),
    )


def _category(place: _Place, raw: Any) -> ColdCategory:
    here = _slug(place, raw, "category")
    return ColdCategory(
        slug=here.slug,
        name=Text(**here.texts(raw, "name")),
        icon=here.icon(here.field(raw, "icon")),
        products=tuple(_product(here, entry) for entry in here.field(raw, "products")),
    )


def _product(place: _Place, raw: Any) -> ColdProduct:
    here = _slug(place, raw, "product")
    title = here.text(raw, "title")
    here.once("English title", title.en)
    here.once("Chinese title", title.zh)
    options, attributes = _attributes(here, raw.get("attributes") or {})
    product = ColdProduct(
        slug=here.slug,
        title=title,
        brand=here.text(raw, "brand"),
        price=_price(here, here.field(raw, "price")),
        description=here.text(raw, "description"),
        icon=here.icon(raw["icon"]) if "icon" in raw else "",
        options=options,
        attributes=attributes,
    )
    if product.variant_count > MAX_VARIANTS:
        raise here.error(f"{product.variant_count} variants, at most {MAX_VARIANTS} are allowed")
    return product


def _price(place: _Place, value: Any) -> Decimal:
    # Unquoted, YAML would make a float of it: 79.90 would come out as something close to it.
    if not isinstance(value, str):
        raise place.error(f"the price {value!r} must be in quotes")
    if not _AMOUNT.fullmatch(value) or not (price := Decimal(value)):
        raise place.error(f"the price {value!r} is not a positive amount in cents")
    return price


def _attributes(
    place: _Place, raw: Any
) -> tuple[
    dict[str, tuple[dict[str, str], ...]], tuple[tuple[str, dict[str, str], dict[str, str]], ...]
]:
    """Split the attributes into options (lists) and fixed ones (everything else)."""
    if not isinstance(raw, dict):
        raise place.error("the field 'attributes' is not a mapping")
    options, fixed = {}, []
    for key, value in raw.items():
        if key not in ATTRIBUTE_NAMES:
            raise place.error(f"unknown attribute '{key}'")
        if not isinstance(value, list):
            fixed.append((key, ATTRIBUTE_NAMES[key], place.texts(value, key)))
            continue
        choices = tuple(place.texts(choice, key) for choice in value)
        labels = {(choice["en"], choice["zh"]) for choice in choices}
        if not choices or len(labels) < len(choices):
            raise place.error(f"the choices of '{key}' are empty or repeat")
        options[key] = choices
    return options, tuple(fixed)
