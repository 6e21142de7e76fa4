"""Units held for checkouts: held, sold, given back, brought back. Each twice is once.

A checkout's reservations are found by its uuid. Allocation takes the warehouses of the order's own
channel first, then online stock, then whoever has most, and splits a line when it must.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from inventory.locks import lock_levels, lock_levels_at, lock_reservations
from inventory.models import LedgerEntry, Reservation, StockLevel, Warehouse
from inventory.services._ledger import Change, _booked, _move
from inventory.services.stock import check_units
from shop.models import Channel, User, Variant
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
HOLD = timedelta(minutes=15)
Reason = LedgerEntry.Reason
State = Reservation.State


@dataclass(frozen=True)
class Wanted:
    """Units of a variant that a checkout asks for."""

    variant: Variant
    quantity: int


@transaction.atomic
def reserve(
    *, checkout_uuid: UUID, wanted: Sequence[Wanted], channel: Channel | None = None
) -> None:
    """Hold units for a checkout for ``HOLD``. All or nothing.

    A checkout that already holds just these units keeps them, with a new expiry; one whose cart
    has changed gives them back first; one whose units were sold is left alone. Raises Refused with
    every shortage in ``data["shortages"]``.
    """
    asked = _by_variant(wanted)
    rows = lock_reservations(checkout_uuid)
    if any(row.state == State.CONSUMED for row in rows):
        return
    expires = timezone.now() + HOLD
    held = [row for row in rows if row.state == State.HELD]
    if held and _units(held) == {pk: item.quantity for pk, item in asked.items()}:
        Reservation.objects.filter(pk__in=[row.pk for row in held]).update(expires_at=expires)
        return
    levels = lock_levels({*asked, *(row.variant_id for row in held)})
    if held:
        _give_back(held, levels, reference=str(checkout_uuid))
    parts = _allocate(asked, levels, channel)
    _move(
        [Change(level, reserved=units) for level, units in parts],
        reason=Reason.RESERVATION,
        reference=str(checkout_uuid),
    )
    _write(checkout_uuid, parts, rows, expires)


def _by_variant(wanted: Sequence[Wanted]) -> dict[int, Wanted]:
    """Merge lines of the same variant; refuse quantities that are none."""
    asked: dict[int, Wanted] = {}
    for item in wanted:
        check_units(item.quantity, reference="checkout")
        before = asked.get(item.variant.pk)
        quantity = item.quantity + (before.quantity if before else 0)
        asked[item.variant.pk] = Wanted(item.variant, quantity)
    return asked


def _units(rows: Sequence[Reservation]) -> dict[int, int]:
    units: dict[int, int] = {}
    for row in rows:
        units[row.variant_id] = units.get(row.variant_id, 0) + row.quantity
    return units


def _allocate(
    asked: dict[int, Wanted], levels: Sequence[StockLevel], channel: Channel | None
) -> list[tuple[StockLevel, int]]:
    """Choose how many units come from which level, or refuse with all that is short."""
    own = channel.pk if channel else None
    by_variant: dict[int, list[StockLevel]] = {}
    for level in levels:
        by_variant.setdefault(level.variant_id, []).append(level)
    parts: list[tuple[StockLevel, int]] = []
    shortages = []
    for pk, item in asked.items():
        candidates = sorted(
            (level for level in by_variant.get(pk, []) if level.free > 0),
            key=lambda row: (
                row.warehouse.channel_id != own,
                row.warehouse.channel.kind != Channel.Kind.ONLINE,
                -row.free,
                row.pk,
            ),
        )
        available = sum(level.free for level in candidates)
        if available < item.quantity:
            shortages.append({"variant": pk, "available": available, "title": str(item.variant)})
            continue
        left = item.quantity
        for level in candidates:
            part = min(left, level.free)
            parts.append((level, part))
            left -= part
            if left == 0:
                break
    if shortages:
        raise Refused(RefusalCode.OUT_OF_STOCK, **shortages[0], shortages=shortages)
    return parts


def _write(
    checkout_uuid: UUID,
    parts: Sequence[tuple[StockLevel, int]],
    rows: Sequence[Reservation],
    expires: datetime,
) -> None:
    """Write reservations; one that this checkout had before and gave back is used again."""
    before = {(row.variant_id, row.warehouse_id): row for row in rows}
    new, again = [], []
    for level, units in parts:
        row = before.get((level.variant_id, level.warehouse_id))
        if row is None:
            new.append(
                Reservation(
                    checkout_uuid=checkout_uuid,
                    variant_id=level.variant_id,
                    warehouse_id=level.warehouse_id,
                    quantity=units,
                    expires_at=expires,
                )
            )
        else:
            row.quantity, row.state, row.expires_at = units, State.HELD, expires
            again.append(row)
    Reservation.objects.bulk_create(new)
    Reservation.objects.bulk_update(again, ["quantity", "state", "expires_at"])


def _give_back(
    rows: Sequence[Reservation], levels: Sequence[StockLevel], *, reference: str
) -> None:
    """Release held rows whose levels are locked."""
    by_key = {(level.variant_id, level.warehouse_id): level for level in levels}
    _move(
        [Change(by_key[row.variant_id, row.warehouse_id], reserved=-row.quantity) for row in rows],
        reason=Reason.RELEASE,
        reference=reference,
    )
    for row in rows:
        row.state = State.RELEASED
    Reservation.objects.bulk_update(rows, ["state"])


@transaction.atomic
def release(*, checkout_uuid: UUID, expired_before: datetime | None = None) -> int:
    """Give back what a checkout holds; return how many units.

    With ``expired_before`` only what ran out before that moment: a hold that was prolonged in the
    meantime stays.
    """
    rows = lock_reservations(checkout_uuid, state=State.HELD)
    if expired_before is not None:
        rows = [row for row in rows if row.expires_at < expired_before]
    if rows:
        levels = lock_levels(row.variant_id for row in rows)
        _give_back(rows, levels, reference=str(checkout_uuid))
    return sum(row.quantity for row in rows)


@transaction.atomic
def consume(
    *, checkout_uuid: UUID, wanted: Sequence[Wanted], channel: Channel | None = None
) -> None:
    """Turn a checkout's reservation into a sale.

    A reservation that ran out meanwhile is made anew, or Refused when others took the units.
    """
    reserve(checkout_uuid=checkout_uuid, wanted=wanted, channel=channel)
    rows = lock_reservations(checkout_uuid, state=State.HELD)
    if not rows:
        return
    levels = lock_levels(row.variant_id for row in rows)
    by_key = {(level.variant_id, level.warehouse_id): level for level in levels}
    _move(
        [
            Change(
                by_key[row.variant_id, row.warehouse_id],
                on_hand=-row.quantity,
                reserved=-row.quantity,
            )
            for row in rows
        ],
        reason=Reason.SALE,
        reference=str(checkout_uuid),
    )
    for row in rows:
        row.state = State.CONSUMED
    Reservation.objects.bulk_update(rows, ["state"])


@transaction.atomic
def return_goods(
    *,
    checkout_uuid: UUID | None,
    units: dict[int, int],
    fallback: Warehouse | None,
    reference: str,
    by: User | None = None,
) -> int:
    """Put returned units (``{variant id: units}``) back into stock; return how many were booked.

    They go where they came from; what no sale of this checkout explains goes to ``fallback``. The
    same ``reference`` is booked once for a variant and warehouse.
    """
    for quantity in units.values():
        check_units(quantity, reference=reference)
    sold = lock_reservations(checkout_uuid, state=State.CONSUMED) if checkout_uuid else []
    if {variant_id for variant_id, _ in _booked(reference, Reason.RETURN)} & units.keys():
        return 0
    back: dict[tuple[int, int], int] = {}
    for variant_id, quantity in units.items():
        left = quantity
        for row in sold:
            part = min(left, row.quantity - row.returned) if row.variant_id == variant_id else 0
            if part > 0:
                row.returned += part
                left -= part
                key = (variant_id, row.warehouse_id)
                back[key] = back.get(key, 0) + part
        if left and fallback is not None:
            key = (variant_id, fallback.pk)
            back[key] = back.get(key, 0) + left
        elif left:
            log.warning("%s: %d units of %d have no warehouse", reference, left, variant_id)
    Reservation.objects.bulk_update(sold, ["returned"])
    levels = lock_levels_at(back)
    changes = [Change(levels[key], on_hand=part) for key, part in sorted(back.items())]
    _move(changes, reason=Reason.RETURN, reference=reference, by=by)
    return sum(back.values())


@transaction.atomic
def put_back_cancelled(*, checkout_uuid: UUID, reference: str) -> int:
    """Put what is left of a cancelled order back; return how many units. Holds are released."""
    release(checkout_uuid=checkout_uuid)
    units: dict[int, int] = {}
    for row in lock_reservations(checkout_uuid, state=State.CONSUMED):
        if row.quantity > row.returned:
            units[row.variant_id] = units.get(row.variant_id, 0) + row.quantity - row.returned
    if not units:
        return 0
    return return_goods(
        checkout_uuid=checkout_uuid, units=units, fallback=None, reference=reference
    )


def expire_reservations() -> int:
    """Release every reservation whose time is over; return of how many checkouts."""
    now = timezone.now()
    late = Reservation.objects.filter(state=State.HELD, expires_at__lt=now).order_by()
    uuids = list(late.values_list("checkout_uuid", flat=True).distinct())
    return sum(release(checkout_uuid=uuid, expired_before=now) > 0 for uuid in uuids)
