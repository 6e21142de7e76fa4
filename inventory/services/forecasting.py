"""The daily batch: forecast every variant that sells."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation import registry
from foundation.learning.said import Said
from foundation.runs import training_run
from inventory import selectors
from inventory.learning.baselines import HORIZON, MovingAverageWeekday
from inventory.learning.demand import Calendar, daily_forecast, fit_head
from inventory.learning.features import WeeklyFeatures
from inventory.learning.replenishment import total_quantile
from inventory.learning.weekly import LEVELS, PromotionForecaster
from inventory.models import Forecast, ForecastChunk
from inventory.selectors import Demand, Frame
from inventory.selectors.history import WEEK, History
from inventory.services import chunks
from inventory.services.chunks import CallHelpers, reaches
from inventory.services.training import CAPABILITY, load

METHOD = gettext_noop("28-day mean x weekday")
LEARNT_METHOD = gettext_noop("promotions, boosted")
LEVEL_METHOD = gettext_noop("promotions, level")
MADE = gettext_noop("%(count)s variants: %(method)s")
NO_SALES = gettext_noop("no sales yet")
LEARNT_SHARE = 0.25
"""Variants that sold in at least this part of the weeks follow the boosted model; rarer ones keep
their level times the planned uplift, as boosted medians of rare sales are 0."""
RECENT_WEEKS = 8
KEEP_DAYS = 35
Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def _alone(count: int) -> None:
    """There are no other workers."""


def forecast_all(
    progress: Progress = _silent, *, learnt: bool = True, call_helpers: CallHelpers = _alone
) -> int:
    """Forecast each variant sold in the last eight weeks; return how many. Twice a day is once.

    Variants without a sale in that time have no forecast. The active demand model makes them, or
    means when there is none (or ``learnt`` is False). When the data ends before yesterday the
    forecast starts tomorrow all the same. Many variants are forecast in chunks, and
    ``call_helpers`` is told how many other workers would find something to do.
    """
    with training_run("inventory.forecast") as run:
        progress(1, 3)
        made_on = timezone.localdate(timezone=timezone.get_default_timezone())
        frame = chunks.begin(made_on) if learnt and _model() is not None else None
        if frame is not None:
            progress(2, 3)
            made = chunks.finish(made_on, forecast_chunk, run.report, call_helpers)
            methods = Forecast.objects.filter(made_on=made_on).order_by("-total")
            method = methods.values_list("method", flat=True).first() or LEARNT_METHOD
        else:
            rows = _rows(made_on, learnt)
            if not rows:
                run.report(0, 0, NO_SALES)
                return 0
            progress(2, 3)
            with transaction.atomic():
                Forecast.objects.filter(made_on=made_on).delete()
                Forecast.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
            made, method = len(rows), rows[0].method
        Forecast.objects.filter(made_on__lt=made_on - timedelta(days=KEEP_DAYS)).delete()
        progress(3, 3)
        run.report(made, made, Said(MADE, count=made, method=Said(method)))
        return made


def help_forecasting() -> int:
    """Make chunks of the day's forecasts as long as there are any; return how many were made."""
    made_on = timezone.localdate(timezone=timezone.get_default_timezone())
    made = 0
    while chunks.work_on_one(made_on, forecast_chunk):
        made += 1
    return made


def forecast_chunk(chunk: ForecastChunk) -> list[Forecast]:
    """Unsaved forecasts of a chunk's variants that sold lately; one core is enough for them."""
    model = _model()
    frame = Frame(chunk.first_day, chunk.n_weeks, chunk.data_to)
    history = selectors.history_of(chunk.variant_ids, frame)
    if model is None or history is None:
        return []
    return learnt_forecasts(model, history, chunk.made_on)


def _model() -> PromotionForecaster | None:
    return registry.active_artefact(CAPABILITY, load)


def forecast_past(*, weeks: int = 4) -> int:
    """Store what means would have forecast at the end of each of the last weeks; return how many.

    So a shop that begins with a past can see from its first day how far forecasts are off. Each
    batch knows the sales up to its own day only. Days that have forecasts are left alone.
    """
    demand = selectors.daily_demand(days=2 * HORIZON + weeks * WEEK)
    made = 0
    if demand is None:
        return made
    for week in range(weeks, 0, -1):
        units = demand.units[:, : -week * WEEK][:, -2 * HORIZON :]
        day = demand.last_day - timedelta(days=week * WEEK)
        sold = units.sum(axis=1) > 0
        if not sold.any() or Forecast.objects.filter(made_on=day).exists():
            continue
        rows = make_forecasts(Demand(demand.variant_ids[sold], units[sold], day), day)
        made += len(Forecast.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True))
    return made


