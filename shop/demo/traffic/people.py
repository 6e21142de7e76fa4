"""Who a virtual customer is to the shop: an address, a browser, a card of their own."""

import secrets

import numpy as np

from shop.checkout.protocol import CardInput, Visitor
from shop.models import Customer
from shop.payments.cards import luhn_valid
from shop.payments.testprovider import CARD_OK

BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1",
)
STREETS = ("Maple Street", "Oak Avenue", "River Road", "Hill Street", "Station Road")


def card_of(customer: Customer, *, behaves_like: str = CARD_OK) -> CardInput:
    """A valid number of the customer's own; the last four digits say how the test card behaves.

    Each customer keeps theirs, because a card that many people use looks like fraud.
    """
    return _card(customer.pk % 10**9, behaves_like, str(customer))


def stolen_card(*, behaves_like: str = CARD_OK) -> CardInput:
    """A valid number that nobody has used before."""
    return _card(secrets.randbelow(10**9), behaves_like, "A. Nonymous")


def _card(middle: int, behaves_like: str, holder: str) -> CardInput:
    for check in range(10):
        number = f"42{check}{middle:09d}{behaves_like[-4:]}"
        if luhn_valid(number):
            return CardInput(number=number, expiry="12/40", code="123", holder=holder)
    raise AssertionError("one of ten check digits always fits")


def visitor_of(customer: Customer, key: str) -> Visitor:
    """The browser of a customer; addresses are of the network that RFC 2544 sets aside."""
    number = customer.pk % (2 << 16)
    return Visitor(
        key=key,
        ip=f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
        user_agent=BROWSERS[customer.pk % len(BROWSERS)],
        language=customer.language,
    )


def address_of(customer: Customer) -> dict[str, str]:
    """A postal address that belongs to nobody."""
    dice = np.random.default_rng(customer.pk)
    return {
        "recipient": str(customer)[:120],
        "line1": f"{dice.integers(1, 300)} {STREETS[customer.pk % len(STREETS)]}",
        "line2": "",
        "city": "Cincinnati",
        "region": "OH",
        "postal_code": f"452{dice.integers(0, 56):02d}",
        "country": "US",
        "phone": "",
    }
