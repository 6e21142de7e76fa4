"""Published reviews of a product and who may write one."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from shop.models import Customer, Product, Review
from shop.services.reviews import has_bought


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram; ``percent`` is a share of all published ratings, 0 to 100."""

    stars: int
    count: int
    percent: int


def published(product: Product) -> QuerySet[Review]:
    return Review.objects.filter(product=product, state=Review.State.APPROVED).select_related(
        "customer"
    )


def histogram(product: Product) -> list[Bar]:
    """Published ratings by stars, five first."""
    rows = published(product).order_by().values("rating").annotate(n=Count("pk"))
    counts = {row["rating"]: row["n"] for row in rows}
    total = sum(counts.values())
    return [
        Bar(stars, counts.get(stars, 0), round(100 * counts.get(stars, 0) / total) if total else 0)
        for stars in range(5, 0, -1)
    ]


def of_customer(product: Product, customer: Customer | None) -> Review | None:
    """The customer's own review, whatever its state."""
    if customer is None:
        return None
    return Review.objects.filter(product=product, customer=customer).first()


def may_review(product: Product, customer: Customer | None) -> bool:
    """Whether the customer bought the product and has not reviewed it."""
    if customer is None or of_customer(product, customer):
        return False
    return has_bought(customer, product)


def display_name(customer: Customer) -> str:
    """What others read of a reviewer: a first name and an initial, never an e-mail address."""
    words = customer.name.split()
    if not words:
        return ""
    return words[0] if len(words) == 1 else f"{words[0]} {words[-1][0]}."
