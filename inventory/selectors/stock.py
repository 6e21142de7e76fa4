"""What is there, and whether all records of it agree."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from inventory.models import (
    LedgerEntry,
    Lot,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockDifference,
    StockLevel,
    Transfer,
    TransferLine,
)
from shop.pricing import Availability

EXPIRES_SOON = 3
MANY = 20_000
"""Databases take a limited number of parameters; longer lists read everything and pick."""


def availability(variant_ids: Iterable[int]) -> dict[int, Availability]:
    """What can be promised of each variant, in all and by channel code, in one query.

    Only variants with a free unit are in the answer, and only channels that have one.
    """
    wanted = set(variant_ids)
    if not wanted:
        return {}
    levels = StockLevel.objects.filter(on_hand__gt=F("reserved"))
    if len(wanted) <= MANY:
        levels = levels.filter(variant__in=wanted)
    rows = levels.order_by("warehouse__position", "warehouse_id").values_list(
        "variant_id", "warehouse__channel__code", F("on_hand") - F("reserved")
    )
    by_channel: dict[int, dict[str, int]] = {}
    for variant_id, code, free in rows:
        if variant_id in wanted:
            channels = by_channel.setdefault(variant_id, {})
            channels[code] = channels.get(code, 0) + free
    return {pk: Availability(sum(parts.values()), parts) for pk, parts in by_channel.items()}


@dataclass(frozen=True)
class Difference:
    """A level whose number (``level``) is not what another record of it says (``expected``)."""

    variant_id: int
    warehouse_id: int
    kind: str
    level: int
    expected: int

    def __str__(self) -> str:
        return (
            f"variant {self.variant_id}, warehouse {self.warehouse_id}: "
            f"{self.kind} is {self.level}, should be {self.expected}"
        )


def expiring_lots(*, days: int = EXPIRES_SOON) -> QuerySet[Lot]:
    """Lots with units that may be sold for so many days more at most, today being one."""
    today = timezone.localdate()
    last = today + timedelta(days=days - 1)
    return Lot.objects.filter(quantity__gt=0, expires_on__gte=today, expires_on__lte=last)


Sums = dict[tuple[int, int], int]


def _sums(rows: QuerySet, variant: str, warehouse: str, column: str) -> Sums:
    grouped = rows.order_by().values_list(variant, warehouse).annotate(n=Sum(column))
    return {(variant_id, warehouse_id): n for variant_id, warehouse_id, n in grouped}


def differences() -> list[Difference]:
    """Every level that is not the sum of its ledger, its reservations and what is on its way."""
    kinds = StockDifference.Kind
    ledger = LedgerEntry.objects.all()
    held = Reservation.objects.filter(state=Reservation.State.HELD)
    sent = PurchaseOrderLine.objects.filter(order__state=PurchaseOrder.State.SENT)
    moving = TransferLine.objects.filter(transfer__state=Transfer.State.DISPATCHED)
    inbound = Counter(_sums(sent, "variant_id", "order__warehouse_id", "quantity"))
    inbound.update(_sums(moving, "variant_id", "transfer__target_id", "quantity"))
    at = ("variant_id", "warehouse_id")
    expected: list[tuple[str, str, Sums]] = [
        (kinds.ON_HAND, "on_hand", _sums(ledger, *at, "on_hand_change")),
        (kinds.RESERVED, "reserved", _sums(ledger, *at, "reserved_change")),
        (kinds.HELD, "reserved", _sums(held, *at, "quantity")),
        (kinds.INBOUND, "inbound", inbound),
    ]
    levels = {(level.variant_id, level.warehouse_id): level for level in StockLevel.objects.all()}
    result = [
        Difference(*key, str(kinds.LOTS), levels[key].on_hand if key in levels else 0, units)
        for key, units in sorted(_sums(Lot.objects.all(), *at, "quantity").items())
        if units > (levels[key].on_hand if key in levels else 0)
    ]
    for kind, column, sums in expected:
        for key in sorted(levels.keys() | sums.keys()):
            level = getattr(levels[key], column) if key in levels else 0
            if level != sums.get(key, 0):
                result.append(Difference(*key, str(kind), level, sums.get(key, 0)))
    return result
