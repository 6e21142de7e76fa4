"""Purchase orders: written from the reorder list, approved, sent, received. Each twice is once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from inventory import selectors
from inventory.locks import lock_levels, lock_levels_at, lock_open_lines, lock_purchase_order
from inventory.models import (
    LedgerEntry,
    PurchaseOrder,
    PurchaseOrderLine,
    ReplenishmentLine,
    StockLevel,
    Supplier,
    Warehouse,
)
from inventory.services._ledger import Change, _move
from inventory.services.stock import lot_of
from inventory.services.suppliers import suppliers_of
from shop.models import User
from shop.refusals import RefusalCode, Refused

State = PurchaseOrder.State


@transaction.atomic
def order_replenishment(*, lines: Sequence[ReplenishmentLine]) -> list[PurchaseOrder]:
    """Write drafts for open reorder lines, one per supplier and warehouse; mark the lines.

    Lines that another warehouse can serve are passed over: see ``transfer_replenishment``.
    """
    groups: dict[tuple[int, int], list[ReplenishmentLine]] = {}
    for line in lock_open_lines(line.pk for line in lines if line.source_id is None):
        groups.setdefault((line.supplier_id, line.warehouse_id), []).append(line)
    orders = []
    for members in groups.values():
        order = _draft(
            members[0].supplier,
            members[0].warehouse,
            {line.variant_id: line.quantity for line in members},
        )
        written = {row.variant_id: row for row in order.lines.all()}
        for line in members:
            line.state = ReplenishmentLine.State.ORDERED
            line.order_line = written[line.variant_id]
        ReplenishmentLine.objects.bulk_update(members, ["state", "order_line"], batch_size=200)
        orders.append(order)
    return orders


@transaction.atomic
def order_to_reorder_point(*, levels: Iterable[StockLevel]) -> list[PurchaseOrder]:
    """Write drafts that bring stock levels up to their reorder points.

    Units on order, drafts included, count; so ordering twice orders once. Levels that have enough
    are passed over.
    """
    chosen = {level.pk: level.variant_id for level in levels}
    # Under the lock, so that two clicks at once do not both see that nothing is on order.
    fresh = [level for level in lock_levels(chosen.values()) if level.pk in chosen]
    coming = selectors.on_order()
    suppliers = suppliers_of(level.variant_id for level in fresh)
    groups: dict[tuple[int, int], dict[int, int]] = {}
    found: dict[tuple[int, int], tuple[Supplier, Warehouse]] = {}
    for level in fresh:
        position = level.free + coming.get((level.variant_id, level.warehouse_id), 0)
        missing = level.reorder_point - position
        if missing <= 0:
            continue
        supplier = suppliers[level.variant_id]
        key = (supplier.pk, level.warehouse_id)
        found[key] = (supplier, level.warehouse)
        groups.setdefault(key, {})[level.variant_id] = missing
    return [_draft(*found[key], quantities) for key, quantities in groups.items()]


def _draft(supplier: Supplier, warehouse: Warehouse, quantities: dict[int, int]) -> PurchaseOrder:
    order = PurchaseOrder.objects.create(supplier=supplier, warehouse=warehouse)
    PurchaseOrderLine.objects.bulk_create(
        (
            PurchaseOrderLine(order=order, variant_id=variant_id, quantity=quantity)
            for variant_id, quantity in sorted(quantities.items())
        ),
        batch_size=500,
    )
    return order


def _begin(order: PurchaseOrder, allowed: Sequence[State], target: State) -> PurchaseOrder | None:
    """Lock the order; None when it is where it should go, Refused when it cannot go there."""
    order = lock_purchase_order(order.pk)
    if order.state == target:
        return None
    if order.state not in allowed:
        raise Refused(RefusalCode.TOO_LATE, status=str(order.get_state_display()))
    if target != State.CANCELLED and not order.lines.exists():
        raise Refused(RefusalCode.INVALID_INPUT)
    order.state = target
    return order


def _add_inbound(order: PurchaseOrder, sign: int) -> dict[tuple[int, int], StockLevel]:
    """Count the order's units as inbound (+1) or no longer (-1); return the locked levels."""
    units = dict(order.lines.values_list("variant_id", "quantity"))
    levels = lock_levels_at((variant_id, order.warehouse_id) for variant_id in units)
    for (variant_id, _), level in levels.items():
        level.inbound = max(level.inbound + sign * units[variant_id], 0)
    StockLevel.objects.bulk_update(levels.values(), ["inbound"], batch_size=200)
    return levels


@transaction.atomic
def approve_purchase_order(*, order: PurchaseOrder, by: User | None) -> None:
    """Fix the lines of a draft."""
    locked = _begin(order, [State.DRAFT], State.APPROVED)
    if locked is not None:
        locked.approved_by = by
        locked.save(update_fields=["state", "approved_by"])


@transaction.atomic
def send_purchase_order(*, order: PurchaseOrder) -> None:
    """An approved order is on its way: its units are inbound until they are received."""
    locked = _begin(order, [State.APPROVED], State.SENT)
    if locked is None:
        return
    _add_inbound(locked, 1)
    now = timezone.now()
    locked.sent_at = now
    lead_time = timedelta(days=locked.supplier.lead_time_days)
    locked.expected_on = timezone.localdate(now) + lead_time
    locked.save(update_fields=["state", "sent_at", "expected_on"])


@transaction.atomic
def receive_purchase_order(
    *, order: PurchaseOrder, by: User | None, expires: Mapping[int, date] | None = None
) -> None:
    """Book the goods of a sent order into its warehouse; ``expires`` are days by variant id."""
    locked = _begin(order, [State.SENT], State.RECEIVED)
    if locked is None:
        return
    levels = _add_inbound(locked, -1)
    _move(
        [
            Change(
                levels[line.variant_id, locked.warehouse_id],
                on_hand=line.quantity,
                lots=lot_of((expires or {}).get(line.variant_id), line.quantity),
            )
            for line in locked.lines.order_by("variant_id")
        ],
        reason=LedgerEntry.Reason.RECEIPT,
        reference=str(locked),
        by=by,
    )
    locked.received_at = timezone.now()
    locked.save(update_fields=["state", "received_at"])


@transaction.atomic
def cancel_purchase_order(*, order: PurchaseOrder) -> None:
    """Give up an order that has not arrived; the next plan may propose its lines again."""
    locked = _begin(order, PurchaseOrder.OPEN, State.CANCELLED)
    if locked is None:
        return
    if locked.sent_at is not None:
        _add_inbound(locked, -1)
    locked.save(update_fields=["state"])
