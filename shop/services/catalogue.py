"""What keeps a product's own row in step with its variants."""

from django.db.models import Min

from shop.models import Product
from shop.models.base import ZERO


def refresh_min_price(*, product: Product) -> None:
    """Set the price that lists sort by to the least of the variants that are on sale."""
    active = product.variants.filter(is_active=True)
    product.min_price = active.aggregate(least=Min("price"))["least"] or ZERO
    product.save(update_fields=["min_price", "updated_at"])
