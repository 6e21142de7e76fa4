"""A customer's own data: a copy of it, and its end."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shop.privacy import download
from shop.views.requests import missing_is_404


@login_required
@never_cache
@reauthentication_required
@require_http_methods(["GET", "POST"])
def data(request: HttpRequest) -> HttpResponse:
    """Copies of one's data; asking for one, after the password was entered again."""
    customer = request.customer  # type: ignore[attr-defined]
    if request.method == "POST":
        made = download.request(customer=customer)
        if made.is_open:
            messages.success(request, _("Your copy is ready."))
        else:
            messages.info(request, _("Your copy is being made. Look here again in a few minutes."))
        return redirect("shop:data")
    return render(request, "shop/privacy/downloads.html", {"downloads": customer.downloads.all()})


@login_required
@never_cache
@reauthentication_required
@require_GET
@missing_is_404
def fetch(request: HttpRequest, copy: UUID) -> HttpResponse:
    content = download.fetch(customer=request.customer, key=copy)  # type: ignore[attr-defined]
    return zip_response(content)


def zip_response(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="mercato-my-data.zip"'
    response["Cache-Control"] = "no-store"
    return response
