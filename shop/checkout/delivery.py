"""How an order reaches its customer, what that costs and when it arrives."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shop.models import Channel, Customer
from shop.models.base import ZERO
from shop.refusals import RefusalCode, Refused

FREE_FROM = Decimal("35.00")
PICKUP = "pickup"


@dataclass(frozen=True)
class DeliveryOption:
    """``fee`` is in dollars, ``arrives_on`` a day in the shop's time zone."""

    code: str
    label: Promise | str
    fee: Decimal
    arrives_on: date

    @property
    def is_pickup(self) -> bool:
        return self.code == PICKUP


RATES = (
    ("standard", _("Standard delivery"), Decimal("4.90"), 3, True),
    ("express", _("Express delivery"), Decimal("9.90"), 1, False),
    (PICKUP, _("Pick up in a store"), ZERO, 1, False),
)
"""Code, label, fee, days until it arrives, and whether ``FREE_FROM`` makes it free."""


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


def missing_for_free(subtotal: Decimal) -> Decimal:
    """What a cart lacks for free standard delivery."""
    return max(FREE_FROM - subtotal, ZERO)


def delivery_option(code: str, subtotal: Decimal) -> DeliveryOption:
    for option in delivery_options(subtotal):
        if option.code == code:
            return option
    raise Refused(RefusalCode.DELIVERY_UNKNOWN)


def delivery_label(code: str) -> Promise | str:
    return next((label for known, label, *_rest in RATES if known == code), code)


def pickup_stores() -> list[Channel]:
    """The stores where an order can be picked up."""
    return list(Channel.objects.filter(kind=Channel.Kind.STORE))


def pickup_store(code: str, customer: Customer | None) -> Channel:
    """Return the chosen store, or the customer's own when none was named; raise Refused."""
    stores = Channel.objects.filter(kind=Channel.Kind.STORE)
    if code:
        store = stores.filter(code=code[:40].replace("\x00", "")).first()
    else:
        home = customer.home_channel_id if customer else None
        store = stores.filter(pk=home).first() if home else None
    if store is None:
        raise Refused(RefusalCode.DELIVERY_UNKNOWN)
    return store
