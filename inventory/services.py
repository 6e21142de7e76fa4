"""What changes stock. Every change goes through ``_move`` and so through the ledger."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from foundation.runs import training_run
from inventory import selectors
from inventory.learning.baselines import HORIZON, WeekdayMean
from inventory.learning.replenishment import reorder_levels
from inventory.locks import lock_levels, lock_reservations
from inventory.models import (
    Forecast,
    LedgerEntry,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderLine,
    Reservation,
    StockLevel,
    Supplier,
    Warehouse,
)
from shop.models import User, Variant
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
HOLD = timedelta(minutes=20)
Reason = LedgerEntry.Reason


def _move(
    level: StockLevel,
    *,
    on_hand: int = 0,
    reserved: int = 0,
    reason: str,
    reference: str,
    by: User | None = None,
) -> None:
    """Change a locked level and write the ledger. The database refuses impossible levels."""
    level.on_hand += on_hand
    level.reserved += reserved
    level.save(update_fields=["on_hand", "reserved"])
    LedgerEntry.objects.create(
        variant_id=level.variant_id,
        warehouse_id=level.warehouse_id,
        on_hand_change=on_hand,
        reserved_change=reserved,
        reason=reason,
        reference=reference[:80],
        by=by,
    )


def _level(variant_id: int, warehouse_id: int) -> StockLevel:
    StockLevel.objects.get_or_create(variant_id=variant_id, warehouse_id=warehouse_id)
    found = [row for row in lock_levels([variant_id]) if row.warehouse_id == warehouse_id]
    return found[0]


@transaction.atomic
def receive(
    *,
    variant: Variant,
    warehouse: Warehouse,
    quantity: int,
    reason: str = Reason.RECEIPT,
    reference: str = "",
    by: User | None = None,
) -> None:
    """Put ``quantity`` units into a warehouse."""
    if quantity <= 0:
        raise Refused(RefusalCode.INVALID_INPUT)
    level = _level(variant.pk, warehouse.pk)
    _move(level, on_hand=quantity, reason=reason, reference=reference, by=by)


@transaction.atomic
def count(*, variant: Variant, warehouse: Warehouse, found: int, by: User | None) -> None:
    """Set the level to what a stock count found; reserved units cannot be counted away."""
    level = _level(variant.pk, warehouse.pk)
    if found < level.reserved:
        raise Refused(
            RefusalCode.OUT_OF_STOCK, available=level.on_hand - level.reserved, title=str(variant)
        )
    if found != level.on_hand:
        change = found - level.on_hand
        _move(level, on_hand=change, reason=Reason.COUNT, reference="count", by=by)


@dataclass(frozen=True)
class Wanted:
    variant: Variant
    quantity: int


@transaction.atomic
def reserve(*, checkout_uuid: UUID, wanted: list[Wanted]) -> None:
    """Hold units for a checkout: online stock first, then the fullest stores. All or nothing.

    A checkout that holds its units already keeps them, with a new expiry.
    """
    expires = timezone.now() + HOLD
    held = lock_reservations(checkout_uuid=checkout_uuid, state=Reservation.State.HELD)
    if held:
        Reservation.objects.filter(pk__in=[row.pk for row in held]).update(expires_at=expires)
        return
    levels: dict[int, list[StockLevel]] = {}
    for level in lock_levels(item.variant.pk for item in wanted):
        levels.setdefault(level.variant_id, []).append(level)
    for item in wanted:
        candidates = sorted(
            levels.get(item.variant.pk, []),
            key=lambda row: (
                row.warehouse.channel.kind != "online",
                row.reserved - row.on_hand,
                row.pk,
            ),
        )
        free = sum(row.on_hand - row.reserved for row in candidates)
        if free < item.quantity:
            raise Refused(
                RefusalCode.OUT_OF_STOCK,
                available=free,
                title=str(item.variant),
                variant=item.variant.pk,
            )
        left = item.quantity
        for level in candidates:
            part = min(left, level.on_hand - level.reserved)
            if part <= 0:
                continue
            _move(level, reserved=part, reason=Reason.RESERVATION, reference=str(checkout_uuid))
            Reservation.objects.create(
                checkout_uuid=checkout_uuid,
                variant=item.variant,
                warehouse=level.warehouse,
                quantity=part,
                expires_at=expires,
            )
            left -= part


def _change_reservations(
    rows: list[Reservation], state: str, reason: str, *, on_hand_sign: int, reserved_sign: int
) -> None:
    levels = {
        (row.variant_id, row.warehouse_id): row
        for row in lock_levels(row.variant_id for row in rows)
    }
    for row in rows:
        _move(
            levels[row.variant_id, row.warehouse_id],
            on_hand=on_hand_sign * row.quantity,
            reserved=reserved_sign * row.quantity,
            reason=reason,
            reference=str(row.checkout_uuid),
        )
        row.state = state
        row.save(update_fields=["state"])


@transaction.atomic
def release(*, checkout_uuid: UUID) -> None:
    """Give back what a checkout holds. Twice is once."""
    rows = lock_reservations(checkout_uuid=checkout_uuid, state=Reservation.State.HELD)
    states = Reservation.State
    _change_reservations(rows, states.RELEASED, Reason.RELEASE, on_hand_sign=0, reserved_sign=-1)


@transaction.atomic
def consume(*, checkout_uuid: UUID, wanted: list[Wanted]) -> None:
    """Turn a checkout's reservation into a sale; one that ran out is made anew first."""
    reserve(checkout_uuid=checkout_uuid, wanted=wanted)
    rows = lock_reservations(checkout_uuid=checkout_uuid, state=Reservation.State.HELD)
    states = Reservation.State
    _change_reservations(rows, states.CONSUMED, Reason.SALE, on_hand_sign=-1, reserved_sign=-1)


