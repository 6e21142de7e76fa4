"""Small things that the pages of cart, checkout and account share."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from shop.checkout.protocol import Visitor
from shop.refusals import RefusalCode, Refused

P = ParamSpec("P")
MISSING = {RefusalCode.NOT_FOUND, RefusalCode.NOT_YOURS}


def missing_is_404(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Turn "not found" refusals into the error page; other refusals are the view's own work."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            if refusal.code in MISSING:
                raise Http404 from refusal
            raise

    return wrapped


def back_to(request: HttpRequest, fallback: str) -> str:
    """Return the page named in ``next`` if it is one of ours, else the address of ``fallback``."""
    target = request.POST.get("next", "")
    # Anything else that looks like an address of ours would be taken for the name of a page.
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse(fallback)


def tell(request: HttpRequest, refusal: Refused) -> None:
    messages.error(request, refusal.message)


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Let the browser ask for this language from now on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def visitor_of(request: HttpRequest) -> Visitor:
    """What the request tells about who asks."""
    return Visitor(
        key=str(request.visitor_key),  # type: ignore[attr-defined]
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:300].replace("\x00", ""),
        language=get_language() or "en",
    )


def client_ip(request: HttpRequest) -> str:
    """The caller's address; behind our proxy, the one that the proxy saw."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded[:45]
    return request.META.get("REMOTE_ADDR", "")[:45]
