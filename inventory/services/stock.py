"""Goods that come in, are counted, are damaged, expire, or change places."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from inventory.locks import lock_levels_at
from inventory.models import LedgerEntry, Lot, StockLevel, Warehouse
from inventory.services._ledger import MAX_UNITS, Change, _booked, _move
from shop.models import User, Variant
from shop.refusals import RefusalCode, Refused

Reason = LedgerEntry.Reason


def check_units(quantity: int, *, reference: str) -> None:
    """Refuse a number of units that nobody means, and a movement that does not say its origin."""
    if not 1 <= quantity <= MAX_UNITS:
        raise Refused(RefusalCode.INVALID_QUANTITY, maximum=MAX_UNITS)
    if not reference or len(reference) > 80 or "\0" in reference:
        raise Refused(RefusalCode.INVALID_INPUT)


def lot_of(expires_on: date | None, quantity: int) -> dict[date, int]:
    """The lots of units that come in; Refused when they may not be sold any more."""
    if expires_on is None:
        return {}
    if expires_on < timezone.localdate():
        raise Refused(RefusalCode.INVALID_INPUT)
    return {expires_on: quantity}


def out_of_stock(variant: Variant, available: int) -> Refused:
    """The refusal that says how many there are."""
    return Refused(
        RefusalCode.OUT_OF_STOCK,
        available=available,
        title=str(variant),
        variant=variant.pk,
    )


@transaction.atomic
def receive(
    *,
    variant: Variant,
    warehouse: Warehouse,
    quantity: int,
    reference: str,
    reason: LedgerEntry.Reason = Reason.RECEIPT,
    expires_on: date | None = None,
    by: User | None = None,
) -> bool:
    """Put units into a warehouse; return whether anything was booked.

    ``expires_on`` is the last day on which they may be sold, if that is known.
    ``reference`` says what the goods came from (``PO-12``); the same one is booked once for a
    variant and warehouse, so that a repetition changes nothing.
    """
    check_units(quantity, reference=reference)
    lots = lot_of(expires_on, quantity)
    key = (variant.pk, warehouse.pk)
    level = lock_levels_at([key])[key]
    if key in _booked(reference, reason):
        return False
    _move([Change(level, on_hand=quantity, lots=lots)], reason=reason, reference=reference, by=by)
    return True


@transaction.atomic
def adjust(
    *,
    variant: Variant,
    warehouse: Warehouse,
    quantity: int,
    reference: str,
    by: User | None = None,
) -> bool:
    """Write off damaged or lost units; once for a reference. Held units cannot be written off."""
    check_units(quantity, reference=reference)
    key = (variant.pk, warehouse.pk)
    level = lock_levels_at([key])[key]
    if key in _booked(reference, Reason.DAMAGE):
        return False
    if level.free < quantity:
        raise out_of_stock(variant, level.free)
    _move([Change(level, on_hand=-quantity)], reason=Reason.DAMAGE, reference=reference, by=by)
    return True


@transaction.atomic
def count(
    *, variant: Variant, warehouse: Warehouse, found: int, by: User | None = None
) -> StockLevel:
    """Set a level to what a stock count found; units held for checkouts cannot be counted away."""
    if not 0 <= found <= MAX_UNITS:
        raise Refused(RefusalCode.INVALID_INPUT)
    key = (variant.pk, warehouse.pk)
    level = lock_levels_at([key])[key]
    if found < level.reserved:
        raise out_of_stock(variant, level.free)
    if found != level.on_hand:
        change = Change(level, on_hand=found - level.on_hand)
        _move([change], reason=Reason.COUNT, reference="count", by=by)
    return level


@transaction.atomic
def transfer(
    *,
    variant: Variant,
    source: Warehouse,
    target: Warehouse,
    quantity: int,
    reference: str,
    by: User | None = None,
) -> bool:
    """Move free units from one warehouse to another; once for a reference."""
    check_units(quantity, reference=reference)
    if source.pk == target.pk:
        raise Refused(RefusalCode.INVALID_INPUT)
    here, there = (variant.pk, source.pk), (variant.pk, target.pk)
    levels = lock_levels_at([here, there])
    if here in _booked(reference, Reason.TRANSFER):
        return False
    if levels[here].free < quantity:
        raise out_of_stock(variant, levels[here].free)
    away = Change(levels[here], on_hand=-quantity)
    (lots,) = _move([away], reason=Reason.TRANSFER, reference=reference, by=by)
    arrived = Change(levels[there], on_hand=quantity, lots=lots)
    _move([arrived], reason=Reason.TRANSFER, reference=reference, by=by)
    return True


def expire_lots() -> int:
    """Write off what expired before today; return how many units. Held units wait for the next run.

    Each level is a transaction of its own, so that checkouts hardly wait.
    """
    today = timezone.localdate()
    late = Lot.objects.filter(expires_on__lt=today, quantity__gt=0).order_by()
    return sum(_expire(key, today) for key in sorted(set(late.values_list("variant", "warehouse"))))


@transaction.atomic
def _expire(key: tuple[int, int], today: date) -> int:
    level = lock_levels_at([key])[key]
    lots = Lot.objects.filter(
        variant=key[0], warehouse=key[1], expires_on__lt=today, quantity__gt=0
    )
    gone = 0
    for lot in lots.order_by("expires_on"):
        units = min(lot.quantity, level.free)
        if units:
            _move(
                [Change(level, on_hand=-units, lots={lot.expires_on: -units})],
                reason=Reason.DAMAGE,
                # The lot itself says what is done; the reference has only to be a new one.
                reference=f"expired lot {lot.pk} {timezone.now().isoformat()}",
            )
            gone += units
    return gone
