"""Suppliers, forecasts and the reorder list."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from foundation.admin_base import ReadOnlyAdmin
from inventory import services
from inventory.admin.base import VARIANT_SEARCH, may
from inventory.chart import forecast_chart
from inventory.models import Forecast, PurchaseOrder, ReplenishmentLine, Supplier, Transfer
from inventory.reasons import reason_text


@admin.register(Supplier)
class SupplierAdmin(ModelAdmin):
    list_display = ["__str__", "lead_time_days"]
    search_fields = ["name"]
    filter_horizontal = ["departments"]


class MethodFilter(admin.AllValuesFieldListFilter):
    """The methods there are, by the names people know them by."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": gettext(str(choice["display"]))}


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin):
    list_display = ["variant", "made_on", "units", "units_q90", "method_name"]
    list_filter = ["made_on", ("method", MethodFilter)]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product"]
    fields = [
        "variant",
        "made_on",
        "data_to",
        "method_name",
        "units",
        "units_q90",
        "deviation",
        "chart",
    ]
    readonly_fields = ["units", "units_q90", "method_name", "chart"]

    class Media:
        css = {"all": ["css/inventory.css"]}

    @admin.display(description=_("units in 28 days"), ordering="total")
    def units(self, forecast: Forecast) -> str:
        return f"{forecast.total:,.1f}"

    @admin.display(description=_("90 % quantile of 28 days"), ordering="total_q90")
    def units_q90(self, forecast: Forecast) -> str:
        return f"{forecast.total_q90:,.1f}"

    @admin.display(description=_("method"), ordering="method")
    def method_name(self, forecast: Forecast) -> str:
        return gettext(forecast.method)

    @admin.display(description=_("next four weeks"))
    def chart(self, forecast: Forecast) -> str:
        context = {"chart": forecast_chart(forecast)}
        return render_to_string("admin/inventory/forecast_chart.html", context)


@admin.register(ReplenishmentLine)
class ReplenishmentLineAdmin(ReadOnlyAdmin):
    list_display = [
        "variant",
        "warehouse",
        "why",
        "quantity",
        "position",
        "reorder_point",
        "days_left",
        "supplier",
        "source",
        "state",
    ]
    list_filter = [
        "state",
        "reason",
        ("source", admin.EmptyFieldListFilter),
        "supplier",
        "warehouse",
    ]
    search_fields = VARIANT_SEARCH
    list_select_related = ["variant__product", "warehouse", "supplier", "source"]
    actions = ["create_purchase_orders"]

    @admin.display(description=_("why"), ordering="reason")
    def why(self, line: ReplenishmentLine) -> str:
        return reason_text(line)

    def has_order_permission(self, request: HttpRequest) -> bool:
        return may(request, "add_purchaseorder")

    @admin.action(description=_("Write purchase orders and transfers"), permissions=["order"])
    def create_purchase_orders(
        self, request: HttpRequest, queryset: QuerySet[ReplenishmentLine]
    ) -> None:
        order_lines(request, list(queryset))


def order_lines(
    request: HttpRequest, lines: list[ReplenishmentLine]
) -> list[PurchaseOrder | Transfer]:
    """Write drafts for reorder lines, and say how many."""
    transfers = services.transfer_replenishment(lines=lines)
    orders = services.order_replenishment(lines=lines)
    if not orders and not transfers:
        messages.info(request, _("These lines have been ordered already."))
    if transfers:
        text = ngettext(
            "%(count)d draft transfer was written.",
            "%(count)d draft transfers were written.",
            len(transfers),
        )
        messages.success(request, text % {"count": len(transfers)})
    if orders:
        text = ngettext(
            "%(count)d draft purchase order was written.",
            "%(count)d draft purchase orders were written.",
            len(orders),
        )
        messages.success(request, text % {"count": len(orders)})
    return [*transfers, *orders]
