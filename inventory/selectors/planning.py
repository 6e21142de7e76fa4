"""What is expected and what should be ordered."""

from collections import defaultdict

from django.db.models import F, Max, QuerySet, Sum

from inventory.models import Forecast, PurchaseOrder, PurchaseOrderLine, ReplenishmentLine


def latest_forecasts() -> QuerySet[Forecast]:
    """The forecasts of the last batch, with variant and product."""
    newest = Forecast.objects.aggregate(day=Max("made_on"))["day"]
    return Forecast.objects.filter(made_on=newest).select_related("variant__product")


def reorder_list() -> QuerySet[ReplenishmentLine]:
    """Open lines of the reorder list, the most urgent first, products without demand last."""
    return (
        ReplenishmentLine.objects.filter(state=ReplenishmentLine.State.OPEN)
        .select_related("variant__product", "warehouse", "supplier")
        .order_by(F("days_left").asc(nulls_last=True), "-quantity", "pk")
    )


def on_order() -> dict[tuple[int, int], int]:
    """Units on purchase orders that have not arrived, drafts included, by (variant, warehouse)."""
    rows = (
        PurchaseOrderLine.objects.filter(order__state__in=PurchaseOrder.OPEN)
        .order_by()
        .values_list("variant_id", "order__warehouse_id")
        .annotate(units=Sum("quantity"))
    )
    result: dict[tuple[int, int], int] = defaultdict(int)
    for variant_id, warehouse_id, units in rows:
        result[variant_id, warehouse_id] += units
    return dict(result)
