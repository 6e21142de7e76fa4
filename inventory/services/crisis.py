"""A stock crisis for the demo's tour: the best sellers are written off, and can be put back.

The ledger itself remembers it: units that were written off under a reference of the tour and not
received again under the same one are still out. So it survives a restart and a lost cache.
"""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Sum

from foundation.queueing import queue
from inventory.models import LedgerEntry, StockLevel, Warehouse
from inventory.services.stock import adjust, receive
from shop.models import Variant

PRODUCTS = 3
REFERENCE = "tour-"
AFTER = "tour."
"""The first text after all that begin with :data:`REFERENCE`."""


class Crisis:
    """Everything free of a few best sellers is gone; every movement is in the ledger."""

    def is_running(self) -> bool:
        return bool(_gone())

    @transaction.atomic
    def start(self) -> None:
        if self.is_running():
            return
        reference = f"{REFERENCE}{uuid4().hex[:12]}"
        stocked = StockLevel.objects.filter(on_hand__gt=F("reserved"))
        best = (
            Variant.objects.filter(is_active=True, pk__in=stocked.values("variant"))
            .order_by("-product__recent_units", "pk")
            .values_list("pk", flat=True)[:PRODUCTS]
        )
        for level in stocked.filter(variant__in=list(best)).select_related("variant", "warehouse"):
            adjust(
                variant=level.variant,
                warehouse=level.warehouse,
                quantity=level.free,
                reference=reference,
            )
        queue("inventory.tasks.plan_replenishment")

    @transaction.atomic
    def stop(self) -> None:
        gone = _gone()
        variants = Variant.objects.in_bulk([row["variant"] for row in gone])
        warehouses = Warehouse.objects.in_bulk([row["warehouse"] for row in gone])
        for row in gone:
            receive(
                variant=variants[row["variant"]],
                warehouse=warehouses[row["warehouse"]],
                quantity=-row["units"],
                reference=row["reference"],
            )
        queue("inventory.tasks.plan_replenishment")


def _gone() -> list[dict[str, Any]]:
    """What is still out: reference, variant, warehouse and units (negative)."""
    rows = (
        LedgerEntry.objects.filter(reference__gte=REFERENCE, reference__lt=AFTER)
        .order_by("variant", "warehouse")
        .values("reference", "variant", "warehouse")
        .annotate(units=Sum("on_hand_change"))
        .filter(units__lt=0)
    )
    return [dict(row) for row in rows]
