"""The tour of the demo: what the shop can do, where to try it and as whom."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL
from shop.selectors import tour as selectors


@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    """Never shown outside a demo: it names sign-ins."""
    if not settings.DEMO:
        raise Http404
    context = {
        "story": selectors.story(),
        "dearest": selectors.dearest(),
        "admin_email": ADMIN_EMAIL,
        "agent_email": AGENT_EMAIL,
    }
    return render(request, "shop/tour.html", context)
