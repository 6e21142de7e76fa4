"""What was sold, as the forecasts see it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.db.models import Case, F, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from shop.models import Order, OrderLine

DEMAND_DAYS = 56
SLACK_DAYS = 28
MAX_UNITS_A_LINE = 30
WEEK = 7
QUIET = 0.05
"""A day with less than this part of a usual day's units was not traded, it was not demand of 0."""


@dataclass(frozen=True)
class Demand:
    """Daily units of the variants that sold.

    ``variant_ids`` is int64 (n_variants,), ascending; ``units`` is float64 (n_variants, n_days),
    oldest first; its last column is ``last_day``.
    """

    variant_ids: np.ndarray
    units: np.ndarray
    last_day: date


def daily_demand(*, days: int = DEMAND_DAYS) -> Demand | None:
    """Units sold a day over all channels in the last ``days`` days; None without sales.

    Days are the shop's own and today, which is not over, is left out. A line counts at most
    ``MAX_UNITS_A_LINE`` units, as bulk purchases do not repeat. The window ends with the last day
    of real trade: quiet days at its end (see ``QUIET``) are cut off.
    """
    yesterday = timezone.localdate(timezone=timezone.get_default_timezone()) - timedelta(days=1)
    newest = (
        Order.objects.filter(placed_at__lt=_start_of(yesterday + timedelta(days=1)))
        .exclude(status=Order.Status.CANCELLED)
        .order_by("-placed_at")
        .values_list("placed_at", flat=True)
        .first()
    )
    if newest is None:
        return None
    last_day = timezone.localdate(newest, timezone.get_default_timezone())
    n_days = days + SLACK_DAYS
    first_day = last_day - timedelta(days=n_days - 1)
    rows = list(
        _lines(first_day, last_day)
        .annotate(day=TruncDate("order__placed_at", tzinfo=timezone.get_default_timezone()))
        .values_list("variant_id", "day")
        .annotate(units=Sum(_counted_units()))
    )
    if not rows:
        return None
    variant_ids, row = np.unique([entry[0] for entry in rows], return_inverse=True)
    column = np.array([(entry[1] - first_day).days for entry in rows])
    units = np.zeros((len(variant_ids), n_days))
    np.add.at(units, (row, column), np.array([entry[2] for entry in rows], dtype=np.float64))
    kept = n_days - _quiet_days(units.sum(axis=0))
    return Demand(
        variant_ids.astype(np.int64),
        units[:, max(kept - days, 0) : kept],
        first_day + timedelta(days=kept - 1),
    )


def _quiet_days(totals: np.ndarray) -> int:
    """How many days at the end were hardly traded, at most ``SLACK_DAYS``."""
    traded = totals[totals > 0]
    floor = QUIET * float(np.median(traded)) if len(traded) > WEEK else 0.0
    quiet = 0
    while quiet < SLACK_DAYS and totals[-1 - quiet] < floor:
        quiet += 1
    return quiet


def units_by_channel(*, last_day: date, days: int = 28) -> dict[int, dict[int, int]]:
    """Units of each variant by channel id in the ``days`` days up to ``last_day``."""
    rows = (
        _lines(last_day - timedelta(days=days - 1), last_day)
        .values_list("variant_id", "order__channel_id")
        .annotate(units=Sum(_counted_units()))
    )
    result: dict[int, dict[int, int]] = defaultdict(dict)
    for variant_id, channel_id, units in rows:
        if units:
            result[variant_id][channel_id] = units
    return dict(result)


def _counted_units() -> Case:
    return Case(
        When(quantity__gt=MAX_UNITS_A_LINE, then=Value(MAX_UNITS_A_LINE)),
        default=F("quantity"),
        output_field=IntegerField(),
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def _lines(first_day: date, last_day: date) -> QuerySet[OrderLine]:
    return (
        OrderLine.objects.filter(
            order__placed_at__gte=_start_of(first_day),
            order__placed_at__lt=_start_of(last_day + timedelta(days=1)),
        )
        .exclude(order__status=Order.Status.CANCELLED)
        .order_by()
    )
