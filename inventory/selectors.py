"""What inventory reads: availability, demand, positions, differences, figures for staff."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import (
    LedgerEntry,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderLine,
    Reservation,
    StockLevel,
)
from shop.models import Order, OrderLine, Variant
from shop.pricing import Availability

DEMAND_DAYS = 56
MAX_UNITS_A_LINE = 30
MANY = 500


def availability(variant_ids: list[int]) -> dict[int, Availability]:
    """What can be promised of each variant, in all and by channel code, in one query."""
    levels = StockLevel.objects.filter(on_hand__gt=F("reserved"))
    # Long lists would exceed the database's parameters; then all levels are read and picked from.
    if len(variant_ids) <= MANY:
        levels = levels.filter(variant__in=variant_ids)
    rows = levels.values_list(
        "variant_id", "warehouse__channel__code", F("on_hand") - F("reserved")
    )
    wanted = set(variant_ids)
    by_channel: dict[int, dict[str, int]] = {}
    for variant_id, code, free in rows:
        if variant_id in wanted:
            channels = by_channel.setdefault(variant_id, {})
            channels[code] = channels.get(code, 0) + free
    return {pk: Availability(sum(parts.values()), parts) for pk, parts in by_channel.items()}


@dataclass(frozen=True)
class Demand:
    """Daily units: ``units`` is float64 (n_variants, n_days), the last column is ``last_day``."""

    variant_ids: np.ndarray
    units: np.ndarray
    last_day: date


def daily_demand(*, days: int = DEMAND_DAYS) -> Demand | None:
    """Units sold a day over all channels in the last ``days`` full days; None without sales.

    Days are the shop's own; a line counts at most ``MAX_UNITS_A_LINE`` units, as bulk purchases
    do not repeat.
    """
    newest = Order.objects.exclude(status=Order.Status.CANCELLED).order_by("-placed_at").first()
    if newest is None:
        return None
    zone = timezone.get_default_timezone()
    last_day = timezone.localtime(newest.placed_at, zone).date()
    if last_day >= timezone.localdate():
        last_day = timezone.localdate() - timedelta(days=1)
    first_day = last_day - timedelta(days=days - 1)
    start = datetime.combine(first_day, time.min, tzinfo=zone)
    end = datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)
    rows = (
        OrderLine.objects.filter(order__placed_at__gte=start, order__placed_at__lt=end)
        .exclude(order__status=Order.Status.CANCELLED)
        .values_list("variant_id", "order__placed_at", "quantity")
    )
    frame = pd.DataFrame.from_records(
        list(rows.iterator(chunk_size=20_000)), columns=["variant", "at", "units"]
    )
    if frame.empty:
        return None
    local = pd.to_datetime(frame["at"], utc=True).dt.tz_convert(str(zone))
    day = (local.dt.tz_localize(None).dt.normalize() - pd.Timestamp(first_day)).dt.days.to_numpy()
    variants, row = np.unique(frame["variant"].to_numpy(), return_inverse=True)
    units = np.zeros((len(variants), days))
    np.add.at(units, (row, day), frame["units"].clip(upper=MAX_UNITS_A_LINE).to_numpy(float))
    return Demand(variants, units, last_day)


def stock_positions() -> dict[int, int]:
    """On hand minus reserved plus what is on order, by variant."""
    free = StockLevel.objects.values_list("variant_id").annotate(
        n=Sum(F("on_hand") - F("reserved"))
    )
    positions = dict(free)

    coming = (
        PurchaseOrderLine.objects.exclude(order__state=PurchaseOrder.State.RECEIVED)
        .values_list("variant_id")
        .annotate(n=Sum("quantity"))
    )
    for variant_id, quantity in coming:
        positions[variant_id] = positions.get(variant_id, 0) + quantity
    return positions


def ledger_differences() -> list[str]:
    """Levels that are not the sum of their ledger, or whose reservations do not add up."""
    booked = {
        (variant, warehouse): (on_hand, reserved)
        for variant, warehouse, on_hand, reserved in LedgerEntry.objects.order_by()
        .values_list("variant_id", "warehouse_id")
        .annotate(a=Sum("on_hand_change"), b=Sum("reserved_change"))
    }
    held = {
        (variant, warehouse): units
        for variant, warehouse, units in Reservation.objects.filter(state=Reservation.State.HELD)
        .order_by()
        .values_list("variant_id", "warehouse_id")
        .annotate(n=Sum("quantity"))
    }
    result = []
    levels = StockLevel.objects.values_list("variant_id", "warehouse_id", "on_hand", "reserved")
    seen = set()
    for variant, warehouse, on_hand, reserved in levels.iterator(chunk_size=5000):
        key = (variant, warehouse)
        seen.add(key)
        if booked.get(key, (0, 0)) != (on_hand, reserved):
            result.append(f"variant {variant}, warehouse {warehouse}: level differs from ledger")
        if held.get(key, 0) != reserved:
            result.append(f"variant {variant}, warehouse {warehouse}: reserved differs from holds")
    result += [
        f"variant {variant}, warehouse {warehouse}: ledger without a level"
        for variant, warehouse in booked
        if (variant, warehouse) not in seen
    ]
    return result


def dashboard() -> dict:
    """Figures for the administrator's start page."""
    stocked = Variant.objects.filter(is_active=True)
    out = stocked.exclude(stock_levels__on_hand__gt=F("stock_levels__reserved")).count()
    urgent = ReorderLine.objects.select_related("variant__product").filter(
        Q(days_left__lte=3) | Q(days_left=None)
    )
    return {
        "title": _("Inventory"),
        "figures": [
            {"label": _("Out of stock"), "value": out},
            {
                "label": _("To reorder"),
                "value": ReorderLine.objects.count(),
                "url": reverse("admin:inventory_reorderline_changelist"),
            },
            {"label": _("Held for checkouts"), "value": _held_units()},
        ],
        "columns": [_("product"), _("stock position"), _("days of stock left"), _("order")],
        "rows": [
            [str(line.variant), line.position, line.days_left, line.quantity] for line in urgent[:8]
        ],
    }


def _held_units() -> int:
    held = Reservation.objects.filter(state=Reservation.State.HELD)
    return held.aggregate(n=Sum("quantity"))["n"] or 0
