"""The demand model in the shop: trained from orders, gated, served, and seen in the chart."""

from datetime import datetime, time, timedelta

import numpy as np
import pytest
from django.utils import timezone

from foundation import registry
from foundation.models import ModelVersion, TrainingRun
from inventory import selectors, services
from inventory.chart import forecast_chart
from inventory.learning.weekly import Recipe
from inventory.models import Forecast, ForecastChunk, ReplenishmentLine, StockLevel
from inventory.reasons import reason_text
from inventory.services import chunks, forecasting, training
from inventory.services.forecasting import LEARNT_METHOD, METHOD
from shop.models import Order, OrderLine, PlannedPromotion, Variant
from tests.inventory.factories import SupplierFactory, stocked
from tests.shop.factories import ChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db
WEEKS, VARIANTS = 26, 24


@pytest.fixture
def year(monkeypatch: pytest.MonkeyPatch) -> list[Variant]:
    """Twenty-six weeks of orders up to last Sunday; in a mailer week four times as much is sold."""
    recipe = Recipe(rounds=30, quantile_rounds=20, seeds=1, every=4, threads=1)
    monkeypatch.setattr(training, "RECIPE", recipe)
    registry.forget_loaded()
    variants = [VariantFactory() for _ in range(VARIANTS)]
    zone = timezone.get_default_timezone()
    today = timezone.localdate(timezone=zone)
    monday = today - timedelta(days=today.weekday())
    dice = np.random.default_rng(7)
    mailer = dice.random((VARIANTS, WEEKS + 5)) < 0.2
    # The weeks to come: the first variant is promoted, the second is not.
    mailer[0, WEEKS:], mailer[1, WEEKS:] = True, False
    PlannedPromotion.objects.bulk_create(
        PlannedPromotion(
            variant=variants[row],
            week_start=monday + timedelta(weeks=int(week) - WEEKS),
            mailer_share=1.0,
        )
        for row, week in zip(*np.nonzero(mailer), strict=True)
    )
    noon = datetime.combine(monday - timedelta(weeks=WEEKS), time(12), tzinfo=zone)
    channel = ChannelFactory()
    orders = Order.objects.bulk_create(
        Order(
            number=f"T-{day}",
            channel=channel,
            placed_at=noon + timedelta(days=day),
            subtotal=1,
            total=1,
        )
        for day in range(WEEKS * 7)
    )
    lines = []
    for day, order in enumerate(orders):
        rate = np.where(mailer[:, day // 7], 8.0, 2.0)
        for variant, units in zip(variants, dice.poisson(rate).tolist(), strict=True):
            if units:
                lines.append(
                    OrderLine(
                        order=order, variant=variant, quantity=units, unit_price=2, total=2 * units
                    )
                )
    OrderLine.objects.bulk_create(lines, batch_size=2000)
    return variants


def test_the_model_is_trained_gated_and_serves_what_is_planned(year: list[Variant]) -> None:
    assert services.forecast_all() == VARIANTS
    assert set(Forecast.objects.values_list("method", flat=True)) == {METHOD}
    version = services.train_demand_model()
    assert version is not None
    version.refresh_from_db()
    assert version.status == ModelVersion.Status.ACTIVE
    assert version.metrics["total_wape"] < version.metrics["moving_average_total_wape"]
    assert services.train_demand_model() is None, "the model has seen the last days already"
    registry.forget_loaded()
    assert services.forecast_all() == VARIANTS
    promoted, plain = (Forecast.objects.get(variant=variant) for variant in year[:2])
    assert promoted.method == LEARNT_METHOD
    assert promoted.total > 1.8 * plain.total
    assert len(promoted.daily) == len(promoted.low) == len(promoted.high) == 28
    assert promoted.total_q90 >= promoted.total
    bars = forecast_chart(promoted).bars
    assert all(bar.promotion and bar.high is not None and bar.high >= bar.low for bar in bars)
    assert not any(bar.promotion for bar in forecast_chart(plain).bars)
    SupplierFactory(lead_time_days=5)
    for variant in year[:2]:
        stocked(5, variant=variant)
    services.plan_replenishment()
    why = {line.variant_id: reason_text(line) for line in ReplenishmentLine.objects.all()}
    assert "A promotion is planned" in why[year[0].pk]
    assert "A promotion is planned" not in why[year[1].pk]
    points = dict(StockLevel.objects.values_list("variant_id", "reorder_point"))
    assert points[year[0].pk] > 1.5 * points[year[1].pk] > 0


def test_a_worse_model_stays_a_candidate(
    year: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "wape", lambda totals, forecast: 0.5)
    version = services.train_demand_model()
    assert version is not None
    version.refresh_from_db()
    assert version.status == ModelVersion.Status.CANDIDATE
    registry.forget_loaded()
    services.forecast_all()
    assert set(Forecast.objects.values_list("method", flat=True)) == {METHOD}


def test_a_short_past_trains_nothing(db: None) -> None:
    assert services.train_demand_model() is None
    assert selectors.sales_history() is None


def test_a_young_model_whose_file_is_damaged_is_made_anew(served: list[Variant]) -> None:
    active = registry.active_version(training.CAPABILITY)
    assert active is not None
    registry.verify(active).write_text("{")
    version = services.train_demand_model()
    assert version is not None
    version.refresh_from_db()
    assert version.status == ModelVersion.Status.ACTIVE
    assert registry.intact(version)


@pytest.fixture
def served(year: list[Variant]) -> list[Variant]:
    assert services.train_demand_model() is not None
    registry.forget_loaded()
    return year


def numbers() -> dict[int, list[float]]:
    return dict(Forecast.objects.values_list("variant_id", "daily"))


def test_chunks_by_whichever_worker_are_the_same_forecasts(
    served: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "SIZE", 7)
    helped: list[int] = []

    def help_now(count: int) -> None:
        helped.append(count)
        assert chunks.work_on_one(timezone.localdate(), forecasting.forecast_chunk)
        assert not selectors.latest_forecasts().exists(), "half a batch is not shown"

    assert services.forecast_all(call_helpers=help_now) == VARIANTS
    assert helped == [3], "four chunks, one worker has begun"
    assert not ForecastChunk.objects.exists()
    assert selectors.latest_forecasts().count() == VARIANTS
    alone = numbers()
    assert services.forecast_all() == VARIANTS
    assert numbers() == alone
    assert services.help_forecasting() == 0, "who comes late finds nothing"
    run = TrainingRun.objects.filter(capability="inventory.forecast").first()
    assert run is not None
    assert (run.state, run.done) == (TrainingRun.State.DONE, VARIANTS)


def test_a_killed_batch_is_gone_on_with(
    served: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "SIZE", 7)
    today = timezone.localdate()
    made: list[int] = []

    def make(chunk: ForecastChunk) -> list[Forecast]:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(chunk.number)
        return forecasting.forecast_chunk(chunk)

    assert chunks.begin(today) is not None
    for _ in range(2):
        assert chunks.work_on_one(today, make)
    with pytest.raises(KeyboardInterrupt):
        chunks.work_on_one(today, make)
    assert Forecast.objects.count() == 12
    # The claim of the lost worker holds for a while, then the chunk is anybody's.
    ForecastChunk.objects.filter(done_at=None, number=2).update(
        claimed_at=timezone.now() - timedelta(seconds=chunks.CLAIM_SECONDS + 1)
    )
    first = set(Forecast.objects.values_list("pk", flat=True))
    assert services.forecast_all() == VARIANTS
    assert first < set(Forecast.objects.values_list("pk", flat=True)), "what was done stays done"


def test_a_chunk_sees_the_same_weeks_as_the_whole(served: list[Variant]) -> None:
    whole, frame = selectors.sales_history(), selectors.history_frame()
    assert whole is not None
    assert frame is not None
    assert (whole.first_day, whole.last_day, whole.next_day) == (
        frame.first_day,
        frame.last_day,
        frame.next_day,
    )
    some = selectors.variants_sold(frame)[3:9]
    part = selectors.history_of(some, frame)
    assert part is not None
    rows = np.searchsorted(whole.variant_ids, part.variant_ids)
    assert (part.daily == whole.daily[rows]).all()
    assert (part.panel.plan == whole.panel.plan[rows]).all()
    assert np.allclose(part.panel.price, whole.panel.price[rows], equal_nan=True)
