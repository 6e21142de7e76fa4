"""Views that keep a list's filter under a name and forget it again; each belongs to its owner."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from config.export import registered
from shop.models import SavedFilter, User
from shop.refusals import Refused
from shop.services import saved_filters


def save(request: HttpRequest) -> HttpResponse:
    app, _dot, model = request.POST.get("page", "").partition(".")
    site = registered(app, model)
    if not site.has_view_permission(request):
        raise PermissionDenied
    try:
        kept = saved_filters.save(
            owner=cast(User, request.user),
            page=f"{app}.{model}",
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(reverse(f"admin:{app}_{model}_changelist"))
    messages.success(request, _("The filter is kept as “%(name)s”.") % {"name": kept.name})
    return redirect(address(kept))


def forget(request: HttpRequest, pk: int) -> HttpResponse:
    kept = saved_filters.forget(owner=cast(User, request.user), pk=pk)
    if kept is None:
        raise Http404
    return redirect(address(kept).partition("?")[0])


def address(kept: SavedFilter) -> str:
    app, _dot, model = kept.page.partition(".")
    return f"{reverse(f'admin:{app}_{model}_changelist')}?{kept.query}"


def listed(page: str, user: User) -> list[dict[str, object]]:
    """The filters a member of staff has kept for a list, with their addresses."""
    kept = SavedFilter.objects.filter(owner=user, page=page)
    return [{"pk": one.pk, "name": one.name, "url": address(one)} for one in kept]
