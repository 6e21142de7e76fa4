"""A keyed fingerprint of a card number: the same card is recognised, the number is not kept."""

import hashlib
import hmac
import re

from django.conf import settings


def digits_of(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def card_fingerprint(number: str) -> str:
    """HMAC-SHA-256 of the digits, in hex; empty for an empty number."""
    digits = digits_of(number)
    if not digits:
        return ""
    key = f"card:{settings.SECRET_KEY}".encode()
    return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest()
