"""Which rows are locked, and in which order: always by primary key, and nowhere else.

A caller that needs several kinds of rows takes reorder lines first, then purchase orders or
transfers, then reservations, then levels. Two checkouts that want the same variants therefore wait
for each other and never deadlock. On SQLite the (immediate) transaction itself holds the only
write lock, and ``select_for_update`` adds nothing.
"""

from collections.abc import Iterable
from uuid import UUID

from inventory.models import PurchaseOrder, ReplenishmentLine, Reservation, StockLevel, Transfer

LevelKey = tuple[int, int]
"""(variant id, warehouse id)"""


def lock_purchase_order(order_id: int) -> PurchaseOrder:
    """Lock and return one purchase order."""
    return PurchaseOrder.objects.select_for_update().get(pk=order_id)


def lock_transfer(transfer_id: int) -> Transfer:
    """Lock and return one transfer."""
    return Transfer.objects.select_for_update().get(pk=transfer_id)


def lock_reservations(
    checkout_uuid: UUID, *, state: Reservation.State | None = None
) -> list[Reservation]:
    """Lock and return a checkout's reservations, all or those in one state."""
    rows = Reservation.objects.filter(checkout_uuid=checkout_uuid)
    if state is not None:
        rows = rows.filter(state=state)
    return list(rows.select_for_update().order_by("pk"))


def lock_levels(variant_ids: Iterable[int]) -> list[StockLevel]:
    """Lock and return all stock levels of these variants, over all warehouses."""
    return list(
        StockLevel.objects.select_for_update(of=("self",))
        .filter(variant__in=set(variant_ids))
        .select_related("warehouse__channel")
        .order_by("pk")
    )


def lock_levels_at(keys: Iterable[LevelKey]) -> dict[LevelKey, StockLevel]:
    """Lock the levels of these variants and warehouses; those that are missing are made, empty."""
    wanted = set(keys)
    found = _locked_at(wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        # New rows have the highest keys, so the order of locking stays ascending.
        StockLevel.objects.bulk_create(
            (
                StockLevel(variant_id=variant_id, warehouse_id=warehouse_id)
                for variant_id, warehouse_id in missing
            ),
            ignore_conflicts=True,
            batch_size=1000,
        )
        found |= _locked_at(set(missing))
    return found


def _locked_at(wanted: set[LevelKey]) -> dict[LevelKey, StockLevel]:
    rows = (
        StockLevel.objects.select_for_update()
        .filter(
            variant__in={variant_id for variant_id, _ in wanted},
            warehouse__in={warehouse_id for _, warehouse_id in wanted},
        )
        .order_by("pk")
    )
    by_key = {(row.variant_id, row.warehouse_id): row for row in rows}
    return {key: row for key, row in by_key.items() if key in wanted}


def lock_open_lines(line_ids: Iterable[int]) -> list[ReplenishmentLine]:
    """Lock and return the lines of the reorder list that nobody has ordered yet."""
    return list(
        ReplenishmentLine.objects.select_for_update(of=("self",))
        .filter(pk__in=set(line_ids), state=ReplenishmentLine.State.OPEN)
        .select_related("supplier", "warehouse")
        .order_by("pk")
    )
