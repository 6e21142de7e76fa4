"""How long training and 28-day quantile forecasts take, and that both grow linearly.

The 1,000 products of the forecast part, replicated, in chunks as workers make them: a table and a
prediction for all, on one core. What a second worker brings is measured by the part ``workers``.
"""

import time
from dataclasses import replace
from pathlib import Path

from benchmarks.inventory import data
from benchmarks.inventory.data import Market
from benchmarks.inventory.forecast import RECIPE, Task
from benchmarks.inventory.report import Row, row
from inventory.learning.demand import Tables
from inventory.learning.features import WeeklyFeatures, WeeklyPanel
from inventory.learning.weekly import PromotionForecaster, Recipe

COPIES = (1, 10, 100)
ONE_THREAD = Recipe(threads=1)


def forecast(panel: WeeklyPanel, model: Path) -> int:
    """Table and quantiles of all series, from a stored model; returns how many."""
    forecaster = PromotionForecaster.load(model, recipe=ONE_THREAD)
    return len(forecaster.predict(WeeklyFeatures().table(panel)).mean)


def run(market: Market, tables: Tables, folder: Path, *, quick: bool) -> list[Row]:
    """Train once, then forecast ever more series."""
    week = data.day_of(data.ORIGINS[-1]) // 7
    task = Task(market, week, tables)
    started = time.perf_counter()
    fresh = Tables(lambda origin: data.panel(market, origin + 1))
    recipe = replace(RECIPE, rounds=20, quantile_rounds=10, every=8) if quick else RECIPE
    origins = fresh.training(task.weekly, recipe)
    model = PromotionForecaster(recipe).fit(origins, fresh.names)
    seconds = time.perf_counter() - started
    n = len(market.units)
    rows = [row("speed", "mercato", "seconds_train", seconds, n=n, seconds=seconds)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "speed-model.json"
    model.save(path)
    panel = data.panel(market, week)
    took = {}
    for copies in COPIES[:2] if quick else COPIES:
        started = time.perf_counter()
        made = sum(forecast(panel, path) for _ in range(copies))
        took[copies] = time.perf_counter() - started
        name = "mercato" if copies == 1 else f"mercato_{made}"
        rows.append(
            row("speed", name, "seconds_predict", took[copies], n=made, seconds=took[copies])
        )
    most = max(took)
    growth = took[most] / took[1] / most
    rows.append(
        row("speed", "mercato", "growth_over_linear", growth, n=most * n, seconds=took[most])
    )
    return rows
