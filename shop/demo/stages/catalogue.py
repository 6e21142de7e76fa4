"""Sales channels, departments, categories, one page per title, one variant per source product."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from shop.demo.context import ImportContext
from shop.demo.source import Source
from shop.demo.steps import Progress
from shop.demo.vocabulary import (
    Title,
    brand_name,
    compose_title,
    describe,
    load_vocabulary,
    slug_for,
    sold_size,
)
from shop.models import Category, Channel, Department, Product, Variant

HAND_WRITTEN_FIRST = 10
"""Departments of the data set come after those written by hand."""
RECENT_WEEKS = 4


def load_channels(context: ImportContext, progress: Progress) -> dict:
    """The online shop and the largest stores, largest first."""
    rows = [Channel(code="online", kind="online", name_en="Online shop", name_zh="网上商店")]
    for number, store in enumerate(dict.fromkeys(context.data().stores.values()), start=1):
        rows.append(
            Channel(
                code=f"store-{number}",
                kind=Channel.Kind.STORE,
                name_en=f"Store {number}",
                name_zh=f"{number} 号门店",
                source_store_id=store,
                position=number,
            )
        )
    Channel.objects.bulk_create(rows)
    return {"channels": len(rows)}


@dataclass(frozen=True)
class Figures:
    """What was sold, by source product: units in all, units of the last weeks, price in cents."""

    units: pd.Series
    recent: pd.Series
    prices: dict[int, int]

    def price(self, product_id: int) -> Decimal:
        return Decimal(self.prices[product_id]) / 100


def load_catalogue(context: ImportContext, progress: Progress) -> dict:
    """Departments, categories, pages and variants, with the figures that lists are sorted by."""
    source = context.data()
    categories = _categories()
    pages, members = _pages(source, categories)
    newest = source.lines["week"].max()
    recent = source.lines[source.lines["week"] > newest - RECENT_WEEKS]
    figures = Figures(
        units=source.lines.groupby("product_id")["quantity"].sum(),
        recent=recent.groupby("product_id")["quantity"].sum(),
        prices=source.prices,
    )
    variants = []
    for slug, ids in members.items():
        page = pages[slug]
        page.units_sold = int(figures.units.reindex(ids).fillna(0).sum())
        page.recent_units = int(figures.recent.reindex(ids).fillna(0).sum())
        page.min_price = min(figures.price(pk) for pk in ids)
        variants += _variants(page, ids, figures)
    Product.objects.bulk_create(pages.values(), batch_size=500)
    Variant.objects.bulk_create(variants, batch_size=500)
    return {"pages": len(pages), "variants": len(variants)}


def _categories() -> dict[str, Category]:
    """Departments and categories of the vocabulary; categories by the data set's name."""
    vocabulary = load_vocabulary()
    departments = {
        row["slug"]: Department.objects.create(
            slug=row["slug"],
            name_en=row["en"],
            name_zh=row["zh"],
            icon=row["icon"],
            position=HAND_WRITTEN_FIRST + position,
        )
        for position, row in enumerate(vocabulary.departments)
    }
    return {
        code: Category.objects.create(
            department=departments[words.department],
            slug=words.slug,
            name_en=words.en,
            name_zh=words.zh,
            icon=words.icon,
            age_gated=words.age_gated,
        )
        for code, words in vocabulary.categories.items()
    }


def _pages(
    source: Source, categories: dict[str, Category]
) -> tuple[dict[str, Product], dict[str, list[int]]]:
    """Pages by slug, and which source products each one holds."""
    pages: dict[str, Product] = {}
    members: dict[str, list[int]] = {}
    for row in source.products.itertuples():
        title = compose_title(
            load_vocabulary(),
            product_type=row.product_type,
            category=row.product_category,
            manufacturer_id=row.manufacturer_id,
            brand=row.brand,
            package_size=row.package_size,
        )
        slug = slug_for(title)
        members.setdefault(slug, []).append(row.product_id)
        if slug not in pages:
            pages[slug] = _page(row, title, slug, categories[row.product_category])
    return pages, members


def _page(row: Any, title: Title, slug: str, category: Category) -> Product:
    """The page of a row of the source's products."""
    vocabulary = load_vocabulary()
    kind = (row.product_category, row.product_type)
    words = vocabulary.categories[row.product_category]
    brand = brand_name(row.manufacturer_id, row.brand)
    size = sold_size(words.department_source, *kind, row.package_size)
    text = describe(vocabulary.types[kind], words, brand, size)
    return Product(
        category=category,
        slug=slug,
        title_en=title.en,
        title_zh=title.zh,
        description_en=text.en,
        description_zh=text.zh,
        brand_en=brand.en,
        brand_zh=brand.zh,
        size_en=size.en if size else "",
        size_zh=size.zh if size else "",
        product_type=row.product_type,
        icon=vocabulary.type_icons.get(kind, ""),
        source=Product.Source.COMPLETE_JOURNEY,
    )


def _variants(page: Product, ids: list[int], figures: Figures) -> list[Variant]:
    """The page's variants, what sells most first; one alone needs no label."""
    ranked = sorted(ids, key=lambda pk: (-figures.units.get(pk, 0), pk))
    several = len(ids) > 1
    return [
        Variant(
            product=page,
            sku=f"CJ-{pk}",
            source_product_id=pk,
            label_en=f"Variety {number}" if several else "",
            label_zh=f"款式 {number}" if several else "",
            price=figures.price(pk),
            position=number - 1,
        )
        for number, pk in enumerate(ranked, start=1)
    ]
