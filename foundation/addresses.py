"""The shop's own address, for links in what is sent to the outside."""

from django.conf import settings


def shop_address(path: str = "") -> str:
    """Return where the shop is reached, with ``path`` (it begins with a slash) behind it.

    Mails are written by workers that have no request to ask; ``SITE_DOMAIN`` says it for them.
    """
    return f"{settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL}://{settings.SITE_DOMAIN}{path}"
