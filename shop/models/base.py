"""Bilingual fields: one column per language, one property that follows the reader's language."""

from decimal import Decimal

from django.db import models
from django.utils.translation import get_language

ZERO = Decimal("0.00")


def money_field(**options) -> models.DecimalField:
    """Return the one column type for money: two decimals, dollars."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)


class Bilingual:
    """A property that reads ``<name>_zh`` for Chinese readers and ``<name>_en`` for all others."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> object:
        if instance is None:
            return self
        suffix = "zh" if (get_language() or "en").startswith("zh") else "en"
        return getattr(instance, f"{self.name}_{suffix}") or getattr(instance, f"{self.name}_en")


class Timestamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
