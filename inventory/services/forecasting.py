"""The daily batch: forecast every variant that sells."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone

from foundation.runs import training_run
from inventory import selectors
from inventory.learning.baselines import HORIZON, MovingAverageWeekday
from inventory.learning.replenishment import total_quantile
from inventory.models import Forecast
from inventory.selectors import Demand

METHOD = "28-day mean x weekday"
KEEP_DAYS = 35
Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def forecast_all(progress: Progress = _silent) -> int:
    """Forecast each variant sold in the last eight weeks; return how many. Twice a day is once.

    Variants without a sale in that time have no forecast. When the data ends before yesterday the
    forecast starts tomorrow all the same.
    """
    with training_run("inventory.forecast") as run:
        demand = selectors.daily_demand()
        if demand is None:
            run.report(0, 0, "no sales yet")
            return 0
        progress(1, 3)
        made_on = timezone.localdate(timezone=timezone.get_default_timezone())
        rows = make_forecasts(demand, made_on)
        progress(2, 3)
        with transaction.atomic():
            Forecast.objects.filter(made_on=made_on).delete()
            Forecast.objects.filter(made_on__lt=made_on - timedelta(days=KEEP_DAYS)).delete()
            Forecast.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
        progress(3, 3)
        run.report(len(rows), len(rows), f"{len(rows)} variants")
        return len(rows)


def make_forecasts(demand: Demand, made_on: date) -> list[Forecast]:
    """Unsaved forecasts for the ``HORIZON`` days after ``made_on``."""
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
