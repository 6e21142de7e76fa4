"""Transfers between warehouses: edited as drafts, dispatched by an action, received on a page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from inventory import services
from inventory.admin.base import DraftLines, each, is_draft, may, staff
from inventory.models import Transfer, TransferLine
from shop.refusals import Refused


class TransferLineInline(DraftLines):
    model = TransferLine
    fields = ["variant", "quantity", "received", "short_reason"]
    readonly_fields = ["received", "short_reason"]


class ArrivedForm(forms.Form):
    """What arrived of one line; fewer than were sent needs a reason."""

    received = forms.IntegerField(
        label=_("Arrived"), min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.ChoiceField(
        label=_("Why fewer"),
        choices=[("", "–"), *TransferLine.Short.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, line: TransferLine, data: QueryDict | None) -> None:
        self.sent = line.quantity
        super().__init__(data, prefix=str(line.pk), initial={"received": line.quantity})

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        received = told.get("received", self.sent)
        if received > self.sent:
            self.add_error("received", _("More than were sent."))
        elif received < self.sent and not told.get("reason"):
            self.add_error("reason", _("Say why fewer arrived."))
        return told


@admin.register(Transfer)
class TransferAdmin(ModelAdmin):
    list_display = [
        "__str__",
        "state",
        "source",
        "target",
        "line_count",
        "unit_count",
        "created_at",
        "dispatched_at",
        "received_at",
    ]
    list_filter = ["state", "source", "target"]
    list_select_related = ["source", "target"]
    search_fields = ["=id", "lines__variant__sku"]
    fields = ["source", "target", "state", "dispatched_at", "received_at"]
    inlines = [TransferLineInline]
    actions = ["dispatch", "receive", "cancel"]
    change_form_before_template = "admin/inventory/transfer_link.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        transfers = super().get_queryset(request)
        return transfers.annotate(n_lines=Count("lines"), n_units=Sum("lines__quantity"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.arrived)
        return [
            path("<int:pk>/arrived/", view, name="inventory_transfer_arrived"),
            *super().get_urls(),
        ]

    @admin.display(description=_("lines"), ordering="n_lines")
    def line_count(self, transfer: Transfer) -> int:
        return getattr(transfer, "n_lines", 0)

    @admin.display(description=_("units"), ordering="n_units")
    def unit_count(self, transfer: Transfer) -> int:
        return getattr(transfer, "n_units", None) or 0

    def get_readonly_fields(
        self, request: HttpRequest, obj: Transfer | None = None
    ) -> Sequence[str]:
        fixed = [name for name in self.fields if name not in ("source", "target")]
        return fixed if is_draft(obj) else list(self.fields)

    def has_delete_permission(self, request: HttpRequest, obj: Transfer | None = None) -> bool:
        return False

    def arrived(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A number and a reason for each line of goods that are on their way."""
        if not may(request, "change_transfer"):
            raise PermissionDenied
        transfer = get_object_or_404(Transfer, pk=pk)
        lines = list(transfer.lines.select_related("variant__product").order_by("pk"))
        data = request.POST if request.method == "POST" else None
        rows = [(line, ArrivedForm(line, data)) for line in lines]
        # Every form is looked at, so that all errors are said at once.
        if data is not None and not [form for _line, form in rows if not form.is_valid()]:
            told = {line.variant_id: form.cleaned_data for line, form in rows}
            try:
                services.receive_transfer(
                    transfer=transfer,
                    by=staff(request),
                    arrived={pk: one["received"] for pk, one in told.items()},
                    reasons={pk: one["reason"] for pk, one in told.items()},
                )
            except Refused as refusal:
                messages.warning(request, str(refusal.message))
            else:
                messages.success(request, _("What arrived is booked."))
            return redirect("admin:inventory_transfer_change", transfer.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What arrived of %(transfer)s") % {"transfer": transfer},
            "intro": _("From %(source)s to %(target)s.")
            % {"source": transfer.source, "target": transfer.target}
            + " "
            + _(
                "Units that were not sent go back to the source; damaged and lost ones are "
                "written off."
            ),
            "columns": [_("Product"), _("Sent"), _("Arrived"), _("Why fewer")],
            "open": transfer.state == Transfer.State.DISPATCHED,
            "rows": rows,
            "opts": self.model._meta,
        }
        status = 422 if data is not None else 200
        template = "admin/inventory/arrived.html"
        return TemplateResponse(request, template, context, status=status)

    @admin.action(description=_("Dispatch"), permissions=["change"])
    def dispatch(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> None:
        def work(transfer: Transfer) -> None:
            services.dispatch_transfer(transfer=transfer, by=staff(request))

        each(request, queryset, work, str(_("Transfers dispatched: %(count)d.")))

    @admin.action(description=_("Everything arrived"), permissions=["change"])
    def receive(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> None:
        def work(transfer: Transfer) -> None:
            services.receive_transfer(transfer=transfer, by=staff(request))

        each(request, queryset, work, str(_("Transfers received: %(count)d.")))

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> None:
        def work(transfer: Transfer) -> None:
            services.cancel_transfer(transfer=transfer, by=staff(request))

        each(request, queryset, work, str(_("Transfers cancelled: %(count)d.")))
