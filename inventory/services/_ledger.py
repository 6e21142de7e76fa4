"""The one place where units change. The modules beside it call it; nobody else does."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.models import LedgerEntry, StockLevel
from shop.models import User

MAX_UNITS = 1_000_000
"""The most units one movement may have: beyond it somebody has mistyped."""


@dataclass(frozen=True)
class Change:
    """What is added to a locked level (negative: taken away)."""

    level: StockLevel
    on_hand: int = 0
    reserved: int = 0


def _move(
    changes: Iterable[Change], *, reason: LedgerEntry.Reason, reference: str, by: User | None = None
) -> None:
    """Change locked levels and write the ledger, in a fixed number of queries.

    The caller holds the locks and has checked that there is enough; the database refuses
    impossible levels all the same (``IntegrityError``). A level may appear more than once.
    """
    levels: dict[int, StockLevel] = {}
    entries = []
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


def _booked(reference: str, reason: LedgerEntry.Reason) -> set[tuple[int, int]]:
    """(variant id, warehouse id) that this reference has been booked for."""
    entries = LedgerEntry.objects.filter(reference=reference[:80], reason=reason).order_by()
    return set(entries.values_list("variant_id", "warehouse_id"))
