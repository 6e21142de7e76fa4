"""The start page, the page about the data, and the pictures."""

from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.models import Department
from shop.pictures import LANGUAGES
from shop.selectors import catalogue, pictures
from shop.services.icons import is_known, svg

LONG = "public, max-age=31536000, immutable"
SHORT = "public, max-age=3600"
"""For a code that has no drawing, and for an address that is out of date: both may change."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    shown = catalogue.home()
    departments = Department.objects.all()
    context = {
        "shown": shown,
        "departments": departments,
        "still": shown.still,
        "is_empty": not (shown.bestsellers or shown.arrivals or catalogue.on_sale().exists()),
    }
    return render(request, "shop/home.html", context)


@require_safe
def about_data(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/about_data.html")


@require_safe
def picture(request: HttpRequest, code: str) -> HttpResponseBase:
    """A drawing by its OpenMoji code points; a parcel where there is none."""
    code = code.upper()
    return _drawing(request, svg(code), kept=is_known(code))


@require_safe
def product_picture(
    request: HttpRequest, language: str, pk: int, variant: int, mark: str
) -> HttpResponseBase:
    """A product's own picture. An address that is out of date shows the present one, briefly."""
    found = pictures.picture(pk, variant, language, mark) if language in LANGUAGES else None
    if found is None:
        raise Http404
    return _drawing(request, found[0], kept=found[1])


def _drawing(request: HttpRequest, body: bytes, *, kept: bool) -> HttpResponseBase:
    etag = f'"{sha256(body).hexdigest()[:20]}"'
    headers = {
        "Cache-Control": LONG if kept else SHORT,
        "ETag": etag,
        # Some drawings could carry scripts, and an SVG opened by itself is a document.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="image/svg+xml", headers=headers)
