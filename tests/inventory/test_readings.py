"""The watcher of forecasts measures their error as the days come in."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from inventory import readings
from inventory.models import Forecast
from inventory.selectors import Demand
from tests.shop.factories import VariantFactory

VARIANTS, DAYS, SINCE = 3, 56, 10


@pytest.mark.parametrize(("expected", "error"), [(2.0, 0.0), (3.0, 0.5)])
def test_the_error_so_far_is_that_of_the_days_sold(
    db: None, monkeypatch: pytest.MonkeyPatch, expected: float, error: float
) -> None:
    monkeypatch.setattr(readings, "LEAST_VARIANTS", VARIANTS)
    ids = np.array([VariantFactory().pk for _ in range(VARIANTS)])
    today = timezone.localdate()
    demand = Demand(ids, np.full((VARIANTS, DAYS), 2.0), today - timedelta(days=1))
    made = demand.last_day - timedelta(days=SINCE)
    Forecast.objects.bulk_create(
        Forecast(
            variant_id=pk,
            made_on=made,
            data_to=made,
            method="mean",
            daily=[expected] * 28,
            total=28 * expected,
            total_q90=60,
            deviation=1,
        )
        for pk in ids.tolist()
    )
    monkeypatch.setattr(readings.selectors, "daily_demand", lambda: demand)
    found = {reading.subject: reading.value for reading in readings.readings()}
    assert found[readings.ERROR] == error
    assert readings.ERROR_GROWN not in found, "four weeks are not over"


def test_forecasts_that_differ_by_hundredths_have_not_shifted(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "LEAST_VARIANTS", 20)
    ids = [VariantFactory().pk for _ in range(20)]
    today = timezone.localdate()

    def make(days_ago: int, more: float) -> None:
        made = today - timedelta(days=days_ago)
        totals = {pk: place % 4 + more for place, pk in enumerate(ids)}
        Forecast.objects.bulk_create(
            Forecast(
                variant_id=pk,
                made_on=made,
                data_to=made,
                method="mean",
                daily=[total / 28] * 28,
                total=total,
                total_q90=60,
                deviation=1,
            )
            for pk, total in totals.items()
        )

    make(14, 0.0)
    make(2, 0.01)
    (reading,) = readings._forecasts()
    assert reading.value < 0.01
    make(1, 2.0)
    (reading,) = readings._forecasts()
    assert reading.value > reading.limit
