"""What every page needs: departments for the menu and the demo flag."""

from django.conf import settings
from django.http import HttpRequest

from shop.models import Department


def storefront(request: HttpRequest) -> dict:
    return {
        "departments": Department.objects.all(),
        "demo": settings.DEMO,
    }
