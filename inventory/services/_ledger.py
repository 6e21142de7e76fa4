"""The one place where units change. The modules beside it call it; nobody else does."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from inventory.models import LedgerEntry, Lot, StockLevel
from shop.models import User

MAX_UNITS = 1_000_000
"""The most units one movement may have: beyond it somebody has mistyped."""
LevelKey = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """What is added to a locked level (negative: taken away).

    ``lots`` says which part of ``on_hand`` belongs to which expiry date; the rest has no known
    expiry. None stands for none of what comes, and for the lots that expire first of what goes.
    """

    level: StockLevel
    on_hand: int = 0
    reserved: int = 0
    lots: Mapping[date, int] | None = None


def _move(
    changes: Iterable[Change], *, reason: LedgerEntry.Reason, reference: str, by: User | None = None
) -> list[dict[date, int]]:
    """Change locked levels and write the ledger, in a fixed number of queries.

    The caller holds the locks and has checked that there is enough; the database refuses
    impossible levels all the same (``IntegrityError``). A level may appear more than once.
    Returns for each change the units that it took from lots, by expiry date.
    """
    levels: dict[int, StockLevel] = {}
    entries = []
    changes = list(changes)
    for change in changes:
        level = change.level
        level.on_hand += change.on_hand
        level.reserved += change.reserved
        levels[level.pk] = level
        entries.append(
            LedgerEntry(
                variant_id=level.variant_id,
                warehouse_id=level.warehouse_id,
                on_hand_change=change.on_hand,
                reserved_change=change.reserved,
                reason=reason,
                reference=reference[:80],
                by=by,
            )
        )
    StockLevel.objects.bulk_update(levels.values(), ["on_hand", "reserved"], batch_size=200)
    LedgerEntry.objects.bulk_create(entries, batch_size=200)
    return _move_lots(changes)


def _move_lots(changes: list[Change]) -> list[dict[date, int]]:
    """The lots' part of a movement; they are guarded by the locks of their levels."""
    moved = [change for change in changes if change.on_hand]
    if not moved:
        return [{} for _ in changes]
    days = {day for change in moved for day in change.lots or ()}
    rows = Lot.objects.filter(
        Q(quantity__gt=0) | Q(expires_on__in=days),
        variant__in={change.level.variant_id for change in moved},
        warehouse__in={change.level.warehouse_id for change in moved},
    )
    lots: dict[LevelKey, dict[date, Lot]] = defaultdict(dict)
    for lot in rows.order_by("expires_on"):
        lots[lot.variant_id, lot.warehouse_id][lot.expires_on] = lot
    touched: dict[tuple[LevelKey, date], Lot] = {}
    taken = []
    for change in changes:
        key = (change.level.variant_id, change.level.warehouse_id)
        known = lots[key]
        parts = dict(change.lots or {})
        if change.lots is None and change.on_hand < 0:
            parts = _first_expired(known, -change.on_hand)
        for day, units in parts.items():
            if day not in known:
                known[day] = Lot(variant_id=key[0], warehouse_id=key[1], expires_on=day, quantity=0)
            known[day].quantity += units
            touched[key, day] = known[day]
        taken.append({day: -units for day, units in parts.items() if units < 0})
    old = [lot for lot in touched.values() if lot.pk is not None]
    Lot.objects.bulk_update(old, ["quantity"], batch_size=200)
    Lot.objects.bulk_create([lot for lot in touched.values() if lot.pk is None], batch_size=200)
    return taken


def _first_expired(lots: Mapping[date, Lot], units: int) -> dict[date, int]:
    """What leaves each lot (negative) when so many units go; the rest has no known expiry."""
    parts = {}
    for day in sorted(lots):
        part = min(units, lots[day].quantity)
        if part > 0:
            parts[day] = -part
            units -= part
    return parts


def _booked(reference: str, reason: LedgerEntry.Reason) -> set[LevelKey]:
    """(variant id, warehouse id) that this reference has been booked for."""
    entries = LedgerEntry.objects.filter(reference=reference[:80], reason=reason).order_by()
    return set(entries.values_list("variant_id", "warehouse_id"))
