"""Purchase orders: edited as drafts, then approved, sent and received by actions."""

from collections.abc import Sequence
from datetime import date

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory import services
from inventory.admin.base import DraftLines, each, is_draft, may, staff
from inventory.models import PurchaseOrder, PurchaseOrderLine
from shop.refusals import Refused

State = PurchaseOrder.State


class LineInline(DraftLines):
    model = PurchaseOrderLine


class ExpiryForm(forms.Form):
    """Until when the units of a line may be sold; empty for goods that keep."""

    expires_on = forms.DateField(
        label=_("Expires on"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return day


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ModelAdmin):
    list_display = [
        "__str__",
        "state",
        "supplier",
        "warehouse",
        "line_count",
        "unit_count",
        "created_at",
        "expected_on",
        "received_at",
    ]
    list_filter = ["state", "supplier", "warehouse"]
    list_select_related = ["supplier", "warehouse"]
    search_fields = ["=id", "lines__variant__sku"]
    fields = [
        "supplier",
        "warehouse",
        "state",
        "approved_by",
        "sent_at",
        "expected_on",
        "received_at",
    ]
    inlines = [LineInline]
    actions = ["approve", "send", "receive", "cancel"]
    change_form_before_template = "admin/inventory/order_link.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        orders = super().get_queryset(request)
        return orders.annotate(n_lines=Count("lines"), n_units=Sum("lines__quantity"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.arrived)
        return [
            path("<int:pk>/arrived/", view, name="inventory_purchaseorder_arrived"),
            *super().get_urls(),
        ]

    def arrived(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The lines of a sent order with a place for their expiry dates."""
        if not may(request, "change_purchaseorder"):
            raise PermissionDenied
        order = get_object_or_404(PurchaseOrder, pk=pk)
        data = request.POST if request.method == "POST" else None
        lines = order.lines.select_related("variant__product").order_by("pk")
        rows = [(line, ExpiryForm(data, prefix=str(line.pk))) for line in lines]
        # Every form is looked at, so that all errors are said at once.
        if data is not None and not [form for _line, form in rows if not form.is_valid()]:
            told = {line.variant_id: form.cleaned_data["expires_on"] for line, form in rows}
            expires = {variant_id: day for variant_id, day in told.items() if day}
            try:
                services.receive_purchase_order(order=order, by=staff(request), expires=expires)
            except Refused as refusal:
                messages.warning(request, str(refusal.message))
            else:
                messages.success(request, _("What arrived is booked."))
            return redirect("admin:inventory_purchaseorder_change", order.pk)
        intro = _("Goods with an expiry date are sold in its order and written off after it.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("What arrived of %(transfer)s") % {"transfer": order},
            "open": order.state == State.SENT,
            "intro": intro,
            "columns": [_("Product"), _("Sent"), _("Expires on")],
            "rows": rows,
            "opts": self.model._meta,
        }
        status = 422 if data is not None else 200
        template = "admin/inventory/arrived.html"
        return TemplateResponse(request, template, context, status=status)

    @admin.display(description=_("lines"), ordering="n_lines")
    def line_count(self, order: PurchaseOrder) -> int:
        return getattr(order, "n_lines", 0)

    @admin.display(description=_("units"), ordering="n_units")
    def unit_count(self, order: PurchaseOrder) -> int:
        return getattr(order, "n_units", None) or 0

    def get_readonly_fields(
        self, request: HttpRequest, obj: PurchaseOrder | None = None
    ) -> Sequence[str]:
        fixed = [name for name in self.fields if name not in ("supplier", "warehouse")]
        return fixed if is_draft(obj) else list(self.fields)

    def has_delete_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return False

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.approve_purchase_order(order=order, by=staff(request))

        each(request, queryset, work, str(_("Purchase orders approved: %(count)d.")))

    @admin.action(description=_("Send to the supplier"), permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.send_purchase_order(order=order)

        each(request, queryset, work, str(_("Purchase orders sent: %(count)d.")))

    @admin.action(description=_("Receive the goods"), permissions=["change"])
    def receive(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.receive_purchase_order(order=order, by=staff(request))

        each(request, queryset, work, str(_("Purchase orders received: %(count)d.")))

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.cancel_purchase_order(order=order)

        each(request, queryset, work, str(_("Purchase orders cancelled: %(count)d.")))
