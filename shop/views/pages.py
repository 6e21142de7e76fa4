"""The start page, the page about the data, and the pictures."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.models import Department
from shop.selectors import catalogue
from shop.services.icons import is_known, svg

LONG = "public, max-age=31536000, immutable"
SHORT = "public, max-age=3600"
"""For a code that has no drawing: a later version of the package may bring it."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    shown = catalogue.home()
    departments = Department.objects.all()
    context = {
        "shown": shown,
        "departments": departments,
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
    body = svg(code)
    etag = f'"{sha256(body).hexdigest()[:20]}"'
    headers = {
        "Cache-Control": LONG if is_known(code) else SHORT,
        "ETag": etag,
        # Some drawings could carry scripts, and an SVG opened by itself is a document.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="image/svg+xml", headers=headers)