@transaction.atomic
def put_back(*, checkout_uuid: UUID, reason: str = Reason.RETURN) -> None:
    """Put a cancelled order's units back where they came from. Twice is once."""
    rows = lock_reservations(checkout_uuid=checkout_uuid, state=Reservation.State.CONSUMED)
    states = Reservation.State
    _change_reservations(rows, states.RETURNED, reason, on_hand_sign=1, reserved_sign=0)


def expire_reservations() -> int:
    """Release every reservation whose time is over; return how many checkouts."""
    late = (
        Reservation.objects.filter(state=Reservation.State.HELD, expires_at__lt=timezone.now())
        .values_list("checkout_uuid", flat=True)
        .distinct()
    )
    uuids = list(late)
    for uuid in uuids:
        release(checkout_uuid=uuid)
    return len(uuids)


def reconcile() -> list[str]:
    """Compare levels with the ledger and with reservations; log and return each difference."""
    differences = selectors.ledger_differences()
    for line in differences:
        log.error("stock does not reconcile: %s", line)
    return differences


def forecast_all(progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Forecast every variant with sales and rebuild the reorder list; return how many."""
    with training_run("inventory.forecast") as run:
        demand = selectors.daily_demand()
        if demand is None:
            run.report(0, 0, "no sales yet")
            return 0
        progress(1, 4)
        model = WeekdayMean().fit(demand.units)
        means = model.predict(HORIZON)
        deviations = demand.units[:, -28:].std(axis=1)
        progress(2, 4)
        rows = [
            Forecast(
                variant_id=int(variant_id),
                made_on=demand.last_day,
                method="weekday mean, 28 days",
                daily=[round(float(value), 3) for value in mean],
                total=float(mean.sum()),
                deviation=float(deviation),
            )
            for variant_id, mean, deviation in zip(
                demand.variant_ids, means, deviations, strict=True
            )
        ]
        with transaction.atomic():
            Forecast.objects.all().delete()
            Forecast.objects.bulk_create(rows, batch_size=1000)
        progress(3, 4)
        _rebuild_reorder_list(demand.variant_ids, means, deviations, demand.last_day)
        progress(4, 4)
        run.report(len(rows), len(rows), f"{len(rows)} variants")
        return len(rows)


def _rebuild_reorder_list(
    variant_ids: np.ndarray, means: np.ndarray, deviations: np.ndarray, made_on: date
) -> None:
    supplier = Supplier.objects.order_by("pk").first()
    lead = supplier.lead_time_days if supplier else 5
    points, targets = reorder_levels(means, deviations, lead_time=lead)
    positions = selectors.stock_positions()
    lines = []
    for variant_id, point, target, mean in zip(variant_ids, points, targets, means, strict=True):
        position = positions.get(int(variant_id), 0)
        if position >= point:
            continue
        rate = float(mean[:lead].mean())
        lines.append(
            ReorderLine(
                variant_id=int(variant_id),
                position=position,
                reorder_point=int(point),
                order_up_to=int(target),
                quantity=int(target) - position,
                days_left=round(max(position, 0) / rate, 1) if rate > 0 else None,
                made_on=made_on,
            )
        )
    with transaction.atomic():
        ReorderLine.objects.all().delete()
        ReorderLine.objects.bulk_create(lines, batch_size=1000)


@transaction.atomic
def order_reorder_lines(*, lines: list[ReorderLine]) -> PurchaseOrder | None:
    """Write a draft purchase order for reorder lines and take them off the list."""
    if not lines:
        return None
    supplier, _ = Supplier.objects.get_or_create(name="Central supplier")
    warehouse = Warehouse.objects.order_by("position")[0]
    order = PurchaseOrder.objects.create(supplier=supplier, warehouse=warehouse)
    PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(order=order, variant_id=line.variant_id, quantity=line.quantity)
        for line in lines
    )
    ReorderLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    return order


@transaction.atomic
def receive_purchase_order(*, order: PurchaseOrder, by: User | None) -> None:
    """Book the goods of a purchase order. Twice is once."""
    order = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    if order.state == PurchaseOrder.State.RECEIVED:
        return
    for line in order.lines.select_related("variant").order_by("variant"):
        receive(
            variant=line.variant,
            warehouse=order.warehouse,
            quantity=line.quantity,
            reference=str(order),
            by=by,
        )
    order.state, order.received_at = PurchaseOrder.State.RECEIVED, timezone.now()
    order.save(update_fields=["state", "received_at"])
