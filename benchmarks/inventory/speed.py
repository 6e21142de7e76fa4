"""How long training and 28-day quantile forecasts take, and that both grow linearly.

The 1,000 products of the forecast part, replicated; a table and a prediction for all of them.
Half the chunks by each of two processes show what a second worker brings.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.inventory import data
from benchmarks.inventory.data import Market
from benchmarks.inventory.forecast import RECIPE, Task
from benchmarks.inventory.report import Row, row
from inventory.learning.demand import Tables
from inventory.learning.features import WeeklyFeatures, WeeklyPanel
from inventory.learning.weekly import PromotionForecaster, Recipe

COPIES = (1, 2, 4, 8)
CHUNK_COPIES = 4
ONE_THREAD = Recipe(threads=1)


def replicated(panel: WeeklyPanel, copies: int) -> WeeklyPanel:
    """The same series several times, each copy with groups of its own."""
    groups = panel.groups
    own = [groups + copy * (groups.max(axis=0) + 1) for copy in range(copies)]
    many = {
        name: np.tile(getattr(panel, name), (copies, *[1] * (getattr(panel, name).ndim - 1)))
        for name in ("units", "plan", "price", "discount")
    }
    return replace(panel, groups=np.concatenate(own), **many)


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
        many = replicated(panel, copies)
        started = time.perf_counter()
        forecast(many, path)
        took[copies] = time.perf_counter() - started
        rows.append(
            row(
                "speed",
                "mercato" if copies == 1 else f"mercato_{copies * n}",
                "seconds_predict",
                took[copies],
                n=copies * n,
                seconds=took[copies],
            )
        )
    most = max(took)
    growth = took[most] / took[1] / most
    rows.append(
        row("speed", "mercato", "growth_over_linear", growth, n=most * n, seconds=took[most])
    )
    speedup = _speedup(replicated(panel, CHUNK_COPIES), path)
    rows.append(row("speed", "mercato", "worker_speedup", speedup, n=CHUNK_COPIES * n, seconds=0))
    return rows


def _speedup(panel: WeeklyPanel, model: Path) -> float:
    """Time of four chunks by one process over that by two, both warm."""
    size = len(panel.units) // CHUNK_COPIES
    chunks = [_part(panel, slice(i * size, (i + 1) * size)) for i in range(CHUNK_COPIES)]
    took = []
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_warm, range(workers)))
            started = time.perf_counter()
            list(pool.map(forecast, chunks, [model] * CHUNK_COPIES))
            took.append(time.perf_counter() - started)
    return took[0] / took[1]


def _warm(_: int) -> int:
    return 0


def _part(panel: WeeklyPanel, rows: slice) -> WeeklyPanel:
    parts = {name: getattr(panel, name)[rows] for name in ("units", "plan", "price", "discount")}
    groups = np.stack(
        [np.unique(level, return_inverse=True)[1] for level in panel.groups[rows].T], axis=1
    )
    return replace(panel, groups=groups, **parts)
