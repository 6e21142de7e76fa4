"""What a shopper has taken out of the history that recommendations are made from."""

from django.db.models import QuerySet

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
    return frozenset(forgotten_rows(customer, visitor).values_list("product_id", flat=True))


def forgotten_rows(customer: Customer | None, visitor: str) -> QuerySet[Forgotten]:
    """The rows of :func:`forgotten`, for those who are known by one of the two."""
    rows = Forgotten.objects.filter(customer=customer)
    return rows if customer is not None else rows.filter(visitor=visitor)
