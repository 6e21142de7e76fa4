"""The demand model: what it learns about promotions, and that nothing of the future leaks in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inventory.learning.conformal import ConformalRatios
from inventory.learning.counts import NegativeBinomialHead
from inventory.learning.demand import Tables
from inventory.learning.features import WeeklyFeatures, WeeklyPanel
from inventory.learning.intermittent import TSB, Croston
from inventory.learning.leadtime import LeadTimeDemand
from inventory.learning.profile import DayProfile
from inventory.learning.replenishment import reorder_levels, spread_at
from inventory.learning.simulation import Costs, base_stock, economic_quantity, replay
from inventory.learning.uplift import PromotionUplift
from inventory.learning.weekly import LEVELS, PromotionForecaster, Recipe

N_SERIES, N_WEEKS, AHEAD = 60, 36, 4
RECIPE = Recipe(rounds=40, quantile_rounds=30, seeds=1, every=4, threads=1)


@pytest.fixture(scope="module")
def panel() -> WeeklyPanel:
    """Series of different size; a mailer week sells three times as much. 36 weeks and 4 more."""
    dice = np.random.default_rng(4)
    plan = np.zeros((N_SERIES, N_WEEKS + AHEAD, 2))
    plan[:, :, 0] = dice.random((N_SERIES, N_WEEKS + AHEAD)) < 0.2
    level = dice.uniform(3, 30, N_SERIES)
    units = dice.poisson(level[:, None] * np.where(plan[:, :, 0] > 0, 3.0, 1.0)).astype(float)
    return WeeklyPanel(
        units=units,
        plan=plan,
        n_mailer=1,
        groups=np.stack([np.arange(N_SERIES) % k for k in (2, 4, 8)], axis=1),
        week_of_year=np.arange(N_WEEKS + AHEAD) + 1,
        holidays=np.array([10]),
        price=np.full(units.shape, 2.5),
        discount=np.zeros(units.shape),
    )


def test_the_uplift_of_a_mailer_is_found(panel: WeeklyPanel) -> None:
    plan, group = panel.plan[:, :N_WEEKS], panel.groups[:, 1]
    uplift = PromotionUplift().fit(panel.units[:, :N_WEEKS], plan, group).predict(plan, group)
    found = np.exp(uplift[plan[:, :, 0] > 0])
    assert np.median(found) == pytest.approx(3.0, rel=0.1)
    assert (uplift[plan[:, :, 0] == 0] == 0).all()


def test_without_a_promotion_in_sight_there_is_no_uplift(panel: WeeklyPanel) -> None:
    """A shop that has not promoted anything yet asks what a lower price would bring."""
    nothing, group = np.zeros_like(panel.plan[:, :N_WEEKS]), panel.groups[:, 1]
    uplift = PromotionUplift().fit(panel.units[:, :N_WEEKS], nothing, group)
    assert (uplift.predict(nothing, group) == 0).all()


def test_the_table_of_an_origin_does_not_know_what_came_after(panel: WeeklyPanel) -> None:
    past = panel.upto(30, AHEAD)
    changed = replace(
        panel,
        units=np.concatenate([panel.units[:, :30], panel.units[:, 30:] * 9 + 1], axis=1),
        price=np.concatenate([panel.price[:, :30], panel.price[:, 30:] * 2], axis=1),
    ).upto(30, AHEAD)
    one, other = WeeklyFeatures().table(past), WeeklyFeatures().table(changed)
    np.testing.assert_array_equal(one, other)
    assert one.shape[:2] == (N_SERIES, AHEAD)


@pytest.fixture(scope="module")
def trained(panel: WeeklyPanel) -> tuple[PromotionForecaster, Tables]:
    tables = Tables(lambda origin: panel.upto(origin, AHEAD))
    origins = tables.training(panel.units[:, :N_WEEKS], RECIPE)
    return PromotionForecaster(RECIPE).fit(origins, tables.names), tables


def test_planned_weeks_are_forecast_higher_and_better_than_by_the_mean(
    panel: WeeklyPanel, trained: tuple[PromotionForecaster, Tables]
) -> None:
    model, tables = trained
    forecast = model.predict(tables.at(N_WEEKS))
    future, average = panel.units[:, N_WEEKS:], panel.units[:, N_WEEKS - 4 : N_WEEKS].mean(axis=1)
    error = np.abs(forecast.mean - future).sum()
    assert error < 0.5 * np.abs(average[:, None] - future).sum()
    totals = future.sum(axis=1)
    covered = [(totals <= forecast.cumulative[:, 3, level]).mean() for level in range(len(LEVELS))]
    assert covered == sorted(covered)
    assert 0.25 < covered[0] < 0.75
    assert covered[LEVELS.index(0.95)] > 0.8


def test_a_model_is_the_same_after_saving_and_loading(
    trained: tuple[PromotionForecaster, Tables], tmp_path: Path
) -> None:
    model, tables = trained
    model.save(tmp_path / "model.json")
    loaded = PromotionForecaster.load(tmp_path / "model.json", recipe=RECIPE)
    before, after = model.predict(tables.at(N_WEEKS)), loaded.predict(tables.at(N_WEEKS))
    np.testing.assert_allclose(after.mean, before.mean)
    np.testing.assert_allclose(after.cumulative, before.cumulative)


def test_days_sum_to_their_weeks_and_closed_days_are_empty() -> None:
    daily = np.random.default_rng(1).poisson(3.0, (5, 70)).astype(float)
    profile = DayProfile().fit(daily, np.zeros(5, int), {"feast": [30]})
    weekly = np.full((5, 2), 21.0)
    days = profile.split(weekly, first_day=70, holidays={"feast": [75]})
    np.testing.assert_allclose(days.reshape(5, 2, 7).sum(axis=2), weekly)
    shut = profile.split(weekly, first_day=70, holidays={}, closed=[72])
    assert (shut[:, 2] == 0).all()
    assert (shut.sum(axis=1) < weekly.sum(axis=1)).all()


def test_the_median_of_counts_beats_the_mean_on_absolute_error() -> None:
    dice = np.random.default_rng(2)
    means = np.repeat([0.4, 1.5, 5.0], 2000)
    units = dice.negative_binomial(1.5, 1.5 / (1.5 + means))
    head = NegativeBinomialHead().fit(means, units)
    assert np.abs(units - head.quantile(means, 0.5)).sum() < 0.95 * np.abs(units - means).sum()
    for level in (0.5, 0.9, 0.95):
        assert (units <= head.quantile(means, level)).mean() >= level - 0.02


def test_intermittent_methods_know_a_product_that_fades() -> None:
    units = np.concatenate([np.tile([0.0, 2.0], 30), np.zeros(60)])[None]
    assert TSB().fit(units).predict(1)[0, 0] < 0.2
    assert Croston().fit(units).predict(1)[0, 0] > 0.5


def test_conformal_and_lead_time_quantiles_cover_what_they_say() -> None:
    dice = np.random.default_rng(3)
    means = dice.uniform(0.5, 40, 20_000)
    units = dice.negative_binomial(3.0, 3.0 / (3.0 + means)).astype(float)
    half = slice(0, 10_000)
    ratios = ConformalRatios().fit(means[half], units[half]).predict(means[10_000:])
    lead = LeadTimeDemand().fit(means[half], units[half])
    for index, level in enumerate((0.5, 0.9, 0.95)):
        assert (units[10_000:] <= ratios[:, index]).mean() == pytest.approx(level, abs=0.02)
        quantile = lead.quantile(means[10_000:], level)
        assert (units[10_000:] <= quantile).mean() == pytest.approx(level, abs=0.02)


def test_learnt_spreads_take_the_place_of_the_normal_distribution() -> None:
    means, deviations, lead = np.full((2, 28), 2.0), np.ones(2), np.array([6, 6])
    spreads = np.array([[8.0, 11.0, 13.0, 15.0], [np.nan] * 4])
    result = reorder_levels(means, deviations, lead, spreads=spreads)
    assert result.reorder_point.tolist() == [14 + 8, 14 + 5]
    days = np.array([0, 7, 14, 28, 99])
    rows = np.repeat(spreads[:1], 5, axis=0)
    assert spread_at(rows, days).tolist() == [0.0, 8.0, 11.0, 15.0, 15.0]


def test_a_replay_by_hand() -> None:
    """One unit a day, two days to arrive; position 3 covers the way, 2 does not."""
    demand, lead = np.ones((1, 30)), np.array([2])
    enough = replay(demand, base_stock(np.full((1, 30), 3.0)), lead, costs=Costs(order=0))
    assert (enough.fill_rate, enough.stock_out, enough.orders) == (1.0, 0.0, 7.0)
    assert enough.stock == pytest.approx(1.0)
    short = replay(demand, base_stock(np.full((1, 30), 1.0)), lead, costs=Costs(order=0))
    assert short.fill_rate < 0.7
    packs = np.array([6.0])
    packed = replay(demand, base_stock(np.full((1, 30), 3.0)), lead, packs=packs)
    assert packed.orders < 2
    assert economic_quantity(np.array([2.0]), Costs(holding=0.01, order=1.0))[0] == 20.0
