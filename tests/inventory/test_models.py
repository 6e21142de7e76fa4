"""The mission's models, each on a small panel whose promotions triple the demand."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from inventory.learning.boosting import DailyPanel, GlobalBoosting
from inventory.learning.classical import ETS, SeasonalARIMA
from inventory.learning.recurrent import RecurrentForecaster, WeeklyEncoder, heads


@pytest.fixture(scope="module")
def weeks() -> tuple[np.ndarray, np.ndarray]:
    """Units (40, 36) and plan (40, 36, 1) by week."""
    dice = np.random.default_rng(5)
    plan = (dice.random((40, 36, 1)) < 0.25).astype(float)
    level = dice.uniform(5, 40, (40, 1))
    return dice.poisson(level * np.where(plan[:, :, 0] > 0, 3.0, 1.0)).astype(float), plan


@pytest.fixture(scope="module")
def encoder(weeks: tuple[np.ndarray, np.ndarray]) -> WeeklyEncoder:
    return WeeklyEncoder(width=8, epochs=12).fit(weeks[0][:, :32], weeks[1][:, :32])


@pytest.mark.parametrize("name", ["linear", "gradient_boosting", "svm"])
def test_heads_on_the_recurrent_state_know_the_plan(
    weeks: tuple[np.ndarray, np.ndarray], encoder: WeeklyEncoder, name: str
) -> None:
    units, plan = weeks
    past, future = units[:, :32], units[:, 32:]
    # A head's threads would only wait for each other on so few rows.
    with threadpool_limits(1):
        model = RecurrentForecaster(encoder, heads()[name], most=1000).fit(past, plan)
        forecast = model.predict(past, plan)
    average = past[:, -4:].mean(axis=1, keepdims=True)
    assert forecast.shape == future.shape
    assert np.abs(forecast - future).sum() < 0.6 * np.abs(average - future).sum()


def test_global_boosting_uses_the_plan_and_orders_its_quantiles(
    weeks: tuple[np.ndarray, np.ndarray],
) -> None:
    units, plan = weeks
    daily, days = np.repeat(units[:, :32] / 7, 7, axis=1), np.repeat(plan, 7, axis=1)
    panel = DailyPanel(daily, days, np.zeros(40, dtype=int), np.ones(daily.shape))
    model = GlobalBoosting(rounds=40, levels=(0.5, 0.9), threads=1).fit(panel)
    totals, future = model.predict(panel).sum(axis=1), units[:, 32:].sum(axis=1)
    average = units[:, 28:32].sum(axis=1)
    assert np.abs(totals - future).sum() < 0.8 * np.abs(average - future).sum()
    quantiles = model.total_quantiles(panel)
    assert (quantiles[:, 0] <= quantiles[:, 1]).all()


@pytest.mark.parametrize("method", [ETS, SeasonalARIMA])
def test_models_of_one_series_see_the_week(method: type) -> None:
    dice = np.random.default_rng(6)
    units = dice.poisson(np.tile([1.0, 1, 1, 1, 1, 9, 9], 12), (2, 84)).astype(float)
    forecast = method().fit(units).predict(7)
    assert forecast.shape == (2, 7)
    assert (forecast[:, 5:].mean(axis=1) > 2 * forecast[:, :5].mean(axis=1)).all()
