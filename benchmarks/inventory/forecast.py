"""1,000 products, three origins, 28 days: every method on the same days.

WAPE over all cells and MASE are of the median, RMSSE, bias and the WAPE of 28-day totals of the
mean; a method without a median gives its mean for both. Mean over the origins.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.inventory import data
from benchmarks.inventory.data import Market
from benchmarks.inventory.report import Row, row
from inventory.learning.baselines import MovingAverage28, MovingAverageWeekday, SeasonalNaive
from inventory.learning.boosting import DailyPanel, GlobalBoosting
from inventory.learning.classical import ETS, SeasonalARIMA
from inventory.learning.conformal import ConformalRatios
from inventory.learning.counts import NegativeBinomialHead
from inventory.learning.demand import Calendar, Tables, daily_forecast, fit_head
from inventory.learning.intermittent import TSB, Croston
from inventory.learning.recurrent import RecurrentForecaster, WeeklyEncoder, heads
from inventory.learning.weekly import LEVELS, PromotionForecaster, Recipe

HORIZON = 28
QUANTILES = (0.5, 0.9, 0.95)
SAMPLE = 50
"""Series that models of one series each are tried on: they take a quarter of a second apiece."""
RECIPE = Recipe(rounds=200, quantile_rounds=120, seeds=1, every=2)


@dataclass
class Result:
    """``mean`` (n, 28); ``median`` the same or None; ``quantiles`` of the total (n, 3) or None."""

    mean: np.ndarray
    median: np.ndarray | None = None
    quantiles: np.ndarray | None = None
    chosen: np.ndarray | None = None


@dataclass
class Task:
    """A market at the beginning of a week. Tables are shared by all tasks of a run."""

    market: Market
    week: int
    tables: Tables

    @property
    def daily(self) -> np.ndarray:
        """Units a day of the whole weeks before the origin; the source's single day is out."""
        return self.market.units[:, 7 : self.week * 7].astype(np.float64)

    @property
    def weekly(self) -> np.ndarray:
        return data.weekly(self.market.units)[:, 1 : self.week].astype(np.float64)

    @property
    def actual(self) -> np.ndarray:
        return self.market.units[:, self.week * 7 : self.week * 7 + HORIZON].astype(np.float64)

    @cached_property
    def calendar(self) -> Calendar:
        days = {sort: [d - 7 for d in days] for sort, days in data.holiday_days().items()}
        return Calendar(days, [data.day_of(day) - 7 for day in data.CLOSED])

    def earlier(self, weeks: int) -> "Task":
        return Task(self.market, self.week - weeks, self.tables)

    @cached_property
    def plan(self) -> np.ndarray:
        """Mailer and display shares by week, (n, n_weeks + 4, 2)."""
        return data.panel(self.market, self.week).codes()[:, :, -2:]

    def daily_panel(self, codes: tuple[int, ...]) -> DailyPanel:
        """What a plain daily model knows; ``codes`` 0 mailer, 1 display."""
        weeks = self.plan[:, :, list(codes)]
        missing = self.week - 1 + HORIZON // 7 - weeks.shape[1]
        weeks = np.pad(weeks, ((0, 0), (0, missing), (0, 0)), mode="edge")
        plan = np.repeat(weeks, 7, axis=1)
        price = self.market.prices[:, 7 : self.week * 7]
        return DailyPanel(self.daily, plan, self.market.category, _carried(price))


Method = Callable[[Task], Result]


def _carried(prices: np.ndarray) -> np.ndarray:
    """The last price known on each day."""
    known = ~np.isnan(prices)
    place = np.maximum.accumulate(np.where(known, np.arange(prices.shape[1]), 0), axis=1)
    return np.take_along_axis(prices, place, axis=1)


def simple(make: Callable[[], object]) -> Method:
    return lambda task: Result(make().fit(task.daily).predict(HORIZON))  # type: ignore[attr-defined]


