"""Reviews by verified buyers, shown once a member of staff approves them."""

from collections.abc import Sequence

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count

from shop import events
from shop.models import Customer, Event, Order, OrderLine, Product, Review, ReviewPhoto
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.services.photos import reencoded
from shop.signals import review_posted

MOST_PHOTOS = 3


def has_bought(customer: Customer, product: Product) -> bool:
    return (
        OrderLine.objects.filter(order__customer=customer, variant__product=product)
        .exclude(order__status=Order.Status.CANCELLED)
        .exists()
    )


def post(
    *,
    customer: Customer,
    product: Product,
    rating: int,
    title: str,
    body: str,
    language: str,
    visitor: str = "",
    photos: Sequence[File] = (),
) -> Review:
    """Write a review that waits for moderation. ``rating`` is 1 to 5."""
    if not 1 <= rating <= 5:
        raise Refused(RefusalCode.INVALID_INPUT)
    if not has_bought(customer, product):
        raise Refused(RefusalCode.NOT_BOUGHT)
    if len(photos) > MOST_PHOTOS:
        raise Refused(RefusalCode.TOO_MANY_PICTURES, maximum=MOST_PHOTOS)
    pictures = [reencoded(photo) for photo in photos]
    try:
        with transaction.atomic():
            review = Review.objects.create(
                product=product,
                customer=customer,
                rating=rating,
                title=title,
                body=body,
                language=language,
            )
            for picture in pictures:
                photo = ReviewPhoto(review=review)
                photo.file.save("", picture, save=True)
            review_posted.send(sender=Review, review=review)
    except IntegrityError as error:
        raise Refused(RefusalCode.ALREADY_REVIEWED) from error
    who = consent.trace_of(customer, visitor)
    events.record(
        Event.Kind.REVIEW,
        visitor=who.visitor,
        customer_id=who.customer_id,
        product_id=product.pk,
        data={"rating": rating},
    )
    return review


@transaction.atomic
def moderate(*, review: Review, approve: bool) -> None:
    """Publish or reject a review and bring the product's rating up to date."""
    # The lock keeps two decisions about one product from writing each other's old figures.
    Product.objects.select_for_update().get(pk=review.product_id)
    review.state = Review.State.APPROVED if approve else Review.State.REJECTED
    review.save(update_fields=["state", "updated_at"])
    refresh_ratings([review.product_id])


def refresh_ratings(product_ids: list[int]) -> None:
    """Recompute the products' mean and number of published ratings."""
    figures = {
        row["product"]: row
        for row in Review.objects.filter(product__in=product_ids, state=Review.State.APPROVED)
        .values("product")
        .annotate(mean=Avg("rating"), n=Count("pk"))
    }
    products = list(Product.objects.filter(pk__in=product_ids))
    for product in products:
        row = figures.get(product.pk)
        product.rating_mean = row["mean"] if row else None
        product.rating_count = row["n"] if row else 0
    Product.objects.bulk_update(products, ["rating_mean", "rating_count"], batch_size=500)
