"""What is expected and what should be ordered."""

from collections import defaultdict

from django.db.models import F, Max, QuerySet, Sum

from inventory.models import (
    Forecast,
    ForecastChunk,
    PurchaseOrder,
    PurchaseOrderLine,
    ReplenishmentLine,
    Transfer,
    TransferLine,
)


def latest_forecasts() -> QuerySet[Forecast]:
    """The forecasts of the last complete batch, with variant and product."""
    unfinished = ForecastChunk.objects.values("made_on")
    complete = Forecast.objects.exclude(made_on__in=unfinished)
    newest = complete.aggregate(day=Max("made_on"))["day"]
    return Forecast.objects.filter(made_on=newest).select_related("variant__product")


def reorder_list() -> QuerySet[ReplenishmentLine]:
    """Open lines of the reorder list, the most urgent first, products without demand last."""
    return (
        ReplenishmentLine.objects.filter(state=ReplenishmentLine.State.OPEN)
        .select_related("variant__product", "warehouse", "supplier", "source")
        .order_by(F("days_left").asc(nulls_last=True), "-quantity", "pk")
    )


def on_order() -> dict[tuple[int, int], int]:
    """Units that were ordered or are transferred and have not arrived, drafts included, by
    (variant, warehouse)."""
    bought = PurchaseOrderLine.objects.filter(order__state__in=PurchaseOrder.OPEN)
    moved = TransferLine.objects.filter(transfer__state__in=Transfer.OPEN)
    result: dict[tuple[int, int], int] = defaultdict(int)
    for rows, warehouse in ((bought, "order__warehouse_id"), (moved, "transfer__target_id")):
        for variant_id, warehouse_id, units in _units(rows, warehouse):
            result[variant_id, warehouse_id] += units
    return dict(result)


def leaving() -> dict[tuple[int, int], int]:
    """Units that drafts of transfers will take away, by (variant, warehouse)."""
    drafts = TransferLine.objects.filter(transfer__state=Transfer.State.DRAFT)
    return {(pk, place): units for pk, place, units in _units(drafts, "transfer__source_id")}


def _units(rows: QuerySet, warehouse: str) -> QuerySet:
    return rows.order_by().values_list("variant_id", warehouse).annotate(units=Sum("quantity"))
