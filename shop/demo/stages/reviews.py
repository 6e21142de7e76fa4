"""Sample reviews, marked as such, by customers who bought the product."""

from datetime import datetime, timedelta

import numpy as np
from django.db.models import Max
from django.utils import timezone

from shop.demo.context import ImportContext
from shop.demo.reviews import samples
from shop.demo.steps import Progress
from shop.models import OrderLine, Product, Review
from shop.services.reviews import refresh_ratings

REVIEWED = 240
MOST = 5
RECENT_LINES = 250_000
RATINGS = [5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 1]
PENDING_SHARE = 0.05


def load_reviews(context: ImportContext, progress: Progress) -> dict:
    """A few reviews for what sells most, some of them waiting for a moderator."""
    random = np.random.default_rng(7)
    popular = list(
        Product.objects.filter(source=Product.Source.COMPLETE_JOURNEY).order_by(
            "-units_sold", "pk"
        )[:REVIEWED]
    )
    buyers = _buyers([page.pk for page in popular])
    reviews, written = [], []
    for page in popular:
        people = buyers.get(page.pk, [])
        for customer_id, language, bought in people[: int(random.integers(0, MOST + 1))]:
            rating = int(random.choice(RATINGS))
            texts = samples(language, rating)
            title, body = texts[int(random.integers(len(texts)))]
            state = Review.State.APPROVED
            if random.random() < PENDING_SHARE:
                state = Review.State.PENDING
            reviews.append(
                Review(
                    product=page,
                    customer_id=customer_id,
                    rating=rating,
                    title=title,
                    body=body,
                    language=language,
                    state=state,
                    is_sample=True,
                )
            )
            days = float(random.uniform(1, 12))
            written.append(min(bought + timedelta(days=days), timezone.now()))
    Review.objects.bulk_create(reviews, batch_size=500)
    for review, at in zip(reviews, written, strict=True):
        review.created_at = at
    Review.objects.bulk_update(reviews, ["created_at"], batch_size=200)
    refresh_ratings([page.pk for page in popular])
    waiting = sum(review.state == Review.State.PENDING for review in reviews)
    return {"reviews": len(reviews), "waiting for moderation": waiting}


def _buyers(product_ids: list[int]) -> dict[int, list[tuple[int, str, datetime]]]:
    """Up to ``MOST`` different recent buyers of each product: customer, language, when."""
    # The newest lines are enough to find a handful, and the cheapest to read.
    newest = OrderLine.objects.aggregate(top=Max("pk"))["top"] or 0
    rows = (
        OrderLine.objects.filter(pk__gt=newest - RECENT_LINES, variant__product__in=product_ids)
        .order_by("pk")
        .values_list(
            "variant__product_id",
            "order__customer_id",
            "order__customer__language",
            "order__placed_at",
        )
    )
    found: dict[int, dict[int, tuple[int, str, datetime]]] = {}
    for product_id, customer_id, language, at in rows.iterator(chunk_size=20_000):
        people = found.setdefault(product_id, {})
        if len(people) < MOST and customer_id not in people:
            people[customer_id] = (customer_id, language, at)
    return {product_id: list(people.values()) for product_id, people in found.items()}
