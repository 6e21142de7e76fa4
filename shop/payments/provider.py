"""What the shop asks of a payment provider. Implementations are named in ``PAYMENT_PROVIDER``."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from shop.checkout.protocol import CardInput


@dataclass(frozen=True)
class Charge:
    """A provider's answer. ``state`` is captured, challenge, declined or voided."""

    reference: str
    state: str
    prompt: str = ""


class ProviderTimeout(Exception):
    """The provider did not answer; the charge may or may not exist. Ask again with the same key."""


class CardInvalid(Exception):
    """The card cannot exist as typed; nothing was charged."""


class PaymentProvider(Protocol):
    """Every call is idempotent by its key."""

    name: str

    def charge(self, *, key: str, amount: Decimal, card: CardInput) -> Charge:
        """Raise CardInvalid or ProviderTimeout, or answer."""

    def confirm(self, *, key: str, answer: str) -> Charge:
        """Answer the bank's question about a charge in state challenge."""

    def void(self, *, key: str) -> None:
        """Give a charge back whole; unknown keys are ignored."""

    def refund(self, *, charge_key: str, key: str, amount: Decimal) -> str:
        """Pay back a part; return the provider's reference."""


def get_provider() -> PaymentProvider:
    return import_string(settings.PAYMENT_PROVIDER)()
