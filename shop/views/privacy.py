"""A customer's own data: a copy of it, and its end."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shop.models import ErasureRequest
from shop.privacy import download, erasure
from shop.refusals import Refused
from shop.views.requests import missing_is_404, tell


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


@login_required
@never_cache
@reauthentication_required
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask to be erased: what that means, what is under way, and until when it can be undone."""
    customer = request.customer  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            if request.POST.get("cancel"):
                row = erasure.open_request(customer)
                if row is not None:
                    erasure.cancel(request=row)
                    messages.success(request, _("Your data stays. Nothing was erased."))
            elif request.POST.get("sure"):
                erasure.request(customer=customer)
                messages.success(request, _("We have noted that you want to be erased."))
            else:
                messages.error(request, _("Please tick that you are sure."))
        except Refused as refusal:
            tell(request, refusal)
        return redirect("shop:erase")
    context = {
        "row": erasure.open_request(customer),
        "going_on": erasure.going_on(customer),
        "days": settings.ERASURE_WAIT_DAYS,
    }
    return render(request, "shop/privacy/erase.html", context)


@never_cache
@require_GET
def erasure_report(request: HttpRequest, erasure_key: UUID) -> HttpResponse:
    """What was erased. Whoever has the address may read it: it names nobody."""
    row = get_object_or_404(ErasureRequest, key=erasure_key)
    context = {"row": row, "lines": erasure.report_rows(row)}
    return render(request, "shop/privacy/erasure_report.html", context)


@never_cache
@require_GET
def erasure_report_file(request: HttpRequest, erasure_key: UUID) -> HttpResponse:
    row = get_object_or_404(ErasureRequest, key=erasure_key)
    told = {
        "key": str(row.key),
        "state": row.state,
        "asked": row.requested_at,
        "finished": row.finished_at,
        "steps": row.report.get("steps", {}),
    }
    response = JsonResponse(told, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = 'attachment; filename="mercato-erasure.json"'
    return response
