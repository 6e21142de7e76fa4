"""Product data for search engines (schema.org, JSON-LD)."""

from collections.abc import Callable

from django.conf import settings

from shop.selectors.catalogue import ProductPage

IN_STOCK = "https://schema.org/InStock"
OUT_OF_STOCK = "https://schema.org/OutOfStock"


def product_data(page: ProductPage, absolute: Callable[[str], str]) -> dict:
    """Return the product as schema.org describes one; ``absolute`` makes a full address."""
    product = page.product
    data: dict = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": str(product.title),
        "url": absolute(product.get_absolute_url()),
        "category": str(product.category),
    }
    if product.description:
        data["description"] = str(product.description)
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": str(product.brand)}
    if product.rating_count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(product.rating_mean or 0, 2),
            "reviewCount": product.rating_count,
        }
    data["offers"] = [
        {
            "@type": "Offer",
            "sku": choice.variant.sku,
            "price": str(choice.offer.price),
            "priceCurrency": settings.CURRENCY,
            "availability": IN_STOCK if choice.offer.availability.in_stock else OUT_OF_STOCK,
        }
        for choice in page.choices
    ]
    return data
