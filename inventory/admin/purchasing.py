"""Purchase orders: edited as drafts, then approved, sent and received by actions."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from inventory import services
from inventory.admin.base import DraftLines, each, is_draft, staff
from inventory.models import PurchaseOrder, PurchaseOrderLine


class LineInline(DraftLines):
    model = PurchaseOrderLine


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        orders = super().get_queryset(request)
        return orders.annotate(n_lines=Count("lines"), n_units=Sum("lines__quantity"))

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