def moving_average_conformal(task: Task) -> Result:
    mean = MovingAverage28().fit(task.daily).predict(HORIZON)
    ratios = ConformalRatios(levels=QUANTILES).fit(
        *_past_totals(task, lambda t: MovingAverage28().fit(t.daily).predict(HORIZON))
    )
    return Result(mean, quantiles=ratios.predict(mean.sum(axis=1)))


def _past_totals(task: Task, forecast: Callable[[Task], np.ndarray]) -> tuple:
    """Totals forecast and sold in the two windows before the origin, for calibration."""
    past = [task.earlier(4), task.earlier(8)]
    forecasts = [forecast(t).sum(axis=1) for t in past]
    return np.concatenate(forecasts), np.concatenate([t.actual.sum(axis=1) for t in past])


def few(make: Callable[[], object]) -> Method:
    """A sample of the series; its figures are compared on the same sample only."""

    def run(task: Task) -> Result:
        chosen = np.linspace(0, len(task.daily) - 1, SAMPLE).astype(int)
        model = make().fit(task.daily[chosen])  # type: ignore[attr-defined]
        return Result(model.predict(HORIZON), chosen=chosen)

    return run


def boosting(codes: tuple[int, ...], *, head: bool = False, quantiles: bool = False) -> Method:
    def run(task: Task) -> Result:
        panel = task.daily_panel(codes)
        model = GlobalBoosting(levels=QUANTILES if quantiles else ()).fit(panel)
        mean = model.predict(panel)
        median = None
        if head:
            past = model.predict(task.earlier(4).daily_panel(codes))
            median = NegativeBinomialHead().fit(past, task.earlier(4).actual).quantile(mean, 0.5)
        totals = model.total_quantiles(panel) if quantiles else None
        return Result(mean, median, totals)

    return run


def recurrent(name: str) -> Method:
    def run(task: Task) -> Result:
        plan, units = data.panel(task.market, task.week).codes(), task.weekly
        encoder = WeeklyEncoder().fit(units, plan)
        model = RecurrentForecaster(encoder, heads()[name], most=4000 if name == "svm" else 30000)
        weeks = model.fit(units, plan).predict(units, plan)
        return _from_weeks(task, weeks, weeks_past=None)

    return run


def _from_weeks(task: Task, weeks: np.ndarray, weeks_past: np.ndarray | None) -> Result:
    group = task.market.category
    head = NegativeBinomialHead()
    if weeks_past is None:
        weeks_past = np.repeat(task.weekly[:, -8:-4].mean(axis=1)[:, None], 4, axis=1)
    head = fit_head(weeks_past, task.daily, group, task.calendar, by="likelihood")
    days = daily_forecast(weeks, task.daily, group, task.calendar, head)
    return Result(days.mean, days.median)


def reference(task: Task) -> Result:
    """The level with promotions divided out times the planned uplift, nothing learnt on top."""
    weeks = _reference_weeks(task.tables, task.week - 1)
    past = _reference_weeks(task.tables, task.week - 5)
    return _from_weeks(task, weeks, past)


def _reference_weeks(tables: Tables, origin: int) -> np.ndarray:
    table = tables.at(origin)
    columns = [tables.names.index(name) for name in ("expected_decayed_10", "similar_0")]
    return table[:, :, columns].mean(axis=2).astype(np.float64)


def mercato(task: Task) -> Result:
    origin = task.week - 1
    table = task.tables.at(origin)
    origins = task.tables.training(task.weekly, RECIPE)
    model = PromotionForecaster(RECIPE).fit(origins, task.tables.names)
    weeks = model.predict(table)
    result = _from_weeks(task, weeks.mean, _reference_weeks(task.tables, origin - 4))
    result.quantiles = weeks.cumulative[:, -1, [LEVELS.index(level) for level in QUANTILES]]
    return result


