"""What every page needs: departments for the menu, the cart's count, the demo flag."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.models import Channel, Department
from shop.selectors import carts


def _channel_names() -> dict[str, str]:
    return {channel.code: str(channel.name) for channel in Channel.objects.all()}


def storefront(request: HttpRequest) -> dict:
    """All lazy, so that a page which shows none of it asks the database for nothing."""
    return {
        "departments": Department.objects.all(),
        "cart_count": SimpleLazyObject(lambda: carts.count(request)),
        "channel_names": SimpleLazyObject(_channel_names),
        "demo": settings.DEMO,
    }
