"""Who outside the shop gets data, read from the settings that make it so."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from shop.privacy.register import Recipient

BUILT_IN = "shop.payments.testprovider.TestProvider"


def recipients() -> list[Recipient]:
    """Those of all apps, as ``settings.DATA_RECIPIENTS`` names them."""
    return [found for path in settings.DATA_RECIPIENTS for found in import_string(path)()]


def of_the_shop() -> list[Recipient]:
    found = []
    if settings.EMAIL_HOST and settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        found.append(Recipient(settings.EMAIL_HOST, _("the mails we send you, for delivery")))
    if settings.PAYMENT_PROVIDER != BUILT_IN:
        found.append(
            Recipient(
                settings.PAYMENT_PROVIDER.rpartition(".")[2],
                _("amount and card of a payment; the card's number goes nowhere else"),
            )
        )
    return found


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
