"""What a shopper has taken out of the history that recommendations are made from."""

from recommend.models import Forgotten
from shop.models import Customer, Product


def forget(*, customer: Customer | None, visitor: str, product: Product) -> None:
    """Leave a product's views and purchases out from the next page on. Twice is once."""
    who = {"customer": customer} if customer else {"customer": None, "visitor": visitor}
    Forgotten.objects.get_or_create(**who, product=product)


def forgotten(customer: Customer | None, visitor: str) -> frozenset[int]:
    """Return ids of the products that do not count for this shopper."""
    if customer is None and not visitor:
        return frozenset()
    rows = Forgotten.objects.filter(customer=customer)
    if customer is None:
        rows = rows.filter(visitor=visitor)
    return frozenset(rows.values_list("product_id", flat=True))
