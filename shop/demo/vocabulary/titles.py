"""Titles of product pages, and which products share a page.

A page is all products with the same type, brand and size, so the same title: the data set tells
flavours and colours apart only by number, and these become the variants of the page.
"""

import re
import unicodedata

from shop.demo.vocabulary.brands import brand_name
from shop.demo.vocabulary.sizes import sold_size
from shop.demo.vocabulary.tables import Vocabulary, Words, load_vocabulary

Title = Words


def page_title(name: Words, brand: Words, size: Words | None = None) -> Title:
    """Put a title together: type, brand and, where there is one, size.

    >>> page_title(Words("White milk", "纯牛奶"), Words("Maple Hollow", "枫叶谷")).zh
    '纯牛奶 (枫叶谷)'
    """
    en = f"{name.en}, {brand.en}" + (f", {size.en}" if size else "")
    zh = f"{name.zh} ({brand.zh})" + (f" {size.zh}" if size else "")
    return Title(en, zh)


def compose_title(
    vocabulary: Vocabulary,
    *,
    product_type: str,
    category: str,
    manufacturer_id: int | str,
    brand: str | None,
    package_size: str | None,
) -> Title:
    """Title of the page of a product. KeyError for a type that is not in the shop."""
    department = vocabulary.categories[category].department_source
    return page_title(
        vocabulary.types[category, product_type],
        brand_name(manufacturer_id, brand),
        sold_size(department, category, product_type, package_size),
    )


def slug_for(title: Title) -> str:
    """Slug of an English title. Keeps decimal points apart: 6.75 oz is not 67.5 oz.

    >>> slug_for(Title("Juice boxes, Store brand, 6.75 oz", ""))
    'juice-boxes-store-brand-6p75-oz'
    """
    text = unicodedata.normalize("NFKD", title.en).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"(?<=\d)\.(?=\d)", "p", text).replace("'", "").replace("%", "-percent")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def page_key(
    product_type: str,
    category: str,
    manufacturer_id: int | str,
    brand: str | None,
    package_size: str | None,
) -> str:
    """Key of a product's page, fit to be its slug: the same for products of the same title."""
    return slug_for(
        compose_title(
            load_vocabulary(),
            product_type=product_type,
            category=category,
            manufacturer_id=manufacturer_id,
            brand=brand,
            package_size=package_size,
        )
    )
