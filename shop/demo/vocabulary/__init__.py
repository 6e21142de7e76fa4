"""Words for the data set's codes: readable English and Chinese titles.

The data set names products by upper-case abbreviations cut at 30 characters and has no brand
names. ``departments.csv``, ``categories.csv`` and ``types.csv`` say them in plain words; the
brands are fictional, one for each maker.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
STORE_BRAND = ("Store brand", "自有品牌")
# The two halves of a fictional brand; 30 times 26 pairs are more than the data set has makers.
FIRST = (
    "Maple 枫|Cedar 雪松|Amber 琥珀|North 北|Silver 银|Golden 金|Willow 柳|Birch 白桦|Harbor 港|Meadow 草甸|"
    "Copper 铜|Juniper 杜松|River 河|Stone 石|Clover 三叶草|Sunny 晴|Blue 蓝|Green 青|Autumn 秋|Winter 冬|"
    "Summer 夏|Orchard 果园|Prairie 原野|Lantern 灯笼|Pebble 卵石|Velvet 丝绒|Sparrow 雀|Heron 鹭|Fox 狐|Badger 獾"
)
SECOND = (
    "Hollow 谷|Ridge 岭|Brook 溪|Field 田|Mill 磨坊|Gate 门|Lane 巷|Hill 丘|Barn 仓|Bay 湾|Grove 林|Bridge 桥|"
    "House 屋|Wharf 码头|Farm 农庄|Creek 涧|Point 角|Garden 园|Kitchen 厨房|Pantry 食坊|Works 工坊|Crest 峰|"
    "Vale 川|Spring 泉|Table 餐桌|Trail 径"
)
UNITS = {
    "OZ": ("oz", "盎司"),
    "FZ": ("fl oz", "液盎司"),
    "LB": ("lb", "磅"),
    "CT": ("ct", "件"),
    "PK": ("pack", "件装"),
    "GA": ("gal", "加仑"),
    "GAL": ("gal", "加仑"),
    "QT": ("qt", "夸脱"),
    "PT": ("pt", "品脱"),
    "L": ("L", "升"),
    "LTR": ("L", "升"),
    "LITER": ("L", "升"),
    "ML": ("ml", "毫升"),
    "SQ FT": ("sq ft", "平方英尺"),
    "FT": ("ft", "英尺"),
    "ROLL": ("rolls", "卷"),
    "RL": ("rolls", "卷"),
    "DOZ": ("dozen", "打"),
    "G": ("g", "克"),
    "GM": ("g", "克"),
}


@dataclass(frozen=True)
class Words:
    en: str
    zh: str


@dataclass(frozen=True)
class CategoryWords:
    slug: str
    department: str
    en: str
    zh: str
    icon: str
    age_gated: bool


@dataclass(frozen=True)
class Vocabulary:
    """``departments`` in their order; ``categories`` by source; ``types`` by (category, type)."""

    departments: tuple[dict[str, str], ...]
    categories: dict[str, CategoryWords]
    types: dict[tuple[str, str], Words]


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache
def load_vocabulary() -> Vocabulary:
    """Read the tables once. What is not in them stays out of the shop: tobacco, lottery, cards."""
    return Vocabulary(
        departments=tuple(_rows("departments.csv")),
        categories={
            row["source"]: CategoryWords(
                row["slug"],
                row["department"],
                row["en"],
                row["zh"],
                row["icon"],
                row["age_gated"] == "1",
            )
            for row in _rows("categories.csv")
        },
        types={
            (row["category"], row["source"]): Words(row["en"], row["zh"])
            for row in _rows("types.csv")
        },
    )


def brand_names(manufacturers: Iterable[int]) -> dict[int, Words]:
    """Give every maker a fictional brand of its own, by rank, so that it is always the same."""
    pairs = [
        Words(f"{a_en} {b_en}", f"{a_zh}{b_zh}")
        for a_en, a_zh in (word.split() for word in FIRST.split("|"))
        for b_en, b_zh in (word.split() for word in SECOND.split("|"))
    ]
    ranked = sorted(set(manufacturers))
    if len(ranked) > len(pairs):
        raise ValueError(f"{len(ranked)} makers, but only {len(pairs)} brand names.")
    # 337 shares no factor with 780, so neighbours get different first words and none repeats.
    return {maker: pairs[rank * 337 % len(pairs)] for rank, maker in enumerate(ranked)}


def format_size(package_size: str | None) -> Words | None:
    """Say a package size in both languages; None for what cannot be read.

    >>> format_size("1 GA")
    Words(en='1 gal', zh='1 加仑')
    """
    if not isinstance(package_size, str):
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)?\s*([A-Z ]+?)", package_size.strip().upper())
    if match is None or match[2] not in UNITS:
        return None
    amount = (match[1] or "1").removesuffix(".0")
    amount = f"0{amount}" if amount.startswith(".") else amount
    en, zh = UNITS[match[2]]
    return Words(f"{amount} {en}", f"{amount} {zh}")


def page_title(name: Words, brand: Words, size: Words | None) -> Words:
    """Title of a product page: type, brand, size."""
    en = f"{name.en}, {brand.en}" + (f", {size.en}" if size else "")
    zh = f"{name.zh} ({brand.zh})" + (f" {size.zh}" if size else "")
    return Words(en, zh)


def description(name: Words, category: CategoryWords, brand: Words, size: Words | None) -> Words:
    """A short text that claims nothing the data set does not say."""
    pack_en = f" Pack: {size.en}." if size else ""
    pack_zh = f"规格：{size.zh}。" if size else ""
    if brand.en == STORE_BRAND[0]:
        return Words(
            f"{name.en} of our own brand, from {category.en.lower()}.{pack_en}",
            f"自有品牌{name.zh}，属于{category.zh}。{pack_zh}",
        )
    return Words(
        f"{name.en} by {brand.en}, from {category.en.lower()}.{pack_en} "
        "The brand name is fictional.",
        f"{brand.zh}出品的{name.zh}，属于{category.zh}。{pack_zh}品牌名称为虚构。",
    )
