"""The last 84 days replayed, the first 14 warm up: lead time 3 to 7 days, daily review, lost sales.

Forecasts are made every Monday. Once without order cost and packs, where stock is compared at the
fill rate of the min/max rule, and once with them, where the total cost is. Our rule's quantile and
quantity are chosen by cost on the 84 days before (forecasts by the level without boosting).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.inventory import data
from benchmarks.inventory.data import Market
from benchmarks.inventory.forecast import RECIPE, Task
from benchmarks.inventory.report import Row, row
from inventory.learning.boosting import GlobalBoosting
from inventory.learning.demand import Tables
from inventory.learning.leadtime import LeadTimeDemand
from inventory.learning.profile import DayProfile
from inventory.learning.simulation import (
    Costs,
    Outcome,
    Rule,
    base_stock,
    economic_quantity,
    replay,
)
from inventory.learning.weekly import PromotionForecaster

WEEKS = 12
CALIBRATION_WEEKS = 8
LEVELS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99)
QUANTITIES = (0.5, 0.75, 1.0, 1.25)
SEED = 5
Weekly = Callable[[int], np.ndarray]
"""Daily means (n, 28) of the days from the beginning of a week."""


@dataclass(frozen=True)
class World:
    """The demand that is replayed and what an order is bound to."""

    market: Market
    first_week: int
    lead_times: np.ndarray
    packs: np.ndarray

    @property
    def demand(self) -> np.ndarray:
        start = self.first_week * 7
        return self.market.units[:, start : start + WEEKS * 7].astype(np.float64)


def world(market: Market, first_week: int) -> World:
    """Lead times of 3 to 7 days by chance; packs of 1, 2, 4 or 6 by what sold before."""
    lead_times = np.random.default_rng(SEED).integers(3, 8, len(market.units))
    daily = market.units[:, 7 : first_week * 7].mean(axis=1)
    packs = np.array([1, 2, 4, 6])[np.searchsorted([0.7, 1.5, 4.0], daily)]
    return World(market, first_week, lead_times, packs.astype(np.float64))


def mean_path(task: Task, weeks: np.ndarray) -> np.ndarray:
    """Weekly means on days, (n, 28); the plan ends with the data, so the last week is repeated."""
    missing = 4 - weeks.shape[1]
    weeks = np.concatenate([weeks, np.repeat(weeks[:, -1:], missing, axis=1)], axis=1)
    calendar = task.calendar
    profile = DayProfile().fit(task.daily, task.market.category, calendar.holidays)
    return profile.split(
        weeks,
        first_day=task.daily.shape[1],
        holidays=calendar.holidays,
        closed=calendar.closed,
    )


def level_forecasts(market: Market, tables: Tables) -> Weekly:
    def weekly(week: int) -> np.ndarray:
        table = tables.at(week - 1)
        columns = [tables.names.index(name) for name in ("expected_decayed_10", "similar_0")]
        means = table[:, :, columns].mean(axis=2).astype(np.float64)
        return mean_path(Task(market, week, tables), means)

    return weekly


def our_forecasts(market: Market, tables: Tables) -> Weekly:
    """Trained anew every fourth week."""
    models: dict[int, PromotionForecaster] = {}

    def weekly(week: int) -> np.ndarray:
        first = data.day_of(data.ORIGINS[0]) // 7
        trained = first + (week - first) // 4 * 4
        if trained not in models:
            task = Task(market, trained, tables)
            origins = task.tables.training(task.weekly, RECIPE)
            models[trained] = PromotionForecaster(RECIPE).fit(origins, tables.names)
        means = models[trained].predict(tables.at(week - 1)).mean
        return mean_path(Task(market, week, tables), means)

    return weekly


def boosting_forecasts(market: Market, tables: Tables, codes: tuple[int, ...]) -> Weekly:
    """Plain LightGBM, trained anew every fourth week, and once before the calibration weeks."""
    models: dict[int, GlobalBoosting] = {}

    def weekly(week: int) -> np.ndarray:
        first = data.day_of(data.ORIGINS[0]) // 7
        trained = first + (week - first) // 4 * 4
        if week < first:
            trained = first - CALIBRATION_WEEKS
        if trained not in models:
            models[trained] = GlobalBoosting().fit(Task(market, trained, tables).daily_panel(codes))
        return models[trained].predict(Task(market, week, tables).daily_panel(codes))

    return weekly


def moving_average(market: Market, tables: Tables) -> Weekly:
    def weekly(week: int) -> np.ndarray:
        mean = market.units[:, week * 7 - 28 : week * 7].mean(axis=1)
        return np.repeat(mean[:, None], 28, axis=1)

    return weekly


def sums(path: np.ndarray, start: int, days: np.ndarray) -> np.ndarray:
    """Sum of ``days`` (n,) columns from ``start``; cut at the end of the path."""
    total = np.concatenate([np.zeros((len(path), 1)), np.cumsum(path, axis=1)], axis=1)
    last = path.shape[1]
    rows = np.arange(len(path))
    return total[rows, np.minimum(start + days, last)] - total[rows, min(start, last)]


@dataclass(frozen=True)
class Coming:
    """Expected demand as seen at the end of each day, float64 (n, n_days): until goods ordered
    then arrive (``until``), and each of the 14 days after that, (n, n_days, 14)."""

    until: np.ndarray
    after: np.ndarray
    spread: LeadTimeDemand


def coming(place: World, forecasts: Weekly) -> Coming:
    """Look ahead from every day with the newest Monday's forecast."""
    n_days = WEEKS * 7
    paths = [forecasts(place.first_week + week) for week in range(WEEKS)]
    until = np.empty((len(place.lead_times), n_days))
    after = np.empty((*until.shape, 14))
    for day in range(n_days):
        week = min((day + 1) // 7, WEEKS - 1)
        start = day + 1 - 7 * week
        until[:, day] = sums(paths[week], start, place.lead_times)
        for more in range(14):
            end = sums(paths[week], start, place.lead_times + more + 1)
            after[:, day, more] = end - until[:, day]
    return Coming(until, after, calibrate(place, forecasts))


def calibrate(place: World, forecasts: Weekly) -> LeadTimeDemand:
    """Errors of the weeks before, on windows of each product's lead time."""
    means, units = [], []
    for week in range(place.first_week - CALIBRATION_WEEKS, place.first_week):
        path = forecasts(week)
        actual = place.market.units[:, week * 7 : place.first_week * 7].astype(np.float64)
        for start in range(0, 7, 2):
            if actual.shape[1] >= start + place.lead_times.max():
                means.append(sums(path, start, place.lead_times))
                units.append(sums(actual, start, place.lead_times))
    return LeadTimeDemand().fit(np.concatenate(means), np.concatenate(units))


def quantile_rule(ahead: Coming, level: float) -> Rule:
    return base_stock(ahead.spread.quantile(ahead.until, level))


def quantity_rule(ahead: Coming, level: float, factor: float, costs: Costs) -> Rule:
    """(s, S): s is the lead-time quantile, S adds the days after that an economic order covers."""
    point = np.ceil(ahead.spread.quantile(ahead.until, level)) - 1
    daily = ahead.after[:, :, -1] / 14
    days = factor * economic_quantity(daily, costs) / np.maximum(daily, 0.02)
    whole = np.clip(np.rint(days).astype(int), 1, 14)
    extra = np.take_along_axis(ahead.after, whole[:, :, None] - 1, axis=2)[:, :, 0]
    return Rule(point, np.ceil(point + np.maximum(extra, 1)))


def min_max(place: World, low: float, high: float) -> Rule:
    start = place.first_week * 7
    units = place.market.units
    daily = np.stack([units[:, d - 27 : d + 1].mean(axis=1) for d in range(start, start + 84)], 1)
    return Rule(np.ceil(low * daily), np.ceil(high * daily) + 1)


def stock_at(fill_rate: float, outcomes: list[Outcome]) -> float:
    """Stock at a fill rate on the line through outcomes of rising quantiles."""
    order = sorted(outcomes, key=lambda outcome: outcome.fill_rate)
    return float(np.interp(fill_rate, [o.fill_rate for o in order], [o.stock for o in order]))


def _figures(method: str, outcome: Outcome, seconds: float, n: int) -> list[Row]:
    names = ("fill_rate", "stock", "stock_out", "orders", "cost")
    return [
        row("replenishment", method, name, getattr(outcome, name), n=n, seconds=seconds)
        for name in names
    ]


def choose(market: Market, tables: Tables) -> tuple[float, float]:
    """Quantile and quantity factor of the least cost on the 84 days before the test."""
    place = world(market, data.day_of(data.ORIGINS[0]) // 7 - WEEKS)
    ahead, costs = coming(place, level_forecasts(market, tables)), Costs()
    best = min(
        (
            replay(
                place.demand,
                quantity_rule(ahead, level, factor, costs),
                place.lead_times,
                packs=place.packs,
            ).cost,
            level,
            factor,
        )
        for level in LEVELS
        for factor in QUANTITIES
    )
    return best[1], best[2]


def run(market: Market, tables: Tables) -> list[Row]:
    """Every rule on the same demand."""
    place = world(market, data.day_of(data.ORIGINS[0]) // 7)
    n, rows, plain, costs = len(place.lead_times), [], Costs(order=0.0), Costs()
    times = place.lead_times

    def free(rule: Rule) -> Outcome:
        return replay(place.demand, rule, times, costs=plain)

    def bound(rule: Rule) -> Outcome:
        return replay(place.demand, rule, times, packs=place.packs, costs=costs)

    rule_14_21 = min_max(place, 14, 21)
    target = free(rule_14_21)
    rows += _figures("min_max_14_28", free(min_max(place, 14, 28)), 0, n)
    rows += _figures("min_max_14_21", target, 0, n)
    rows += _figures("min_max_14_21_with_costs", bound(rule_14_21), 0, n)
    sources = {
        "moving_average": moving_average(market, tables),
        "lightgbm": boosting_forecasts(market, tables, ()),
        "lightgbm_promotions": boosting_forecasts(market, tables, (0, 1)),
        "uplift_level": level_forecasts(market, tables),
        "mercato": our_forecasts(market, tables),
    }
    level, factor = choose(market, tables)
    baseline = 0.0
    for name, forecasts in sources.items():
        started = time.perf_counter()
        ahead = coming(place, forecasts)
        seconds = time.perf_counter() - started
        if name == "mercato":
            # Its forecasts of the calibration weeks would be of a model that saw them.
            honest = calibrate(place, sources["uplift_level"])
            ahead = Coming(ahead.until, ahead.after, honest)
        curve = [free(quantile_rule(ahead, q)) for q in LEVELS]
        ratio = stock_at(target.fill_rate, curve) / target.stock
        rows += _figures(f"{name}_base_stock", curve[LEVELS.index(0.95)], seconds, n)
        ours = name == "mercato"
        method = name if ours else f"{name}_base_stock"
        rows.append(row("replenishment", method, "stock_ratio", ratio, n=n, seconds=seconds))
        with_costs = bound(quantile_rule(ahead, 0.95))
        rows += _figures(f"{name}_base_stock_with_costs", with_costs, seconds, n)
        ordered = bound(quantity_rule(ahead, level, factor, costs))
        rows += _figures(name if ours else f"{name}_s_S_with_costs", ordered, seconds, n)
        if name == "lightgbm_promotions":
            baseline = with_costs.cost
    cost = next(r["value"] for r in rows if r["method"] == "mercato" and r["metric"] == "cost")
    rows.append(
        row("replenishment", "mercato", "cost_ratio", float(str(cost)) / baseline, n=n, seconds=0)
    )
    rows.append(row("replenishment", "mercato", "quantile", level, n=n, seconds=0))
    rows.append(row("replenishment", "mercato", "quantity_factor", factor, n=n, seconds=0))
    return rows
