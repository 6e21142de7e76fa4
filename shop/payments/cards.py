"""What can be told about a card before anybody is asked for money."""

import re
from datetime import date

from shop.checkout.protocol import CardInput
from shop.payments.fingerprint import digits_of

EXPIRY = re.compile(r"^\s*(\d{1,2})\s*[/-]\s*(\d{2}|\d{4})\s*$", re.ASCII)
BRANDS = (("4", "Visa"), ("5", "Mastercard"), ("34", "Amex"), ("37", "Amex"), ("62", "UnionPay"))


def luhn_valid(number: str) -> bool:
    """Check the digit sum of ISO/IEC 7812-1.

    >>> luhn_valid("4242 4242 4242 4242"), luhn_valid("4242 4242 4242 4241")
    (True, False)
    """
    digits = digits_of(number)
    if not 12 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def expiry_of(text: str) -> date | None:
    """Return the first day of the month in ``MM/YY`` or ``MM/YYYY``; None when it is neither."""
    match = EXPIRY.match(text)
    if match is None:
        return None
    month, year = int(match[1]), int(match[2])
    if not 1 <= month <= 12:
        return None
    return date(year + 2000 if year < 100 else year, month, 1) if year else None


def card_valid(card: CardInput, today: date) -> bool:
    """Whether number, expiry and code could be those of a card that is valid today."""
    expires = expiry_of(card.expiry)
    if expires is None or (expires.year, expires.month) < (today.year, today.month):
        return False
    if expires.year > today.year + 20:
        return False
    code_fits = re.fullmatch(r"[0-9]{3,4}", card.code.strip()) is not None
    return code_fits and luhn_valid(card.number)


def brand_of(number: str) -> str:
    digits = digits_of(number)
    return next((brand for prefix, brand in BRANDS if digits.startswith(prefix)), "")
