"""Error pages, and under the API the same as JSON.

None of them asks the database for anything, whatever is broken.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.api.errors import error_body

API_PREFIX = "/api/"
CODES = {
    400: "bad_request",
    403: "permission_denied",
    404: "not_found",
    429: "throttled",
    500: "server_error",
}


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(error_body(CODES[status], title), status=status)
    # Rendered without the request: context processors would ask for departments and the cart.
    context = {"status": status, "title": title, "text": text, "language": get_language() or "en"}
    return HttpResponse(render_to_string("shop/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("We could not read that request"),
        _("Something in it is not as it should be. Please go back and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("You may not see this page"),
        _("It belongs to somebody else, or you need to sign in first."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("This form has expired"),
        _("Please go back, reload the page and send it once more. Cookies must be allowed."),
    )


def too_many(request: HttpRequest, seconds: float | None) -> HttpResponse:
    """Somebody asks too often; ``seconds`` until the next request is answered."""
    response = _page(
        request,
        429,
        _("That was a little fast"),
        _("Please wait a minute and try again."),
    )
    response["Retry-After"] = str(max(1, round(seconds or 60)))
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("We could not find that page"),
        _("It may have moved, or the product is no longer on sale."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something went wrong on our side"),
        _("We have been told and will look into it. Please try again in a moment."),
    )
