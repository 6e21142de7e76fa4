"""Who is browsing: a random key per browser session, and the customer behind a sign-in."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from shop.models import Customer

VISITOR_KEY = "visitor"


class VisitorMiddleware:
    """Give every request ``request.visitor_key`` and ``request.customer``, both lazy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.visitor_key = SimpleLazyObject(lambda: visitor_key(request))  # type: ignore[attr-defined]
        request.customer = SimpleLazyObject(lambda: customer_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def visitor_key(request: HttpRequest) -> str:
    """Return the browser session's random key; it says nothing about the person."""
    key = request.session.get(VISITOR_KEY)
    if not key:
        key = secrets.token_hex(16)
        request.session[VISITOR_KEY] = key
    return key


def customer_of(request: HttpRequest) -> Customer | None:
    """Return the signed-in user's customer, made on first need; None for guests."""
    if not request.user.is_authenticated:
        return None
    try:
        return request.user.customer  # type: ignore[union-attr]
    except Customer.DoesNotExist:
        customer, _ = Customer.objects.get_or_create(
            user=request.user, defaults={"name": request.user.get_full_name()}
        )
    return customer
