"""Inventory's figures on the administrator's start page."""

from django.db.models import Exists, F, OuterRef, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory.models import PurchaseOrder, Reservation, StockDifference, StockLevel
from inventory.reasons import reason_text
from inventory.selectors.planning import reorder_list
from shop.models import Variant

ROWS = 8


def dashboard() -> dict:
    """Title, figures and the most urgent reorder lines."""
    lines = reorder_list()
    on_sale = Variant.objects.filter(is_active=True, product__is_active=True)
    free = StockLevel.objects.filter(variant=OuterRef("pk"), on_hand__gt=F("reserved"))
    out = on_sale.filter(~Exists(free)).count()
    held = Reservation.objects.filter(state=Reservation.State.HELD)
    open_orders = PurchaseOrder.objects.filter(state__in=PurchaseOrder.OPEN).count()
    differing = StockDifference.objects.filter(resolved_at=None).count()
    return {
        "title": _("Inventory"),
        "figures": [
            {
                "label": _("Out of stock everywhere"),
                "value": out,
                "url": f"{reverse('admin:inventory_stocklevel_changelist')}?state=out",
            },
            {
                "label": _("To reorder"),
                "value": lines.count(),
                "url": reverse("admin:inventory_replenishmentline_changelist"),
            },
            {
                "label": _("Units held for checkouts"),
                "value": held.aggregate(n=Sum("quantity"))["n"] or 0,
            },
            {
                "label": _("Open purchase orders"),
                "value": open_orders,
                "url": reverse("admin:inventory_purchaseorder_changelist"),
            },
            {
                "label": _("Stock differences"),
                "value": differing,
                "url": reverse("admin:inventory_stockdifference_changelist"),
            },
        ],
        "columns": [_("Product"), _("Warehouse"), _("Why"), _("Order")],
        "rows": [
            [str(line.variant), str(line.warehouse), reason_text(line), line.quantity]
            for line in lines[:ROWS]
        ],
    }
