"""The departments written by hand, which begin with no sales at all."""

from itertools import product as combinations

from shop.demo.coldstart import ColdProduct, load_coldstart
from shop.demo.context import ImportContext
from shop.demo.steps import Progress
from shop.models import Category, Department, Product, Variant


def load_hand_written(context: ImportContext, progress: Progress) -> dict:
    """One page per product of the files; the combinations of its options are the variants."""
    pages, variants = [], []
    for position, department in enumerate(load_coldstart()):
        parent = Department.objects.create(
            slug=department.slug,
            name_en=department.name.en,
            name_zh=department.name.zh,
            icon=department.icon,
            position=position,
        )
        for place, group in enumerate(department.categories):
            category = Category.objects.create(
                department=parent,
                slug=group.slug,
                name_en=group.name.en,
                name_zh=group.name.zh,
                icon=group.icon,
                position=place,
            )
            for item in group.products:
                page = _page(category, item)
                pages.append(page)
                variants += _variants(page, item)
    Product.objects.bulk_create(pages, batch_size=500)
    Variant.objects.bulk_create(variants, batch_size=500)
    return {"pages": len(pages), "variants": len(variants)}


def _page(category: Category, item: ColdProduct) -> Product:
    return Product(
        category=category,
        slug=item.slug,
        title_en=item.title.en,
        title_zh=item.title.zh,
        description_en=item.description.en,
        description_zh=item.description.zh,
        brand_en=item.brand.en,
        brand_zh=item.brand.zh,
        icon=item.icon,
        attributes=[
            {"key": key, "name": name, "value": value} for key, name, value in item.attributes
        ],
        source=Product.Source.HAND_WRITTEN,
        min_price=item.price,
    )


def _variants(page: Product, item: ColdProduct) -> list[Variant]:
    """The SKU tells product and place among the combinations, so it stays as long as they do."""
    rows = []
    for number, choice in enumerate(combinations(*item.options.values()), start=1):
        options = dict(zip(item.options, choice, strict=True))
        rows.append(
            Variant(
                product=page,
                sku=f"HW-{item.slug[:50]}-{number}",
                label_en=", ".join(value["en"] for value in options.values()),
                label_zh="，".join(value["zh"] for value in options.values()),
                options=options,
                price=item.price,
                position=number - 1,
            )
        )
    return rows
