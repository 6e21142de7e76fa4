"""Trains the sequence model on the shop's baskets; it serves if it adds to what is served."""

from collections.abc import Mapping

from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from recommend import figures
from recommend.learning import next_baskets
from recommend.learning.basket_transformer import SequenceTrainer
from recommend.learning.market import WINDOW_DAYS
from recommend.learning.sequence import SequenceModel, SequenceRecipe
from recommend.market import ShopMarket, read_market
from recommend.services import NotEnoughData, Progress, orders_signature
from recommend.serving import SEQUENCE

SHORTEST = 4 * WINDOW_DAYS
"""Days of past below which there is nothing to learn of what follows what."""
LATER = 0.25
"""Of the epochs, so many for four weeks more: the model is there, it only goes on."""
TOTAL = 100
HELD_OUT_SHARE = 70
"""Of a hundred, how much of the bar the training before the held-out window takes."""


def train_sequence(progress: Progress, recipe: SequenceRecipe | None = None) -> ModelVersion:
    """Train, register and, if the gate is passed, activate the sequence model.

    It is trained before the last four weeks and measured on them as it would be served, as a
    source of the blend; the blend without it is the floor. Then it goes on with those weeks.
    Returns the newest version untouched when nothing was sold since. Raises NotEnoughData when the
    past is too short.
    """
    made_of = recipe or SequenceRecipe()

    def train(active: ModelVersion | None) -> Trained:
        progress(0, TOTAL)
        data = read_market(0)
        if data is None or (data.last - data.first).days < SHORTEST:
            raise NotEnoughData(
                "The sequence model needs orders over sixteen weeks; the page does without."
            )
        lines = data.market.purchases.lines
        past, window = next_baskets.windows(lines)
        trainer = SequenceTrainer(made_of, data.market.catalogue)

        def told(first: int, last: int):
            return lambda epoch, epochs, _loss: progress(
                first + (last - first) * epoch // epochs, TOTAL
            )

        before = trainer.fit(past, report=told(0, HELD_OUT_SHARE))
        measured, without = next_baskets.measure(before, past, window)

        def again(other: SequenceRecipe) -> Mapping[str, float]:
            model = SequenceTrainer(other, data.market.catalogue).fit(past)
            return next_baskets.measure(model, past, window)[0].means()

        theirs = figures.of_active(
            active, made_of, measured, lambda stored: SequenceRecipe(**stored), again
        )
        model = trainer.fit(lines, epochs=later(made_of), report=told(HELD_OUT_SHARE, TOTAL))
        served = SequenceModel(made_of, model.weights, data.products)
        return Trained(
            suffix=".npz",
            write=served.save,
            metrics={
                **figures.figures(measured, data.customers),
                **{f"blend_{name}": without.means()[name] for name in figures.METRICS},
                "held_out_days": WINDOW_DAYS,
                "products": len(data.products),
            },
            parameters={"recipe": made_of.as_dict()},
            data_from=data.first,
            data_to=data.last,
            gated=figures.METRICS,
            floor={name: without.means()[name] for name in figures.METRICS},
            active_metrics=theirs,
        )

    version = refresh(SEQUENCE, f"{orders_signature()} {made_of.as_dict()}", train)
    progress(TOTAL, TOTAL)
    return version


def later(recipe: SequenceRecipe) -> int:
    return max(1, round(LATER * recipe.epochs))


def through_time(
    recipe: SequenceRecipe, data: ShopMarket, starts: list[int]
) -> dict[int, SequenceModel]:
    """Return for each day a model that knows nothing of it or later: one that goes on in time."""
    trainer = SequenceTrainer(recipe, data.market.catalogue)
    found: dict[int, SequenceModel] = {}
    for start in sorted(starts):
        past = data.market.purchases.lines.before(start)
        found[start] = trainer.fit(past, epochs=later(recipe) if found else None)
    return found
