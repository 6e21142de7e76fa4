"""Pages that show what a change to many rows would do before anybody does it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from shop.models import User
from shop.refusals import Refused
from shop.services import bulk

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOVED = gettext_lazy("Somebody has changed these rows meanwhile. Please look at them again.")
F = TypeVar("F", bound=forms.Form)
Make = Callable[..., bulk.Deed]


class PercentForm(forms.Form):
    percent = forms.DecimalField(
        label=gettext_lazy("Change in per cent"),
        help_text=gettext_lazy("-10 makes everything a tenth cheaper."),
        min_value=Decimal("-90"),
        max_value=Decimal("300"),
        max_digits=5,
        decimal_places=1,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


class PromotionForm(forms.Form):
    percent = forms.DecimalField(
        label=gettext_lazy("Per cent off"),
        min_value=Decimal(1),
        max_value=Decimal(90),
        max_digits=4,
        decimal_places=1,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days from today"),
        min_value=1,
        max_value=90,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def deed(self) -> bulk.Promote:
        """From this midnight, so that the plan that is applied is the one that was shown."""
        start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        days = timedelta(days=self.cleaned_data["days"])
        return bulk.Promote(self.cleaned_data["percent"], start, start + days)


def preview(
    site: ModelAdmin,
    request: HttpRequest,
    rows: QuerySet,
    *,
    title: "StrOrPromise",
    deed: bulk.Deed | None = None,
    form: forms.Form | None = None,
    make: Make | None = None,
) -> HttpResponse | None:
    """The page of an action: a form where the deed needs one, before and after, and the button.

    ``make`` turns a valid ``form`` into the deed. Returns None when it is done, for the list.
    """
    if form is not None and form.is_valid() and make is not None:
        deed = make()
    changes: list[bulk.Change] = []
    by = request.user if isinstance(request.user, User) else None
    try:
        if deed is not None and "apply" in request.POST:
            seen = request.POST.get("seen", "")
            try:
                done = bulk.apply(deed=deed, rows=rows, seen=seen, by=by)
            except bulk.Moved:
                messages.warning(request, MOVED)
            else:
                text = ngettext("%(count)d row changed.", "%(count)d rows changed.", done)
                site.message_user(request, text % {"count": done}, messages.SUCCESS)
                return None
        if deed is not None:
            changes = bulk.plan(deed, rows.order_by("pk")[: bulk.MAX_ROWS + 1])
    except Refused as refusal:
        site.message_user(request, refusal.message, messages.ERROR)
        return None
    return TemplateResponse(
        request,
        "admin/bulk.html",
        {
            **site.admin_site.each_context(request),
            "title": title,
            "opts": site.model._meta,
            "form": form,
            "changes": changes,
            "seen": bulk.digest(changes) if changes else "",
            "count": sum(not change.refused for change in changes),
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
            "action": request.POST.get("action", ""),
            "back": request.get_full_path(),
        },
    )


def asked(request: HttpRequest, kind: type[F], **given: Any) -> F:
    """The form as it was sent; unsent when the action has only just been chosen."""
    sent = request.POST if "asked" in request.POST else None
    return kind(sent, initial=given)
