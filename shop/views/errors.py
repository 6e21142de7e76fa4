"""Error pages. None of them asks the database for anything, whatever is broken."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def _page(status: int, title: str, text: str) -> HttpResponse:
    # Rendered without the request: context processors would ask for departments and the cart.
    context = {"status": status, "title": title, "text": text, "language": get_language() or "en"}
    return HttpResponse(render_to_string("shop/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        400,
        _("We could not read that request"),
        _("Something in it is not as it should be. Please go back and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        403,
        _("You may not see this page"),
        _("It belongs to somebody else, or you need to sign in first."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        403,
        _("This form has expired"),
        _("Please go back, reload the page and send it once more. Cookies must be allowed."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        404,
        _("We could not find that page"),
        _("It may have moved, or the product is no longer on sale."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        500,
        _("Something went wrong on our side"),
        _("We have been told and will look into it. Please try again in a moment."),
    )
