"""Purchase orders: edited as drafts, then approved, sent and received by actions."""

from collections.abc import Callable, Sequence

from django.contrib import admin, messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from inventory import services
from inventory.admin.base import staff
from inventory.models import PurchaseOrder, PurchaseOrderLine
from shop.refusals import Refused

State = PurchaseOrder.State


def _is_draft(order: PurchaseOrder | None) -> bool:
    return order is None or order.state == State.DRAFT


class LineInline(TabularInline):
    """Lines can be changed as long as the order is a draft."""

    model = PurchaseOrderLine
    raw_id_fields = ["variant"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)


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
        return fixed if _is_draft(obj) else list(self.fields)

    def has_delete_permission(self, request: HttpRequest, obj: PurchaseOrder | None = None) -> bool:
        return False

    def _each(
        self, request: HttpRequest, orders: QuerySet[PurchaseOrder], work: Callable, done: str
    ) -> None:
        """Do the work for every order; say how many went through and which did not, and why."""
        worked = 0
        for order in orders.order_by("pk"):
            try:
                work(order)
            except Refused as refusal:
                text = _("%(order)s was not changed. %(reason)s")
                data = {"order": order, "reason": refusal.message}
                messages.warning(request, text % data)
            else:
                worked += 1
        if worked:
            messages.success(request, done % {"count": worked})

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.approve_purchase_order(order=order, by=staff(request))

        self._each(request, queryset, work, str(_("Purchase orders approved: %(count)d.")))

    @admin.action(description=_("Send to the supplier"), permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.send_purchase_order(order=order)

        self._each(request, queryset, work, str(_("Purchase orders sent: %(count)d.")))

    @admin.action(description=_("Receive the goods"), permissions=["change"])
    def receive(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.receive_purchase_order(order=order, by=staff(request))

        self._each(request, queryset, work, str(_("Purchase orders received: %(count)d.")))

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        def work(order: PurchaseOrder) -> None:
            services.cancel_purchase_order(order=order)

        self._each(request, queryset, work, str(_("Purchase orders cancelled: %(count)d.")))
