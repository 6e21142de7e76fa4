"""Published reviews of a product and who may write one."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, Prefetch, QuerySet

from shop.models import Customer, Product, Review, ReviewPhoto
from shop.services.reviews import has_bought


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram; ``percent`` is a share of all published ratings, 0 to 100."""

    stars: int
    count: int
    percent: int
    photos: int


def published(product: Product, *, photos: bool = True) -> QuerySet[Review]:
    """Published reviews; without ``photos`` they are known to have none, and nobody asks."""
    shown = Review.objects.filter(product=product, state=Review.State.APPROVED)
    rows = ReviewPhoto.objects.all() if photos else ReviewPhoto.objects.none()
    return shown.select_related("customer").prefetch_related(Prefetch("photos", rows))


def photo_for(
    key: UUID, *, customer: Customer | None, user: AbstractBaseUser | AnonymousUser
) -> ReviewPhoto | None:
    """The picture, if this reader may see it: published, their own, or theirs to moderate."""
    photo = ReviewPhoto.objects.select_related("review__customer").filter(key=key).first()
    if photo is None or photo.review.state == Review.State.APPROVED:
        return photo
    # ``customer`` may be lazy; compared as a row, nobody is no author.
    own = photo.review.customer == customer
    return photo if own or user.has_perm("shop.view_review") else None  # type: ignore[union-attr]


def histogram(product: Product) -> list[Bar]:
    """Published ratings by stars, five first."""
    rows = (
        published(product)
        .order_by()
        .values("rating")
        .annotate(n=Count("pk", distinct=True), pictures=Count("photos"))
    )
    found = {row["rating"]: (row["n"], row["pictures"]) for row in rows}
    total = sum(count for count, _photos in found.values())
    bars = []
    for stars in range(5, 0, -1):
        count, photos = found.get(stars, (0, 0))
        bars.append(Bar(stars, count, round(100 * count / total) if total else 0, photos))
    return bars


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
