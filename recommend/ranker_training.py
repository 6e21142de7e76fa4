"""Trains the learned ranker on the shop's orders and activates it if it beats what is served."""

import logging

from foundation import registry
from foundation.models import ModelVersion
from recommend.learning import household
from recommend.learning.household import Recipe
from recommend.learning.market import WINDOW_DAYS
from recommend.learning.ranker import LearnedRanker, RankerRecipe, evaluate, season_of
from recommend.learning.ranking import RankingModel
from recommend.market import ShopMarket, read_market
from recommend.services import (
    GATED_METRICS,
    NotEnoughData,
    Progress,
    active_version,
    orders_signature,
)
from recommend.serving import RANKER

log = logging.getLogger(__name__)
STEPS = 5
RECIPE = RankerRecipe(windows=2, seeds=1, rounds=80, kept_share=0.05)
"""Smaller than the benchmark's: it trains beside a running shop."""
SHORTEST = 5 * WINDOW_DAYS
"""Days of past that the held-out window, its training window and their histories take."""


def train_ranker(progress: Progress, recipe: RankerRecipe = RECIPE) -> ModelVersion:
    """Train, register and, if the gate is passed, activate the learned ranker.

    Returns the active version untouched when nothing was sold since. Raises NotEnoughData when the
    past is too short to hold four weeks out.
    """
    signature = f"{orders_signature()} {recipe.as_dict()}"
    active = active_version(RANKER)
    if active and active.parameters.get("signature") == signature:
        progress(STEPS, STEPS)
        return active
    progress(0, STEPS)
    data = read_market(2 * recipe.windows + 2)
    if data is None or (data.last - data.first).days < SHORTEST:
        raise NotEnoughData("The ranker needs orders over twenty weeks; the blend goes on serving.")
    progress(1, STEPS)
    metrics, passes = gate(recipe, data)
    progress(3, STEPS)
    end = data.last.toordinal() + 1
    ranker = LearnedRanker(recipe).fit(data.market, end)
    progress(4, STEPS)
    season = season_of(data.market, end, recipe)
    model = RankingModel(ranker, season, data.products, data.channels)
    version = registry.save_version(
        capability=RANKER,
        suffix=".npz",
        write=model.save,
        data_from=data.first,
        data_to=data.last,
        parameters={"recipe": recipe.as_dict(), "signature": signature},
        metrics=metrics | {"held_out_days": WINDOW_DAYS, "products": len(data.products)},
    )
    if passes:
        registry.activate(version)
    else:
        log.warning("%s stays a candidate: the blend ranks the last four weeks better", version)
    progress(STEPS, STEPS)
    return version


def gate(recipe: RankerRecipe, data: ShopMarket) -> tuple[dict[str, float], bool]:
    """Return the figures on the last four weeks and whether they beat the blend's on the same.

    The blend is what is served without a learned ranker, so it is the bar on every night's data,
    whichever version was active before.
    """
    lines = data.market.purchases.lines
    blend = household.evaluate(Recipe(), lines, WINDOW_DAYS)
    found = evaluate(recipe, data.market, data.last.toordinal() - WINDOW_DAYS + 1)
    metrics = found | {f"blend_{name}": blend[name] for name in GATED_METRICS}
    return metrics, all(found[name] > blend[name] for name in GATED_METRICS)
