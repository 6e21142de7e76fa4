"""What every page needs: departments for the menu, the cart's count, the demo flag."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.privacy import consent
from shop.selectors import carts, kept
from shop.services.browsing import compared


def storefront(request: HttpRequest) -> dict:
    """All lazy, so that a page which shows none of it asks the database for nothing."""
    return {
        "departments": SimpleLazyObject(kept.departments),
        "cart_count": SimpleLazyObject(lambda: carts.count(request)),
        "compare_count": SimpleLazyObject(lambda: len(compared(request.session))),
        "asking": SimpleLazyObject(lambda: not consent.answered(request)),
        "demo": settings.DEMO,
    }
