"""What every page shows and hardly ever changes, kept in the cache until it does.

A change in the admin forgets it at once (where the cache is Redis, for all processes); what is
changed past the models' signals is there after ``KEEP_SECONDS``.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from shop.models import Channel, Department, Product, Review, ReviewPhoto
from shop.selectors.reviews import Bar, histogram

DEPARTMENTS, CHANNELS = "kept-departments", "kept-channels"


def keep(key: str, make: Callable[[], Any]) -> Any:
    """Return what is kept under the key, or make it and keep it for ``KEEP_SECONDS``."""
    known = cache.get(key)
    if known is None:
        known = make()
        cache.set(key, known, settings.KEEP_SECONDS)
    return known


def departments() -> list[Department]:
    """All departments in the menu's order."""
    return keep(DEPARTMENTS, lambda: list(Department.objects.all()))


def channels() -> list[Channel]:
    """All sales channels in their order."""
    return keep(CHANNELS, lambda: list(Channel.objects.all()))


def bars(product: Product) -> list[Bar]:
    """The histogram of a product's ratings."""
    return keep(_bars(product.pk), lambda: histogram(product))


def _bars(product_id: int) -> str:
    return f"kept-bars-{product_id}"


def forget_with(model: type[Model], key: Callable[[Any], str]) -> None:
    """Forget a key whenever a row of the model is saved or deleted; the row says which."""

    def changed(instance: Model, **_kwargs: Any) -> None:
        name = key(instance)
        cache.delete(name)
        # Another request may have read the old rows before this transaction ends.
        transaction.on_commit(lambda: cache.delete(name))

    for signal in (post_save, post_delete):
        signal.connect(changed, sender=model, weak=False, dispatch_uid=f"kept.{model.__name__}")


def connect() -> None:
    """Forget what changes."""
    forget_with(Department, lambda _row: DEPARTMENTS)
    forget_with(Channel, lambda _row: CHANNELS)
    forget_with(Review, lambda review: _bars(review.product_id))
    forget_with(ReviewPhoto, lambda photo: _bars(photo.review.product_id))
