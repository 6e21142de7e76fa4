"""Words for the data set's codes: readable English and Chinese titles.

The data set names products by upper-case abbreviations cut at 30 characters and has no brand
names. ``departments.csv``, ``categories.csv`` and ``types.csv`` say them in plain words; the
brands are fictional, one for each maker. Pure Python, so that tables can be checked alone.
"""

from collections.abc import Iterable

from shop.demo.vocabulary.brands import STORE_BRAND, brand_name
from shop.demo.vocabulary.descriptions import describe
from shop.demo.vocabulary.sizes import format_size, sold_size
from shop.demo.vocabulary.tables import CategoryWords, Vocabulary, Words, load_vocabulary
from shop.demo.vocabulary.titles import Title, compose_title, page_key, page_title, slug_for

__all__ = [
    "STORE_BRAND",
    "CategoryWords",
    "Title",
    "Vocabulary",
    "Words",
    "brand_name",
    "brand_names",
    "compose_title",
    "describe",
    "description",
    "format_size",
    "load_vocabulary",
    "page_key",
    "page_title",
    "slug_for",
    "sold_size",
]

description = describe


def brand_names(manufacturers: Iterable[int]) -> dict[int, Words]:
    """Brands of many makers at once, as if none of them were the store's own."""
    return {maker: brand_name(maker, None) for maker in manufacturers}
