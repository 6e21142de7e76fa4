"""A year of sales and planned promotions as arrays: what the demand model learns from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from inventory.learning.demand import AHEAD
from inventory.learning.features import WeeklyPanel
from inventory.selectors.demand import (
    MAX_UNITS_A_LINE,
    _counted_units,
    _lines,
    _quiet_days,
    _start_of,
)
from shop.models import Order, OrderLine, PlannedPromotion, Variant

WEEK = 7
WEEKS = 53
SLACK_DAYS = 28
FEW = 2000
"""So many variants can be named in a query; of more, everything is read and picked."""
NOTABLE = 0.1
"""A promotion in fewer of the stores is not worth a mark."""
STAGES = AHEAD + 1
"""Weeks forecast: today lies somewhere in the first of them, and 28 days follow it."""


@dataclass(frozen=True)
class Frame:
    """Which days count: ``n_weeks`` whole weeks from the Monday ``first_day``, and the last day
    with trade."""

    first_day: date
    n_weeks: int
    last_day: date

    @property
    def next_day(self) -> date:
        """The day after the last whole week, on which forecasts begin."""
        return self.first_day + timedelta(days=WEEK * self.n_weeks)


@dataclass(frozen=True)
class History:
    """Whole weeks of sales, Monday to Sunday, up to the last day of real trade.

    ``variant_ids`` int64 (n,), ascending; ``daily`` float64 (n, 7 * n_weeks); ``first_day`` its
    first day, a Monday; ``last_day`` the last day with trade, at most six after the last column;
    ``panel`` the same by week, with ``STAGES`` weeks of plan.
    """

    variant_ids: np.ndarray
    daily: np.ndarray
    first_day: date
    last_day: date
    panel: WeeklyPanel

    @property
    def next_day(self) -> date:
        """The day after the last whole week, on which forecasts begin."""
        return self.first_day + timedelta(days=self.daily.shape[1])


def sales_history(*, weeks: int = WEEKS) -> History | None:
    """Read up to ``weeks`` whole weeks; None when there is not one. Today is left out."""
    window = _window(weeks)
    sales = _sales(*window) if window else None
    if window is None or sales is None:
        return None
    variant_ids, units, money, off = sales
    frame = _frame(units.sum(axis=0), *window, weeks)
    if frame is None:
        return None
    start = (frame.first_day - window[0]).days
    kept = slice(start, start + WEEK * frame.n_weeks)
    return _history(variant_ids, (units[:, kept], money[:, kept], off[:, kept]), frame)


def history_frame(*, weeks: int = WEEKS) -> Frame | None:
    """What the weeks of ``sales_history`` would be, from sums of the database."""
    window = _window(weeks)
    if window is None:
        return None
    # By order first: there are fewer of them than lines to find a day for.
    rows = _lines(*window).values_list("order_id").annotate(units=Sum(_counted_units()))
    days = _days_of_orders(window[0])
    read = np.array(list(rows.iterator(20_000)), dtype=np.int64).reshape(-1, 2)
    n_days = (window[1] - window[0]).days + 1
    totals = np.bincount(days[read[:, 0]], read[:, 1], minlength=n_days)
    return _frame(totals, *window, weeks) if totals.any() else None


def variants_sold(frame: Frame) -> list[int]:
    """Variants with a sale in the frame's weeks or since, by category, then by id."""
    lines = _lines(frame.first_day, frame.last_day)
    place = ("variant__product__category_id", "variant_id")
    return [pk for _, pk in lines.values_list(*place).distinct().order_by(*place)]


def history_of(variant_ids: Sequence[int], frame: Frame) -> History | None:
    """The weeks of a frame for some variants; None when they sold nothing then."""
    last = frame.next_day - timedelta(days=1)
    sales = _sales(frame.first_day, last, variant_ids)
    return _history(sales[0], sales[1:], frame) if sales is not None else None


