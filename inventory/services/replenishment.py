"""The reorder list: reorder points for every stock level, and a line for each that is below."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from inventory import selectors
from inventory.learning.replenishment import SERVICE_LEVEL, ReorderLevels, reorder_levels
from inventory.learning.weekly import LEVELS
from inventory.models import ReplenishmentLine, StockLevel, Supplier, Warehouse
from inventory.services.suppliers import suppliers_of
from shop.models import Channel, Variant

Reason = ReplenishmentLine.Reason
NEW_PRODUCT_POINT = 6
NEW_PRODUCT_TARGET = 24
UNKNOWN = [float("nan")] * 4


@dataclass(frozen=True)
class _Plan:
    """What the lines are made from; arrays have a row per level.

    ``spare`` is, by variant and warehouse, what a place has beyond its own order-up-to level; what
    a line takes is taken off.
    """

    levels: list[StockLevel]
    result: ReorderLevels
    suppliers: dict[int, Supplier]
    coming: dict[tuple[int, int], int]
    spare: dict[int, dict[int, int]]
    central: set[int]
    unsold: set[int]
    promoted: set[int]


def plan_replenishment() -> int:
    """Compute reorder points from the last forecasts and write the list anew; return its length.

    Lines that were ordered stay as history; what is on order counts as stock. Two plans made at
    once are one: the rows are the same, and the second one's are passed over.
    """
    _make_missing_levels()
    levels = list(StockLevel.objects.order_by("pk"))
    if not levels:
        return 0
    plan = _plan(levels)
    _store_points(plan)
    lines = [line for index in range(len(levels)) if (line := _line(plan, index))]
    _from_other_places(plan, lines)
    with transaction.atomic():
        ReplenishmentLine.objects.filter(state=ReplenishmentLine.State.OPEN).delete()
        ReplenishmentLine.objects.bulk_create(lines, batch_size=500, ignore_conflicts=True)
    return len(lines)


def _make_missing_levels() -> None:
    """Give a variant on sale that was never stocked an empty level, so that it can be ordered."""
    centre = Warehouse.objects.filter(channel__kind=Channel.Kind.ONLINE).first()
    if centre is None:
        return
    never = Variant.objects.filter(
        ~Exists(StockLevel.objects.filter(variant=OuterRef("pk"))),
        is_active=True,
        product__is_active=True,
    )
    StockLevel.objects.bulk_create(
        (StockLevel(variant_id=pk, warehouse=centre) for pk in never.values_list("pk", flat=True)),
        ignore_conflicts=True,
        batch_size=1000,
    )


def _plan(levels: list[StockLevel]) -> _Plan:
    forecasts = {
        variant_id: (daily, deviation, _margins(spread))
        for variant_id, daily, deviation, spread in selectors.latest_forecasts().values_list(
            "variant_id", "daily", "deviation", "spread"
        )
    }
    suppliers = suppliers_of(level.variant_id for level in levels)
    nothing = ([0.0] * 28, 0.0, UNKNOWN)
    known = [forecasts.get(level.variant_id, nothing) for level in levels]
    means = np.array([daily for daily, _, _ in known], dtype=np.float64)
    deviations = np.array([deviation for _, deviation, _ in known])
    spreads = np.array([spread for _, _, spread in known])
    lead_times = np.array([suppliers[level.variant_id].lead_time_days for level in levels])
    warehouses = {row.pk: row for row in Warehouse.objects.select_related("channel")}
    central = _central(warehouses)
    shares = shares_of(levels, warehouses)
    unsold = Variant.objects.filter(is_active=True, product__units_sold=0)
    result = reorder_levels(means, deviations, lead_times, shares=shares, spreads=spreads)
    return _Plan(
        levels=levels,
        result=result,
        spare=_spare(levels, result),
        suppliers=suppliers,
        coming=selectors.on_order(),
        central=central,
        unsold=set(unsold.order_by().values_list("pk", flat=True)) - forecasts.keys(),
        promoted=selectors.promoted_within(int(lead_times.max())),
    )


def _spare(levels: list[StockLevel], result: ReorderLevels) -> dict[int, dict[int, int]]:
    promised = selectors.leaving()
    spare: dict[int, dict[int, int]] = defaultdict(dict)
    for level, target in zip(levels, result.order_up_to.tolist(), strict=True):
        key = (level.variant_id, level.warehouse_id)
        units = level.free - promised.get(key, 0) - target
        if units > 0:
            spare[level.variant_id][level.warehouse_id] = units
    return dict(spare)


def _from_other_places(plan: _Plan, lines: list[ReplenishmentLine]) -> None:
    """Let lines be served by the warehouse that has most to spare, the most urgent line first.

    Only when that lifts the level above its reorder point: else the supplier is asked for all.
    """
    known = [line for line in lines if line.reason != Reason.NEW_PRODUCT]
    for line in sorted(known, key=lambda row: (row.days_left or 0.0, row.warehouse_id)):
        spare = plan.spare.get(line.variant_id, {})
        source = max(spare, key=lambda pk: (spare[pk], -pk), default=None)
        if source is None:
            continue
        units = min(line.quantity, spare[source])
        if line.position + units > line.reorder_point:
            line.source_id, line.quantity = source, units
            spare[source] -= units


def _margins(spread: list[list[float]]) -> list[float]:
    """Weekly spreads at the service level of a forecast, nan for one made from means."""
    place = LEVELS.index(SERVICE_LEVEL)
    return [row[place] for row in spread] if len(spread) == len(UNKNOWN) else UNKNOWN


def _central(warehouses: dict[int, Warehouse]) -> set[int]:
    """Those that serve the online channel; all of them when none does."""
    online = {pk for pk, row in warehouses.items() if row.channel.kind == Channel.Kind.ONLINE}
    return online or set(warehouses)


def shares_of(levels: list[StockLevel], warehouses: dict[int, Warehouse]) -> np.ndarray:
    """The part of its variant's demand that each level serves, float64 (n_levels,).

    A store serves what its channel sold; the central warehouses serve the rest.
    """
    central = _central(warehouses)
    seen = selectors.latest_forecasts().values_list("data_to", flat=True).first()
    sold = selectors.units_by_channel(last_day=seen) if seen else {}
    members: dict[tuple[int, int], int] = defaultdict(int)
    for level in levels:
        members[level.variant_id, warehouses[level.warehouse_id].channel_id] += 1
    shares = np.zeros(len(levels))
    served: dict[int, float] = defaultdict(float)
    n_central: dict[int, int] = defaultdict(int)
    for index, level in enumerate(levels):
        if level.warehouse_id in central:
            n_central[level.variant_id] += 1
            continue
        channel = warehouses[level.warehouse_id].channel_id
        units = sold.get(level.variant_id, {})
        total = sum(units.values())
        if total:
            shares[index] = units.get(channel, 0) / total / members[level.variant_id, channel]
            served[level.variant_id] += shares[index]
    for index, level in enumerate(levels):
        if level.warehouse_id in central:
            rest = max(1.0 - served[level.variant_id], 0.0)
            shares[index] = rest / n_central[level.variant_id]
    return shares


def _store_points(plan: _Plan) -> None:
    """Write safety stock and reorder point of the levels where they changed.

    Rows go in the order of their keys, in short transactions: checkouts lock in the same order.
    """
    changed = []
    for index, level in enumerate(plan.levels):
        safety = int(plan.result.safety_stock[index])
        point = int(plan.result.reorder_point[index])
        if (level.safety_stock, level.reorder_point) != (safety, point):
            changed.append(
                StockLevel(
                    variant_id=level.variant_id,
                    warehouse_id=level.warehouse_id,
                    safety_stock=safety,
                    reorder_point=point,
                )
            )
    for start in range(0, len(changed), 1000):
        StockLevel.objects.bulk_create(
            changed[start : start + 1000],
            update_conflicts=True,
            unique_fields=["variant", "warehouse"],
            update_fields=["safety_stock", "reorder_point"],
        )


def _line(plan: _Plan, index: int) -> ReplenishmentLine | None:
    level = plan.levels[index]
    supplier = plan.suppliers[level.variant_id]
    position = level.free + plan.coming.get((level.variant_id, level.warehouse_id), 0)
    daily = float(plan.result.daily[index])
    point, target = int(plan.result.reorder_point[index]), int(plan.result.order_up_to[index])
    days_left = round(level.free / daily, 1) if daily > 0 else None
    if daily == 0:
        if level.variant_id not in plan.unsold or level.warehouse_id not in plan.central:
            return None
        point, target, reason = NEW_PRODUCT_POINT, NEW_PRODUCT_TARGET, Reason.NEW_PRODUCT
    elif position == 0:
        reason = Reason.OUT_OF_STOCK
    elif days_left is not None and days_left < supplier.lead_time_days:
        reason = Reason.RUNS_OUT
    else:
        reason = Reason.BELOW_POINT
    if position > point:
        return None
    return ReplenishmentLine(
        variant_id=level.variant_id,
        warehouse_id=level.warehouse_id,
        supplier=supplier,
        quantity=max(target - position, 1),
        position=position,
        reorder_point=point,
        order_up_to=target,
        days_left=days_left,
        reason=reason,
        reason_data={
            "lead_time": supplier.lead_time_days,
            "daily": round(daily, 2),
            "safety_stock": int(plan.result.safety_stock[index]),
            "promotion": level.variant_id in plan.promoted,
        },
        made_on=timezone.localdate(),
    )
