"""The demand model: trained from the shop's own year, kept only when it beats what it replaces."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.utils.translation import gettext_noop

from foundation import registry
from foundation.learning.intervals import bounds, mean_interval, share_interval
from foundation.models import ModelVersion
from foundation.runs import training_run
from inventory import selectors
from inventory.learning.demand import AHEAD, Tables
from inventory.learning.features import WeeklyPanel
from inventory.learning.metrics import wape
from inventory.learning.weekly import PromotionForecaster, Recipe
from inventory.selectors.history import STAGES, History
from inventory.services.elasticity import learn_elasticities

log = logging.getLogger(__name__)
CAPABILITY = "inventory.demand"
MIN_WEEKS = 20
"""Fewer whole weeks teach nothing about promotions; means are used then."""
MOST_SERIES = 1200
"""Best sellers to learn from; what they teach holds for the others."""
RECIPE = Recipe(rounds=150, quantile_rounds=80, seeds=1, every=3)
RETRAIN_DAYS = 6


def train_demand_model(*, force: bool = False) -> ModelVersion | None:
    """Train on all but the last four weeks, compare on those, activate what wins.

    Returns the version made, or None when there is too little history or, without ``force``, when
    the active model has seen data of the last days and its file is what was written. The gate: on
    the four weeks kept apart, the new model's error of the 28-day totals must be under the moving
    average's and reach that of the active model.
    """
    active = registry.active_version(CAPABILITY)
    frame = selectors.history_frame()
    if frame is None or frame.n_weeks < MIN_WEEKS:
        return None
    data_to = frame.next_day - timedelta(days=1)
    fresh = active and active.data_to and (data_to - active.data_to).days < RETRAIN_DAYS
    # What is damaged serves nobody, however young it is.
    fresh = fresh and active and registry.intact(active)
    history = selectors.sales_history() if force or not fresh else None
    if history is None:
        return None
    with training_run(CAPABILITY) as run:
        run.report(0, 3, gettext_noop("features"))
        panel = best_sellers(history)
        tables = Tables(lambda origin: panel.upto(origin, STAGES))
        origin = panel.n_weeks - AHEAD
        known = panel.units[:, :origin]
        origins = tables.training(known, RECIPE, STAGES)
        run.report(1, 3, gettext_noop("training"))
        model = PromotionForecaster(RECIPE).fit(origins, tables.names)
        run.report(2, 3, gettext_noop("comparing"))
        metrics = _measure(model, tables.at(origin), panel)
        version = registry.save_version(
            capability=CAPABILITY,
            suffix=".json",
            write=model.save,
            data_from=history.first_day,
            data_to=data_to,
            parameters={"series": len(known), "recipe": vars(RECIPE)},
            metrics=metrics,
        )
        run.finish_with(version)
        verdict = registry.promote(
            version,
            "total_wape",
            higher_is_better=False,
            floor={"total_wape": metrics["moving_average_total_wape"]},
            active_metrics=_of_active(active, tables.at(origin), panel),
        )
        run.report(3, 3, verdict.reason)
    # The year of sales is in memory already; it takes longer to read than to learn this from.
    learn_elasticities(history)
    return version


def best_sellers(history: History) -> WeeklyPanel:
    """The panel of the variants that sold in most weeks."""
    panel = history.panel
    weeks_sold = (panel.units > 0).sum(axis=1)
    chosen = np.sort(np.argsort(-weeks_sold, kind="stable")[:MOST_SERIES])
    return replace(
        panel,
        units=panel.units[chosen],
        plan=panel.plan[chosen],
        groups=panel.groups[chosen],
        price=panel.price[chosen],
        discount=panel.discount[chosen],
    )


def load(path: Path, version: ModelVersion) -> PromotionForecaster:
    """For the registry. A process forecasts on one core: workers are many, cores few."""
    return PromotionForecaster.load(path, recipe=Recipe(threads=1))


def _measure(model: PromotionForecaster, table: np.ndarray, panel: WeeklyPanel) -> dict[str, float]:
    """Errors of the totals of the four weeks kept apart."""
    totals, average = _kept_apart(panel)
    if totals.sum() == 0:
        # Nothing was sold in these weeks, so nothing can be said; no figure promotes nothing.
        return {"moving_average_total_wape": 0.0}
    forecast = model.predict(table)
    means = forecast.mean[:, :AHEAD].sum(axis=1)
    covered = totals <= forecast.cumulative[:, AHEAD - 1, 2]
    interval = bounds("coverage_0.9", share_interval(int(covered.sum()), len(covered)))
    return {
        "total_wape": round(wape(totals, means), 4),
        **bounds("total_wape", _wape_interval(totals, means)),
        "moving_average_total_wape": round(wape(totals, average), 4),
        "coverage_0.9": round(float(covered.mean()), 4),
        **interval,
    }


def _of_active(
    active: ModelVersion | None, table: np.ndarray, panel: WeeklyPanel
) -> dict[str, float] | None:
    """The active model on the same four weeks, which it has not been trained on either."""
    if active is None:
        return None
    totals, _ = _kept_apart(panel)
    try:
        old = load(registry.verify(active), active)
        means = old.predict(table).mean[:, :AHEAD].sum(axis=1)
        return {"total_wape": round(wape(totals, means), 4)}
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError) as error:
        log.warning("the active demand model cannot be compared: %s", error)
        return active.metrics


def _kept_apart(panel: WeeklyPanel) -> tuple[np.ndarray, np.ndarray]:
    """Units of the last four weeks, and of the four before them, by variant."""
    origin = panel.n_weeks - AHEAD
    totals = panel.units[:, origin:].sum(axis=1)
    return totals, panel.units[:, origin - AHEAD : origin].sum(axis=1)


def _wape_interval(totals: np.ndarray, means: np.ndarray) -> tuple[float, float]:
    """The interval over variants of a ratio of sums, by its influence values."""
    ratio = wape(totals, means)
    influence = ratio + (np.abs(totals - means) - ratio * totals) / totals.mean()
    return mean_interval(influence)