def _rows(made_on: date, learnt: bool) -> list[Forecast]:
    model = _model() if learnt else None
    history = selectors.sales_history() if model is not None else None
    if model is not None and history is not None and _reaches(history, made_on):
        return learnt_forecasts(model, history, made_on)
    demand = selectors.daily_demand()
    return [] if demand is None else make_forecasts(demand, made_on)


def _reaches(history: History, made_on: date) -> bool:
    """Whether the weeks that are forecast hold all ``HORIZON`` days after ``made_on``."""
    return reaches(history.next_day, history.panel.n_weeks, made_on)


def make_forecasts(demand: Demand, made_on: date) -> list[Forecast]:
    """Unsaved forecasts from means for the ``HORIZON`` days after ``made_on``."""
    gap = max((made_on - demand.last_day).days, 0)
    model = MovingAverageWeekday().fit(demand.units)
    means = np.round(model.predict(gap + HORIZON)[:, gap:], 3)
    totals = means.sum(axis=1)
    deviations = demand.units[:, -HORIZON:].std(axis=1)
    upper = total_quantile(totals, deviations, days=HORIZON, q=0.9)
    return [
        Forecast(
            variant_id=variant_id,
            made_on=made_on,
            data_to=demand.last_day,
            method=METHOD,
            daily=daily,
            total=round(total, 3),
            total_q90=round(q90, 3),
            deviation=round(deviation, 4),
        )
        for variant_id, daily, total, q90, deviation in zip(
            demand.variant_ids.tolist(),
            means.tolist(),
            totals.tolist(),
            upper.tolist(),
            deviations.tolist(),
            strict=True,
        )
    ]


def learnt_forecasts(model: PromotionForecaster, history: History, made_on: date) -> list[Forecast]:
    """Unsaved forecasts of the demand model for the ``HORIZON`` days after ``made_on``.

    Weeks are forecast whole, from the Monday after the last whole week of sales; the days up to
    and with ``made_on`` are cut off.
    """
    recent = history.panel.units[:, -RECENT_WEEKS:].sum(axis=1) > 0
    features = WeeklyFeatures()
    table = features.table(history.panel)
    weeks = model.predict(table)
    reference = _reference(table, features.names)
    rare = (history.panel.units[:, -26:] > 0).mean(axis=1) < LEARNT_SHARE
    means = np.where(rare[:, None], reference, weeks.mean)
    spread = weeks.cumulative - np.cumsum(means, axis=1)[:, :, None]
    group = history.panel.groups[:, 1]
    calendar = Calendar({})
    usual = np.repeat(history.panel.units[:, -8:-4].mean(axis=1)[:, None], 4, axis=1)
    head = fit_head(usual, history.daily, group, calendar, by="likelihood")
    daily = daily_forecast(means, history.daily, group, calendar, head).mean
    skip = max((made_on - history.next_day).days + 1, 0)
    chosen = np.flatnonzero(recent)
    ahead = daily[chosen, skip : skip + HORIZON]
    low, high = (head.quantile(ahead, level).astype(int).tolist() for level in (0.1, 0.9))
    return [
        _forecast(
            int(history.variant_ids[row]),
            ahead[place],
            spread[row],
            (low[place], high[place]),
            Forecast(
                made_on=made_on,
                data_to=history.last_day,
                method=LEVEL_METHOD if rare[row] else LEARNT_METHOD,
                deviation=round(float(history.daily[row, -HORIZON:].std()), 4),
            ),
        )
        for place, row in enumerate(chosen)
    ]


def _forecast(
    variant_id: int,
    means: np.ndarray,
    spread: np.ndarray,
    band: tuple[list[int], list[int]],
    row: Forecast,
) -> Forecast:
    """Fill in one variant's numbers; ``spread`` (weeks, levels) is quantile less mean."""
    total = float(means.sum())
    row.variant_id = variant_id
    row.daily = np.round(means, 3).tolist()
    row.low, row.high = band
    row.total = round(total, 3)
    row.spread = np.round(spread[: HORIZON // WEEK], 2).tolist()
    row.total_q90 = round(max(total + float(spread[3, LEVELS.index(0.9)]), total), 3)
    return row


def _reference(table: np.ndarray, names: Sequence[str]) -> np.ndarray:
    columns = [names.index("expected_decayed_10"), names.index("similar_0")]
    return table[:, :, columns].mean(axis=2)
