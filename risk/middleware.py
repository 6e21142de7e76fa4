"""A frozen account reads, appeals and signs out, and changes nothing else; from the next request
on, in every browser and over the API."""

from collections.abc import Callable

from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from risk import services
from risk.models import Freeze
from shop.api.authentication import HEADER
from shop.api.errors import error_body
from shop.models import User
from shop.services import tokens

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
OPEN = ("/risk/", "/accounts/", "/i18n/", "/api/auth/", "/api/v1/risk/appeals/")
"""Where a frozen customer may still send something."""
CHECKOUTS = ("/checkout/", "/api/v1/checkout/")
"""Screening refuses these itself, with its reasons on record."""


class FrozenMiddleware:
    """Refuses what frozen customers send, civilly and with a way to appeal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE or request.path.startswith(OPEN + CHECKOUTS):
            return self.get_response(request)
        user = _by_token(request) or request.user
        if not user.is_authenticated or user.is_staff:
            return self.get_response(request)
        freeze = Freeze.objects.filter(customer__user=user, is_active=True).first()
        return self.get_response(request) if freeze is None else _refusal(request, freeze)


def _by_token(request: HttpRequest) -> User | None:
    """Whom a program acts for. The API looks at its tokens only later, within the view; one that is
    unknown is refused there."""
    if not request.path.startswith("/api/"):
        return None
    if token := request.headers.get(HEADER, "")[:64].replace("\x00", ""):
        found = authenticate_by_x_session_token(token)
        return found[0] if found else None
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    key = tokens.find(secret.strip()) if kind.lower() == "bearer" else None
    return key.user if key else None


def _refusal(request: HttpRequest, freeze: Freeze) -> HttpResponse:
    number = services.appealable(freeze=freeze)
    appeal = reverse("risk:appeal", args=[number])
    text = _("Your account is frozen for now. You can tell us if that is a mistake.")
    if request.path.startswith("/api/"):
        details = {"appeal_url": appeal, "checkout": str(number)}
        return JsonResponse(error_body("account_frozen", text, details), status=403)
    return render(request, "risk/frozen.html", {"text": text, "appeal": appeal}, status=403)
