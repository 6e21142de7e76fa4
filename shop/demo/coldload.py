"""The hand-written departments and the sample reviews."""

from itertools import product as combinations

import numpy as np
from django.db.models import Max

from shop.demo.coldstart import load_coldstart
from shop.demo.importer import ImportContext, slug_of
from shop.demo.reviews import SAMPLES
from shop.demo.steps import Progress
from shop.models import Category, Department, OrderLine, Product, Review, Variant
from shop.services.reviews import refresh_ratings

REVIEWED = 400


def load_hand_written(context: ImportContext, progress: Progress) -> dict:
    """Departments that start with no sales at all; colour and size make the variants."""
    pages, variants = [], []
    for position, department in enumerate(load_coldstart()):
        parent = Department.objects.create(
            slug=department.slug,
            name_en=department.name.en,
            name_zh=department.name.zh,
            icon=department.icon,
            position=position,
        )
        for group in department.categories:
            category = Category.objects.create(
                department=parent,
                slug=group.slug,
                name_en=group.name.en,
                name_zh=group.name.zh,
                icon=group.icon,
            )
            for item in group.products:
                page = Product(
                    category=category,
                    slug=slug_of(item.title.en),
                    title_en=item.title.en,
                    title_zh=item.title.zh,
                    description_en=item.description.en,
                    description_zh=item.description.zh,
                    brand_en=item.brand.en,
                    brand_zh=item.brand.zh,
                    attributes=[
                        {"key": key, "name": name, "value": value}
                        for key, name, value in item.attributes
                    ],
                    source=Product.Source.HAND_WRITTEN,
                    min_price=item.price,
                )
                pages.append(page)
                variants += _variants(page, item)
    Product.objects.bulk_create(pages, batch_size=500)
    Variant.objects.bulk_create(variants, batch_size=500)
    return {"pages": len(pages), "variants": len(variants)}


def _variants(page: Product, item) -> list[Variant]:
    result = []
    for number, choice in enumerate(combinations(*item.options.values())):
        options = dict(zip(item.options, choice, strict=True))
        result.append(
            Variant(
                product=page,
                sku=f"HW-{page.slug[:50]}-{number + 1}",
                label_en=", ".join(value["en"] for value in options.values()),
                label_zh="，".join(value["zh"] for value in options.values()),
                options=options,
                price=item.price,
                position=number,
            )
        )
    return result


def load_reviews(context: ImportContext, progress: Progress) -> dict:
    """Sample reviews, marked as such, by customers who bought the product."""
    random = np.random.default_rng(7)
    popular = Product.objects.filter(source=Product.Source.COMPLETE_JOURNEY).order_by(
        "-units_sold", "pk"
    )[:REVIEWED]
    ids = [row.pk for row in popular]
    # A handful of buyers per product is enough; the newest lines are the cheapest to find.
    start = (OrderLine.objects.aggregate(n=Max("pk"))["n"] or 0) - 250_000
    buyers: dict[int, list[tuple[int, str]]] = {}
    rows = OrderLine.objects.filter(pk__gt=start, variant__product__in=ids).values_list(
        "variant__product_id", "order__customer_id", "order__customer__language", "order__placed_at"
    )
    newest = {}
    for product_id, customer_id, language, at in rows.iterator(chunk_size=20_000):
        people = buyers.setdefault(product_id, [])
        if len(people) < 12 and (customer_id, language) not in people:
            people.append((customer_id, language))
            newest[product_id, customer_id] = at
    reviews = []
    for product_id in ids:
        people = buyers.get(product_id, [])
        for customer_id, language in people[: int(random.integers(0, 6))]:
            rating = int(random.choice([5, 5, 5, 4, 4, 4, 3, 3, 2, 1]))
            texts = SAMPLES[language[:2]][rating]
            title, body = texts[int(random.integers(len(texts)))]
            waiting = random.random() < 0.05
            reviews.append(
                Review(
                    product_id=product_id,
                    customer_id=customer_id,
                    rating=rating,
                    title=title,
                    body=body,
                    language=language,
                    state=Review.State.PENDING if waiting else Review.State.APPROVED,
                    is_sample=True,
                )
            )
    Review.objects.bulk_create(reviews, batch_size=500)
    refresh_ratings(ids)
    return {"reviews": len(reviews)}
