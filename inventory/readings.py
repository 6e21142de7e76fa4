"""What is watched of forecasts: their error as the days come in, demand and forecasts shifting."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from django.utils.translation import gettext_noop

from foundation import registry
from foundation.watching import Reading, decay, drift, figure
from inventory import selectors
from inventory.learning.metrics import wape
from inventory.models import Forecast
from inventory.selectors import Demand
from inventory.services.training import CAPABILITY

WEEK, MONTH = 7, 28
LEAST_VARIANTS = 100
TOLERANCE = 0.25
"""Four weeks of other holidays and promotions may be so much harder than those held out."""
DEMAND = gettext_noop("stability of units a variant")
FORECASTS = gettext_noop("stability of forecasts")
ERROR = gettext_noop("error of totals so far")
ERROR_GROWN = gettext_noop("growth of the error since promotion")


def readings() -> Iterator[Reading]:
    """Live error of the oldest forecast there is sales for, and population stability."""
    demand = selectors.daily_demand()
    if demand is None:
        return
    units = demand.units
    if units.shape[1] >= 2 * MONTH and len(units) >= LEAST_VARIANTS:
        before, last = units[:, -2 * MONTH : -MONTH].sum(axis=1), units[:, -MONTH:].sum(axis=1)
        yield drift(CAPABILITY, DEMAND, before, last)
    yield from _forecasts()
    yield from _errors(demand)


def _forecasts() -> Iterator[Reading]:
    """The newest forecasts against the oldest kept; same variants or not, as a population."""
    days = Forecast.objects.order_by("made_on").values_list("made_on", flat=True).distinct()
    kept = list(days)
    if len(kept) > 1 and (kept[-1] - kept[0]).days >= WEEK:
        first, last = (
            # Totals of rounded days differ by hundredths; bins would tell them apart.
            [round(total, 1) for total in _totals(day)]
            for day in (kept[0], kept[-1])
        )
        if min(len(first), len(last)) >= LEAST_VARIANTS:
            yield drift(CAPABILITY, FORECASTS, first, last)


def _totals(day: date) -> list[float]:
    return list(Forecast.objects.filter(made_on=day).values_list("total", flat=True))


def _errors(demand: Demand) -> Iterator[Reading]:
    """WAPE of the units from the day after a forecast to the last day sold."""
    made = Forecast.objects.filter(made_on__lte=demand.last_day - timedelta(days=WEEK))
    oldest = made.order_by("made_on").values_list("made_on", flat=True).first()
    if oldest is None:
        return
    days = min((demand.last_day - oldest).days, MONTH)
    start = demand.units.shape[1] - (demand.last_day - oldest).days
    if start < 0:
        return
    sold = dict(
        zip(demand.variant_ids.tolist(), demand.units[:, start : start + days], strict=True)
    )
    rows = Forecast.objects.filter(made_on=oldest).values_list("variant_id", "daily")
    pairs = [(sold[pk].sum() if pk in sold else 0.0, sum(daily[:days])) for pk, daily in rows]
    real, expected = np.array(pairs).T
    if len(pairs) < LEAST_VARIANTS or not real.sum():
        return
    error = wape(real, expected)
    active = registry.active_version(CAPABILITY)
    promoted = active.metrics.get("total_wape") if active else None
    yield figure(CAPABILITY, ERROR, error, promoted)
    if promoted is not None and days == MONTH:
        # An error that grows is a figure that falls.
        yield decay(CAPABILITY, ERROR_GROWN, -promoted, -error, tolerance=TOLERANCE)
