"""Warehouses, stock levels, the ledger, reservations, differences."""

from typing import TYPE_CHECKING
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from foundation.admin_base import ReadOnlyAdmin
from inventory import selectors, services
from inventory.admin import overview, whatif
from inventory.admin.base import VARIANT_SEARCH, may, staff
from inventory.models import LedgerEntry, Lot, Reservation, StockDifference, StockLevel, Warehouse

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@admin.register(Warehouse)
class WarehouseAdmin(ModelAdmin):
    list_display = ["code", "name_en", "name_zh", "channel", "position"]
    search_fields = ["code", "name_en", "name_zh"]
    list_select_related = ["channel"]


class CountForm(forms.Form):
    file = forms.FileField(label=_("CSV or XLSX file"), widget=UnfoldAdminFileFieldWidget)


class StateFilter(admin.SimpleListFilter):
    """Out of stock, or at or below the reorder point."""

    title = _("availability")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: object
    ) -> list[tuple[str, "StrOrPromise"]]:
        return [("out", _("Out of stock")), ("low", _("Low")), ("ok", _("Enough"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        free = F("on_hand") - F("reserved")
        levels = queryset.alias(free=free)
        if self.value() == "out":
            return levels.filter(free__lte=0)
        if self.value() == "low":
            return levels.filter(free__gt=0, free__lte=F("reorder_point"))
        if self.value() == "ok":
            return levels.filter(free__gt=F("reorder_point"))
        return queryset


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = [
        "variant",
        "warehouse",
        "state",
        "free_units",
        "on_hand",
        "reserved",
        "inbound",
        "safety_stock",
        "reorder_point",
    ]
    list_filter = [StateFilter, "warehouse"]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product", "warehouse"]
    ordering = ["variant", "warehouse"]
    actions = ["order_to_reorder_point"]
    actions_list = ["import_counts", "export"]
    list_before_template = "admin/inventory/overview_link.html"

    class Media:
        css = {"all": ["css/inventory.css"]}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("overview/", view(overview.page), name="inventory_overview"),
            path("what-if/", view(whatif.page), name="inventory_whatif"),
            *super().get_urls(),
        ]

    @admin.display(description=_("free"), ordering=F("on_hand") - F("reserved"))
    def free_units(self, level: StockLevel) -> int:
        return level.free

    @admin.display(description=_("availability"))
    def state(self, level: StockLevel) -> SafeString:
        if level.free <= 0:
            name, text = "out", _("Out of stock")
        elif level.free <= level.reorder_point:
            name, text = "low", _("Low")
        else:
            name, text = "ok", _("Enough")
        return format_html('<span class="stock-state stock-state--{}">{}</span>', name, text)

    @action(description=_("Import a stock count"), url_path="import")
    def import_counts(self, request: HttpRequest) -> HttpResponse:
        """A form for a file; the page shows every error, or the list says what changed."""
        if not may(request, "change_stocklevel"):
            raise PermissionDenied
        form = CountForm(request.POST or None, request.FILES or None)
        errors: list[services.RowError] = []
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                rows = services.read_sheet(upload.read(services.MAX_BYTES + 1), upload.name)
                changed = services.import_counts(
                    rows=rows, reference=f"count {uuid4().hex[:8]}", by=staff(request)
                )
            except services.SheetRefused as refused:
                errors = refused.errors
            else:
                text = ngettext(
                    "%(count)d stock level was changed.",
                    "%(count)d stock levels were changed.",
                    changed,
                )
                messages.success(request, text % {"count": changed})
                return redirect("admin:inventory_stocklevel_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a stock count"),
            "form": form,
            "errors": errors[:200],
            "n_errors": len(errors),
            "opts": self.model._meta,
        }
        status = 422 if errors else 200
        return TemplateResponse(
            request, "admin/inventory/import_counts.html", context, status=status
        )

    @action(description=_("Export as CSV"), url_path="export")
    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """All levels with the columns of the import."""
        if not may(request, "view_stocklevel"):
            raise PermissionDenied
        answer = StreamingHttpResponse(services.export_levels(), content_type="text/csv")
        answer["Content-Disposition"] = 'attachment; filename="stock.csv"'
        return answer

    def has_order_permission(self, request: HttpRequest) -> bool:
        return may(request, "add_purchaseorder")

    @admin.action(description=_("Order up to the reorder point"), permissions=["order"])
    def order_to_reorder_point(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> None:
        orders = services.order_to_reorder_point(levels=queryset)
        if not orders:
            messages.info(request, _("Nothing to order: there is enough, or it is on order."))
            return
        text = ngettext(
            "%(count)d draft purchase order was written.",
            "%(count)d draft purchase orders were written.",
            len(orders),
        )
        messages.success(request, text % {"count": len(orders)})


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = [
        "at",
        "variant",
        "warehouse",
        "reason",
        "on_hand_change",
        "reserved_change",
        "reference",
        "by",
    ]
    list_filter = ["reason", "warehouse", "at"]
    search_fields = [*VARIANT_SEARCH, "reference"]
    list_select_related = ["variant__product", "warehouse", "by"]


class ExpiryFilter(admin.SimpleListFilter):
    """Lots that may not be sold any more, or not for long."""

    title = _("expiry")
    parameter_name = "expires"

    def lookups(
        self, request: HttpRequest, model_admin: object
    ) -> list[tuple[str, "StrOrPromise"]]:
        return [("past", _("Expired")), ("soon", _("Within three days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        if self.value() == "past":
            return queryset.filter(expires_on__lt=today, quantity__gt=0)
        if self.value() == "soon":
            return queryset & selectors.expiring_lots()
        return queryset


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    list_display = ["variant", "warehouse", "expires_on", "quantity"]
    list_filter = [ExpiryFilter, "warehouse"]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product", "warehouse"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = [
        "checkout_uuid",
        "variant",
        "warehouse",
        "quantity",
        "returned",
        "state",
        "expires_at",
    ]
    list_filter = ["state", "warehouse"]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product", "warehouse"]


@admin.register(StockDifference)
class StockDifferenceAdmin(ReadOnlyAdmin):
    list_display = [
        "found_at",
        "variant",
        "warehouse",
        "kind",
        "level",
        "expected",
        "resolved_at",
    ]
    list_filter = [("resolved_at", admin.EmptyFieldListFilter), "kind", "warehouse"]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product", "warehouse"]