def _window(weeks: int) -> tuple[date, date] | None:
    """A Monday far enough back, and the last day with an order."""
    zone = timezone.get_default_timezone()
    today = timezone.localdate(timezone=zone)
    orders = Order.objects.filter(placed_at__lt=_start_of(today)).exclude(
        status=Order.Status.CANCELLED
    )
    newest = orders.aggregate(at=Max("placed_at"))["at"]
    if newest is None:
        return None
    end = timezone.localdate(newest, zone)
    begin = end - timedelta(days=(weeks + 1) * WEEK + SLACK_DAYS)
    return begin - timedelta(days=begin.weekday()), end


def _frame(totals: np.ndarray, begin: date, end: date, weeks: int) -> Frame | None:
    """``totals`` are all units by day from ``begin`` to ``end``."""
    last_day = end - timedelta(days=_quiet_days(totals))
    whole = ((last_day - begin).days + 1) // WEEK
    first = max(whole - weeks, int(np.argmax(totals > 0)) // WEEK)
    if whole <= first:
        return None
    return Frame(begin + timedelta(days=first * WEEK), whole - first, last_day)


def _history(variant_ids: np.ndarray, sales: Sequence[np.ndarray], frame: Frame) -> History:
    """``sales`` are units, shelf value and discounts by day of the frame's weeks."""
    daily, money, off = sales
    panel = _panel(variant_ids, daily, (money, off), frame.first_day)
    return History(variant_ids, daily, frame.first_day, frame.last_day, panel)


def _sales(
    first_day: date, last_day: date, variant_ids: Sequence[int] | None = None
) -> tuple[np.ndarray, ...] | None:
    """Variants, and by day their units, shelf value and discounts."""
    lines = _lines(first_day, last_day)
    if variant_ids is None:
        days = _days_of_orders(first_day)
        columns = ("order_id", "variant_id", "quantity", "unit_price", "total")
        plain = lines.values_list(*columns).iterator(20_000)
        rows: Iterator[tuple[float, ...]] = (tuple(map(float, row)) for row in plain)
    else:
        # All orders are more than these variants' lines, so each line brings its order's moment.
        rows = _dated_lines(lines.filter(variant__in=variant_ids), first_day)
    read: np.ndarray = np.fromiter(rows, dtype=np.dtype((np.float64, 5)))
    if not len(read):
        return None
    found, row = np.unique(read[:, 1].astype(np.int64), return_inverse=True)
    first = read[:, 0].astype(np.int64)
    day = days[first] if variant_ids is None else first
    shape = (len(found), (last_day - first_day).days + 1)
    cell = row * shape[1] + day

    def by_day(values: np.ndarray) -> np.ndarray:
        return np.bincount(cell, values, minlength=shape[0] * shape[1]).reshape(shape)

    value = read[:, 2] * read[:, 3]
    units = np.minimum(read[:, 2], MAX_UNITS_A_LINE)
    return found, by_day(units), by_day(value), by_day(value - read[:, 4])


def _dated_lines(lines: QuerySet[OrderLine], first_day: date) -> Iterator[tuple[float, ...]]:
    zone, start = timezone.get_default_timezone(), first_day.toordinal()
    columns = ("order__placed_at", "variant_id", "quantity", "unit_price", "total")
    for at, *numbers in lines.values_list(*columns).iterator(20_000):
        yield at.astimezone(zone).toordinal() - start, *map(float, numbers)


def _days_of_orders(first_day: date) -> np.ndarray:
    """Day of each order by its id, int32; a lookup is faster than a date for each line."""
    zone = timezone.get_default_timezone()
    orders = Order.objects.filter(placed_at__gte=_start_of(first_day)).order_by()
    pairs = list(orders.values_list("pk", "placed_at").iterator(20_000))
    days = np.zeros(max(pk for pk, _ in pairs) + 1, dtype=np.int32) if pairs else np.zeros(1, int)
    start = first_day.toordinal()
    for pk, at in pairs:
        days[pk] = at.astimezone(zone).toordinal() - start
    return days


def _panel(
    variant_ids: np.ndarray,
    daily: np.ndarray,
    money: tuple[np.ndarray, np.ndarray],
    first_day: date,
) -> WeeklyPanel:
    """``money`` is shelf value and discounts by day."""
    n_weeks = daily.shape[1] // WEEK

    def by_week(values: np.ndarray) -> np.ndarray:
        return values.reshape(len(values), n_weeks, WEEK).sum(axis=2)

    units, value = by_week(daily), by_week(money[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        price = np.where(units > 0, value / units, np.nan)
        discount = np.where(value > 0, by_week(money[1]) / value, np.nan)
    mondays = [first_day + timedelta(days=WEEK * week) for week in range(n_weeks + STAGES)]
    return WeeklyPanel(
        units=units,
        plan=_plan(variant_ids, first_day, n_weeks + STAGES),
        n_mailer=1,
        groups=_groups(variant_ids),
        week_of_year=np.array([(day + timedelta(days=3)).isocalendar().week for day in mondays]),
        holidays=np.zeros(0, dtype=int),
        price=price,
        discount=discount,
    )


def _plan(variant_ids: np.ndarray, first_day: date, n_weeks: int) -> np.ndarray:
    """Shares of stores with mailer and display, float64 (n, n_weeks, 2)."""
    plan = np.zeros((len(variant_ids), n_weeks, 2))
    last = first_day + timedelta(days=WEEK * n_weeks)
    rows = PlannedPromotion.objects.filter(week_start__gte=first_day, week_start__lt=last)
    if len(variant_ids) <= FEW:
        rows = rows.filter(variant__in=variant_ids.tolist())
    known = {pk: index for index, pk in enumerate(variant_ids.tolist())}
    columns = ("variant_id", "week_start", "mailer_share", "display_share")
    for variant_id, start, mailer, display in rows.values_list(*columns).iterator(20_000):
        row = known.get(variant_id)
        if row is not None:
            plan[row, (start - first_day).days // WEEK] = mailer, display
    return plan


def _groups(variant_ids: np.ndarray) -> np.ndarray:
    """Department, category and type of each variant as codes from 0, int64 (n, 3)."""
    columns = ("pk", "product__category__department_id", "product__category_id")
    variants = Variant.objects.order_by()
    if len(variant_ids) <= FEW:
        variants = variants.filter(pk__in=variant_ids.tolist())
    rows = variants.values_list(*columns, "product__product_type")
    found = {pk: (str(a), str(b), f"{b} {c}") for pk, a, b, c in rows}
    names = np.array([found[pk] for pk in variant_ids.tolist()])
    codes = [np.unique(names[:, level], return_inverse=True)[1] for level in range(3)]
    return np.stack(codes, axis=1)


def planned_days(variant_id: int, first_day: date, days: int) -> list[tuple[date, bool, bool]]:
    """Day, mailer and display of a variant's next days, for charts; days without are left out."""
    monday = first_day - timedelta(days=first_day.weekday())
    last = first_day + timedelta(days=days)
    rows = PlannedPromotion.objects.filter(
        variant_id=variant_id, week_start__gte=monday, week_start__lt=last
    ).values_list("week_start", "mailer_share", "display_share")
    result = []
    for start, mailer, display in rows:
        for offset in range(WEEK):
            day = start + timedelta(days=offset)
            if first_day <= day < last and max(mailer, display) > NOTABLE:
                result.append((day, mailer > NOTABLE, display > NOTABLE))
    return sorted(result)


def promoted_within(days: int) -> set[int]:
    """Variants with a mailer or display planned for one of the next days, today included."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    monday = today - timedelta(days=today.weekday())
    rows = PlannedPromotion.objects.filter(
        week_start__gte=monday, week_start__lte=today + timedelta(days=days)
    ).filter(Q(mailer_share__gt=NOTABLE) | Q(display_share__gt=NOTABLE))
    return set(rows.order_by().values_list("variant_id", flat=True))
