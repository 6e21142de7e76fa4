"""Small things templates need."""

from decimal import Decimal

from django import template
from django.utils import formats

register = template.Library()


@register.filter
def money(amount: Decimal | float | None) -> str:
    """Dollars and cents in the reader's number format."""
    if amount is None:
        return ""
    return f"${formats.number_format(amount, 2, force_grouping=True)}"


@register.filter
def stars(mean: float | None) -> str:
    """Five characters for a rating."""
    full = round(mean or 0)
    return "★" * full + "☆" * (5 - full)


@register.filter
def tint(key: int | None) -> str:
    """One of twelve background classes, always the same for the same key."""
    return f"tint-{(key or 0) % 12}"


@register.filter
def local(words: dict) -> str:
    """Pick a ``{"en", "zh"}`` text in the reader's language."""
    from django.utils.translation import get_language

    language = "zh" if (get_language() or "en").startswith("zh") else "en"
    return words.get(language) or words.get("en", "") if isinstance(words, dict) else str(words)


@register.filter
def at(mapping: dict, key: object) -> object:
    """``mapping[key]``, or None."""
    return mapping.get(key)
