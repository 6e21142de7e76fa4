"""What risk learns of from the shop without being asked: money paid back."""

from django.db import transaction
from django.db.models.signals import post_save

from risk import memory
from shop.models import Refund


def _refund_saved(instance: Refund, created: bool, **kwargs: object) -> None:
    if created:
        transaction.on_commit(lambda: memory.refunded(instance), robust=True)


def connect() -> None:
    post_save.connect(_refund_saved, sender=Refund, dispatch_uid="risk-refund")
