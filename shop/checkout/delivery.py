"""How an order reaches its customer, what that costs and when it arrives."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shop.models.base import ZERO
from shop.refusals import RefusalCode, Refused

FREE_FROM = Decimal("35.00")


@dataclass(frozen=True)
class DeliveryOption:
    """``fee`` is in dollars, ``arrives_on`` a day in the shop's time zone."""

    code: str
    label: Promise | str
    fee: Decimal
    arrives_on: date


RATES = (
    ("standard", _("Standard delivery"), Decimal("4.90"), 3, True),
    ("express", _("Express delivery"), Decimal("9.90"), 1, False),
    ("pickup", _("Pick up in the store"), ZERO, 1, False),
)


def delivery_options(subtotal: Decimal) -> list[DeliveryOption]:
    """Return the options for a cart of this value; standard is free from ``FREE_FROM``."""
    today = timezone.localdate()
    return [
        DeliveryOption(
            code=code,
            label=label,
            fee=ZERO if free_when_large and subtotal >= FREE_FROM else fee,
            arrives_on=today + timedelta(days=days),
        )
        for code, label, fee, days, free_when_large in RATES
    ]


def delivery_option(code: str, subtotal: Decimal) -> DeliveryOption:
    for option in delivery_options(subtotal):
        if option.code == code:
            return option
    raise Refused(RefusalCode.DELIVERY_UNKNOWN)


def delivery_label(code: str) -> Promise | str:
    return next((label for known, label, *_rest in RATES if known == code), code)
