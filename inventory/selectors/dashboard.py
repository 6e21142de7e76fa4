"""Inventory's figures on the administrator's start page."""

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.charts import chart, whole
from inventory.models import PurchaseOrder, Reservation, StockDifference, StockLevel, Warehouse
from inventory.reasons import reason_text
from inventory.selectors.planning import reorder_list
from shop.models import Variant

ROWS = 8


def dashboard() -> dict:
    """Title, figures, levels that run low by warehouse, and the most urgent reorder lines."""
    lines = reorder_list()
    on_sale = Variant.objects.filter(is_active=True, product__is_active=True)
    free = StockLevel.objects.filter(variant=OuterRef("pk"), on_hand__gt=F("reserved"))
    out = on_sale.filter(~Exists(free)).count()
    held = Reservation.objects.filter(state=Reservation.State.HELD)
    states = PurchaseOrder.State
    written = PurchaseOrder.objects.aggregate(
        open=Count("pk", filter=Q(state__in=PurchaseOrder.OPEN)),
        draft=Count("pk", filter=Q(state=states.DRAFT)),
    )
    differing = StockDifference.objects.filter(resolved_at=None).count()
    bought = reverse("admin:inventory_purchaseorder_changelist")
    shown = list(lines[:ROWS])
    return {
        "title": _("Inventory"),
        "figures": [
            {
                "label": _("Out of stock everywhere"),
                "value": out,
                "url": reverse("admin:inventory_overview") + "?list=out#products",
                "action": _("See where and order"),
                "waits": True,
            },
            {
                "label": _("To reorder"),
                "value": lines.count(),
                "url": reverse("admin:inventory_replenishmentline_changelist")
                + "?state__exact=open",
                "action": _("Turn into purchase orders"),
                "permission": "inventory.view_replenishmentline",
                "waits": True,
            },
            {
                "label": _("Units held for checkouts"),
                "value": held.aggregate(n=Sum("quantity"))["n"] or 0,
                "url": reverse("admin:inventory_reservation_changelist") + "?state__exact=held",
                "permission": "inventory.view_reservation",
            },
            {
                "label": _("Open purchase orders"),
                "value": written["open"],
                "note": _("%(n)s wait for approval") % {"n": whole(written["draft"])},
                "url": f"{bought}?state__exact=draft" if written["draft"] else bought,
                "action": _("Approve and send"),
                "permission": "inventory.view_purchaseorder",
            },
            {
                "label": _("Stock differences"),
                "value": differing,
                "url": reverse("admin:inventory_stockdifference_changelist")
                + "?resolved_at__isempty=1",
                "action": _("Count and settle"),
                "permission": "inventory.view_stockdifference",
                "waits": True,
            },
        ],
        "charts": [_by_warehouse()],
        "columns": [_("Product"), _("Warehouse"), _("Why"), _("Order")],
        "rows": [
            [str(line.variant), str(line.warehouse), reason_text(line), line.quantity]
            for line in shown
        ],
        "links": [
            reverse("admin:inventory_replenishmentline_change", args=[line.pk]) for line in shown
        ],
    }


def _by_warehouse() -> dict:
    """Levels that are out or low, for the warehouses that have most of them."""
    left = F("on_hand") - F("reserved")
    rows = (
        StockLevel.objects.alias(left=left)
        .order_by()
        .values("warehouse")
        .annotate(
            out=Count("pk", filter=Q(left__lte=0)),
            low=Count("pk", filter=Q(left__gt=0, left__lte=F("reorder_point"))),
        )
        .filter(Q(out__gt=0) | Q(low__gt=0))
        .order_by("-out", "-low", "warehouse")[:ROWS]
    )
    found = list(rows)
    named = Warehouse.objects.in_bulk([row["warehouse"] for row in found])
    return chart(
        _("Stock that runs out, by warehouse"),
        kind="bar",
        head=_("Warehouse"),
        labels=[str(named[row["warehouse"]]) for row in found],
        lines={
            _("Out of stock"): [row["out"] for row in found],
            _("Low"): [row["low"] for row in found],
        },
        stacked=True,
    )
