"""Transfers: written, dispatched, received whole or short. Each twice is once."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from inventory.locks import lock_levels_at, lock_open_lines, lock_transfer
from inventory.models import (
    LedgerEntry,
    ReplenishmentLine,
    StockLevel,
    Transfer,
    TransferLine,
    Warehouse,
)
from inventory.services._ledger import Change, _move
from inventory.services.stock import check_units, out_of_stock
from shop.models import User
from shop.refusals import RefusalCode, Refused

Reason = LedgerEntry.Reason
Short = TransferLine.Short
State = Transfer.State
Levels = dict[tuple[int, int], StockLevel]


@transaction.atomic
def create_transfer(
    *, source: Warehouse, target: Warehouse, quantities: Mapping[int, int]
) -> Transfer:
    """Write a draft of ``{variant id: units}``; nothing moves yet."""
    if source.pk == target.pk or not quantities:
        raise Refused(RefusalCode.INVALID_INPUT)
    for quantity in quantities.values():
        check_units(quantity, reference="transfer")
    transfer = Transfer.objects.create(source=source, target=target)
    TransferLine.objects.bulk_create(
        (
            TransferLine(transfer=transfer, variant_id=variant_id, quantity=quantity)
            for variant_id, quantity in sorted(quantities.items())
        ),
        batch_size=500,
    )
    return transfer


@transaction.atomic
def transfer_replenishment(*, lines: Sequence[ReplenishmentLine]) -> list[Transfer]:
    """Write drafts for open reorder lines that another warehouse can serve, one for each pair of
    warehouses; mark the lines. Lines for suppliers are passed over."""
    groups: dict[tuple[int, int], list[ReplenishmentLine]] = {}
    for line in lock_open_lines(line.pk for line in lines if line.source_id is not None):
        if line.source_id is not None:
            groups.setdefault((line.source_id, line.warehouse_id), []).append(line)
    transfers = []
    places = Warehouse.objects.in_bulk({pk for pair in groups for pk in pair})
    for (source_id, target_id), members in groups.items():
        transfer = create_transfer(
            source=places[source_id],
            target=places[target_id],
            quantities={line.variant_id: line.quantity for line in members},
        )
        written = {row.variant_id: row for row in transfer.lines.all()}
        for line in members:
            line.state = ReplenishmentLine.State.ORDERED
            line.transfer_line = written[line.variant_id]
        ReplenishmentLine.objects.bulk_update(members, ["state", "transfer_line"], batch_size=200)
        transfers.append(transfer)
    return transfers


def _begin(transfer: Transfer, allowed: Sequence[State], target: State) -> Transfer | None:
    """Lock the transfer; None when it is where it should go, Refused when it cannot go there."""
    transfer = lock_transfer(transfer.pk)
    if transfer.state == target:
        return None
    if transfer.state not in allowed:
        raise Refused(RefusalCode.TOO_LATE, status=str(transfer.get_state_display()))
    transfer.state = target
    return transfer


def _levels(transfer: Transfer, lines: Sequence[TransferLine]) -> Levels:
    """Lock the levels of both places at once, in the order of their keys."""
    places = (transfer.source_id, transfer.target_id)
    return lock_levels_at((line.variant_id, place) for line in lines for place in places)


def _count_inbound(
    transfer: Transfer, lines: Sequence[TransferLine], levels: Levels, sign: int
) -> None:
    """Count the units as on their way (+1) or no longer (-1)."""
    changed = []
    for line in lines:
        level = levels[line.variant_id, transfer.target_id]
        level.inbound = max(level.inbound + sign * line.quantity, 0)
        changed.append(level)
    StockLevel.objects.bulk_update(changed, ["inbound"], batch_size=200)


@transaction.atomic
def dispatch_transfer(*, transfer: Transfer, by: User | None) -> None:
    """The goods of a draft leave: all or nothing; Refused with every shortage in ``data``."""
    locked = _begin(transfer, [State.DRAFT], State.DISPATCHED)
    if locked is None:
        return
    lines = list(locked.lines.select_related("variant__product").order_by("variant_id"))
    if not lines:
        raise Refused(RefusalCode.INVALID_INPUT)
    levels = _levels(locked, lines)
    for line in lines:
        level = levels[line.variant_id, locked.source_id]
        if level.free < line.quantity:
            raise out_of_stock(line.variant, level.free)
    taken = _move(
        [Change(levels[ln.variant_id, locked.source_id], on_hand=-ln.quantity) for ln in lines],
        reason=Reason.TRANSFER,
        reference=str(locked),
        by=by,
    )
    for line, lots in zip(lines, taken, strict=True):
        line.lots = {day.isoformat(): units for day, units in lots.items()}
    TransferLine.objects.bulk_update(lines, ["lots"], batch_size=200)
    _count_inbound(locked, lines, levels, 1)
    locked.dispatched_at = timezone.now()
    locked.save(update_fields=["state", "dispatched_at"])


@transaction.atomic
def receive_transfer(
    *,
    transfer: Transfer,
    by: User | None,
    arrived: Mapping[int, int] | None = None,
    reasons: Mapping[int, str] | None = None,
) -> None:
    """Book what arrived, ``{variant id: units}``; what is not named arrived whole.

    Every line that is short needs one of :class:`TransferLine.Short` in ``reasons``. Units that
    were not sent go back to the source; damaged and lost ones arrive and are written off in the
    same moment, so that the ledger tells of every one.
    """
    locked = _begin(transfer, [State.DISPATCHED], State.RECEIVED)
    if locked is None:
        return
    lines = list(locked.lines.order_by("variant_id"))
    for line in lines:
        line.received = (arrived or {}).get(line.variant_id, line.quantity)
        line.short_reason = (reasons or {}).get(line.variant_id, "") if _short(line) else ""
        if not 0 <= line.received <= line.quantity:
            raise Refused(RefusalCode.INVALID_QUANTITY, maximum=line.quantity)
        if _short(line) and line.short_reason not in Short.values:
            raise Refused(RefusalCode.INVALID_INPUT)
    levels = _levels(locked, lines)
    _count_inbound(locked, lines, levels, -1)
    here, there = locked.target_id, locked.source_id
    came, went, back = [], [], []
    for line in lines:
        stayed = _short(line) if line.short_reason == Short.NOT_SENT else 0
        gone = _short(line) - stayed
        if line.quantity - stayed:
            level = levels[line.variant_id, here]
            came.append(
                Change(level, line.quantity - stayed, lots=_lots(line, line.quantity - stayed))
            )
        if gone:
            # Those that expire latest are the ones missing: what is on the shelf goes first.
            lost = {day: -units for day, units in _lots(line, gone, last=True).items()}
            went.append(Change(levels[line.variant_id, here], -gone, lots=lost))
        if stayed:
            left = _lots(line, stayed, last=True)
            back.append(Change(levels[line.variant_id, there], stayed, lots=left))
    reference = str(locked)
    _move(came, reason=Reason.TRANSFER, reference=reference, by=by)
    _move(went, reason=Reason.DAMAGE, reference=reference, by=by)
    _move(back, reason=Reason.TRANSFER, reference=f"{reference} back", by=by)
    TransferLine.objects.bulk_update(lines, ["received", "short_reason"], batch_size=200)
    locked.received_at = timezone.now()
    locked.save(update_fields=["state", "received_at"])


def _short(line: TransferLine) -> int:
    return line.quantity - (line.quantity if line.received is None else line.received)


def _lots(line: TransferLine, units: int, *, last: bool = False) -> dict[date, int]:
    """Which lots so many units of a line are of: those that expire first, or ``last``.

    Units without an expiry left the source last, so they are the last here too.
    """
    loose = line.quantity - sum(line.lots.values())
    parts: dict[date, int] = {}
    if last:
        units -= min(units, loose)
    for day in sorted(line.lots, reverse=last):
        part = min(units, line.lots[day])
        if part > 0:
            parts[date.fromisoformat(day)] = part
            units -= part
    return parts


@transaction.atomic
def cancel_transfer(*, transfer: Transfer, by: User | None) -> None:
    """Give up a draft, or call back goods that are on their way: they are at the source again."""
    locked = _begin(transfer, Transfer.OPEN, State.CANCELLED)
    if locked is None:
        return
    if locked.dispatched_at is not None:
        lines = list(locked.lines.order_by("variant_id"))
        levels = _levels(locked, lines)
        _count_inbound(locked, lines, levels, -1)
        _move(
            [
                Change(
                    levels[line.variant_id, locked.source_id],
                    line.quantity,
                    lots=_lots(line, line.quantity),
                )
                for line in lines
            ],
            reason=Reason.TRANSFER,
            reference=f"{locked} back",
            by=by,
        )
    locked.save(update_fields=["state"])