METHODS: dict[str, Method] = {
    "seasonal_naive": simple(SeasonalNaive),
    "moving_average_28": moving_average_conformal,
    "moving_average_weekday": simple(MovingAverageWeekday),
    "croston": simple(Croston),
    "tsb": simple(TSB),
    "ets_50": few(ETS),
    "sarimax_50": few(SeasonalARIMA),
    "moving_average_50": few(MovingAverage28),
    "lightgbm": boosting(()),
    "lightgbm_mailer": boosting((0,)),
    "lightgbm_mailer_display": boosting((0, 1), quantiles=True),
    "lightgbm_count_head": boosting((0, 1), head=True),
    "gru_linear": recurrent("linear"),
    "gru_gradient_boosting": recurrent("gradient_boosting"),
    "gru_svm": recurrent("svm"),
    "uplift_level": reference,
    "mercato": mercato,
}
QUICK = ("moving_average_28", "tsb", "uplift_level")


def measure(task: Task, result: Result) -> dict[str, float]:
    """The protocol's figures of one origin."""
    chosen = slice(None) if result.chosen is None else result.chosen
    actual = task.actual[chosen]
    past = task.market.units[chosen, data.FIRST_SALE : task.week * 7].astype(np.float64)
    median = result.mean if result.median is None else result.median
    step = np.square(np.diff(past, axis=1)).mean(axis=1)
    season = np.abs(past[:, 7:] - past[:, :-7]).mean(axis=1)
    totals, sold = result.mean.sum(axis=1), actual.sum(axis=1)
    figures = {
        "wape": np.abs(actual - median).sum() / actual.sum(),
        "mase": (np.abs(actual - median).mean(axis=1) / season).mean(),
        "rmsse": np.sqrt(np.square(actual - result.mean).mean(axis=1) / step).mean(),
        "total_wape": np.abs(sold - totals).sum() / sold.sum(),
        "bias": totals.sum() / sold.sum() - 1,
    }
    if result.quantiles is not None:
        for index, level in enumerate(QUANTILES):
            quantile = result.quantiles[:, index]
            error = sold - quantile
            loss = np.maximum(level * error, (level - 1) * error).sum()
            figures[f"wql_{level:g}"] = 2 * loss / sold.sum()
            figures[f"coverage_{level:g}"] = (sold <= quantile).mean()
    return {name: float(value) for name, value in figures.items()}


def run(
    market: Market, tables: Tables, methods: list[str], origins: tuple[str, ...]
) -> Iterator[Row]:
    """Measure methods at all origins; ``pinball_ratio`` needs a baseline with quantiles."""
    losses: list[Row] = []
    for method in methods:
        started = time.perf_counter()
        figures = []
        for origin in origins:
            task = Task(market, data.day_of(origin) // 7, tables)
            figures.append(measure(task, METHODS[method](task)))
        seconds = time.perf_counter() - started
        n = SAMPLE if method.endswith("_50") else len(market.units)
        means = {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}
        if "wql_0.5" in means:
            means["pinball"] = float(np.mean([means[f"wql_{level:g}"] for level in QUANTILES]))
            errors = [abs(means[f"coverage_{level:g}"] - level) for level in QUANTILES]
            means["coverage_error"] = max(errors)
        for name, value in means.items():
            losses.append(row("forecast", method, name, value, n=n, seconds=seconds))
            yield losses[-1]
    yield from pinball_ratio(losses)


def pinball_ratio(rows: list[Row]) -> list[Row]:
    """Our pinball loss over the best baseline's."""
    losses = {str(r["method"]): float(r["value"]) for r in rows if r["metric"] == "pinball"}  # type: ignore[arg-type]
    others = [value for method, value in losses.items() if method != "mercato"]
    if "mercato" not in losses or not others:
        return []
    ratio = losses["mercato"] / min(others)
    return [row("forecast", "mercato", "pinball_ratio", ratio, n=3, seconds=0)]
