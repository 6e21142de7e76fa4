"""Trains the learned ranker on the shop's orders and activates it if it beats what is served."""

from dataclasses import replace

from foundation import registry
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from recommend import figures, sequence_training
from recommend.learning import household, ranker
from recommend.learning.evaluation import Measured
from recommend.learning.household import Recipe
from recommend.learning.market import WINDOW_DAYS
from recommend.learning.ranker import LearnedRanker, RankerRecipe, season_of
from recommend.learning.ranking import RankingModel
from recommend.learning.sequence import SequenceRecipe
from recommend.market import ShopMarket, read_market
from recommend.services import NotEnoughData, Progress, orders_signature
from recommend.serving import RANKER, SEQUENCE, sequence_model

STEPS = 5
RECIPE = RankerRecipe(windows=2, seeds=1, rounds=80, kept_share=0.05)
"""Smaller than the benchmark's: it trains beside a running shop."""
SHORTEST = 5 * WINDOW_DAYS
"""Days of past that the held-out window, its training window and their histories take."""


def train_ranker(progress: Progress, recipe: RankerRecipe = RECIPE) -> ModelVersion:
    """Train, register and, if the gate is passed, activate the learned ranker.

    Where a sequence model serves, what it expects is a source and a feature of the ranker.
    Returns the newest version untouched when nothing was sold since. Raises NotEnoughData when the
    past is too short to hold four weeks out.
    """
    sequence = _sequence_in_use()
    recipe = replace(recipe, sequence=sequence is not None)

    def train(active: ModelVersion | None) -> Trained:
        progress(0, STEPS)
        data = read_market(2 * recipe.windows + 2)
        if data is None or (data.last - data.first).days < SHORTEST:
            raise NotEnoughData(
                "The ranker needs orders over twenty weeks; the blend goes on serving."
            )
        if sequence is not None:
            data = _with_sequences(data, recipe, sequence)
        progress(1, STEPS)
        measured, blend = compare(recipe, data)
        start = _held_out(data)
        theirs = figures.of_active(
            active,
            recipe,
            measured,
            lambda stored: _read(stored, data),
            lambda other: ranker.evaluate(other, data.market, start),
        )
        progress(3, STEPS)
        end = data.last.toordinal() + 1
        fitted = LearnedRanker(recipe).fit(data.market, end)
        progress(4, STEPS)
        season = season_of(data.market, end, recipe)
        model = RankingModel(fitted, season, data.products, data.channels)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics={
                **figures.figures(measured, data.customers),
                **{f"blend_{name}": value for name, value in blend.items()},
                "held_out_days": WINDOW_DAYS,
                "products": len(data.products),
            },
            parameters={"recipe": recipe.as_dict()},
            data_from=data.first,
            data_to=data.last,
            gated=figures.METRICS,
            floor=blend,
            active_metrics=theirs,
        )

    version = refresh(RANKER, f"{orders_signature()} {recipe.as_dict()}", train)
    progress(STEPS, STEPS)
    return version


def _sequence_in_use() -> SequenceRecipe | None:
    version = registry.active_version(SEQUENCE)
    model = sequence_model()
    return model.recipe if version is not None and model is not None else None


def _with_sequences(data: ShopMarket, recipe: RankerRecipe, sequence: SequenceRecipe) -> ShopMarket:
    """Add a sequence model for each window that is learnt from, measured or served."""
    end = data.last.toordinal() + 1
    starts = [end - back * WINDOW_DAYS for back in range(recipe.windows + 2)]
    models = sequence_training.through_time(sequence, data, starts)
    return replace(data, market=replace(data.market, sequences=models))


def compare(recipe: RankerRecipe, data: ShopMarket) -> tuple[Measured, dict[str, float]]:
    """Measure the ranker and the blend on the last four weeks.

    The blend is what is served without a learned ranker, so it is the floor on every night's data,
    whichever version was active before.
    """
    blend = household.evaluate(Recipe(), data.market.purchases.lines, WINDOW_DAYS)
    measured = ranker.measure(recipe, data.market, _held_out(data))
    return measured, {name: blend[name] for name in figures.METRICS}


def _held_out(data: ShopMarket) -> int:
    """The first day of the last four weeks, as an ordinal."""
    return data.last.toordinal() - WINDOW_DAYS + 1


def _read(stored: dict, data: ShopMarket) -> RankerRecipe:
    recipe = RankerRecipe.from_dict(stored)
    if recipe.sequence and not data.market.sequences:
        # The sequence model it was made with serves no more.
        return replace(recipe, sequence=False)
    return recipe
