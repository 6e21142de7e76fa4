"""The sequence model in the shop: gated, beside the blend, in the ranker, gone when damaged."""

import numpy as np
import pytest

from foundation import registry
from foundation.models import ModelVersion
from recommend import ranker_training, sequence_training, services
from recommend.learning.ranker import RankerRecipe
from recommend.learning.sequence import SequenceModel, SequenceRecipe
from recommend.market import read_market
from recommend.privacy import erase
from recommend.selectors import recommend
from recommend.selectors.rails import explained
from recommend.serving import sequence_model
from shop.models import Order
from shop.privacy.people import person_of
from shop.privacy.pseudonyms import pseudonym
from tests.recommend.conftest import World

RECIPE = SequenceRecipe(width=8, layers=1, epochs=2)
RANKED = RankerRecipe(windows=1, seeds=1, rounds=10, kept_share=0.5)


def no_progress(done: int, total: int) -> None:
    """Nobody watches."""


def served(recipe: SequenceRecipe = RECIPE) -> ModelVersion:
    """Train and activate, whatever the gate says of forty households with eleven products."""
    version = sequence_training.train_sequence(no_progress, recipe)
    registry.activate(version)
    registry.forget_loaded()
    return version


def finds(world: World) -> dict[int, float]:
    found = recommend("home", customer=world.shopper)
    return {item.product_id: item.score for item in found if item.reason_code == "buy_again"}


def test_a_short_past_leaves_the_page_without(trained: World) -> None:
    with pytest.raises(services.NotEnoughData):
        sequence_training.train_sequence(no_progress, RECIPE)
    assert sequence_model() is None
    assert recommend("home", customer=trained.shopper)


def test_it_serves_only_if_it_adds_to_the_blend(half_a_year: World) -> None:
    version = sequence_training.train_sequence(no_progress, RECIPE)
    gains = [
        version.metrics[name] > version.metrics[f"blend_{name}"]
        for name in ("repeat_ndcg@10", "discovery_ndcg@10")
    ]
    assert (version.status == ModelVersion.Status.ACTIVE) == all(gains)
    again = sequence_training.train_sequence(no_progress, RECIPE)
    assert again.pk == version.pk, "nothing was sold"


def test_the_page_takes_a_newer_model_without_a_restart(half_a_year: World, monkeypatch) -> None:
    without = finds(half_a_year)
    served()
    first = finds(half_a_year)
    assert first.keys() == without.keys()
    assert first != without, "its chances are in the scores"
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.0)
    version = sequence_training.train_sequence(
        no_progress, SequenceRecipe(width=8, layers=1, epochs=3)
    )
    registry.activate(version)
    assert finds(half_a_year) != first


def test_a_damaged_file_is_as_if_there_were_no_model(half_a_year: World, settings) -> None:
    without = finds(half_a_year)
    version = served()
    (settings.ARTEFACT_DIR / version.artefact).write_bytes(b"PK")
    registry.forget_loaded()
    assert finds(half_a_year) == without


def test_a_ranker_learns_from_it_and_needs_it(half_a_year: World, settings) -> None:
    without = finds(half_a_year)
    sequence = served()
    blended = finds(half_a_year)
    version = ranker_training.train_ranker(no_progress, RANKED)
    assert version.parameters["recipe"]["sequence"]
    registry.activate(version)
    registry.forget_loaded()
    assert finds(half_a_year) not in (without, blended), "log odds of the ranker"
    (settings.ARTEFACT_DIR / sequence.artefact).unlink()
    registry.forget_loaded()
    assert finds(half_a_year) == without, "the blend alone"


def test_the_ranker_learns_from_models_that_have_not_seen_the_window(half_a_year: World) -> None:
    data = read_market(0)
    assert data is not None
    end = data.last.toordinal() + 1
    asked: list[int] = []

    class Watched(sequence_training.SequenceTrainer):
        def fit(self, lines, **more) -> SequenceModel:
            asked.append(int(lines.days.max()))
            return super().fit(lines, **more)

    original = sequence_training.SequenceTrainer
    sequence_training.SequenceTrainer = Watched
    try:
        found = sequence_training.through_time(RECIPE, data, [end, end - 28])
    finally:
        sequence_training.SequenceTrainer = original
    assert asked == [end - 29, end - 1]
    assert sorted(found) == [end - 28, end]
    assert not np.array_equal(found[end].weights["theta"], found[end - 28].weights["theta"])


def test_who_is_erased_is_in_no_training_after(half_a_year: World) -> None:
    version = served()
    person = person_of(half_a_year.shopper)
    list(erase(person))
    version.refresh_from_db()
    assert version.outdated_at is not None
    Order.objects.filter(customer=half_a_year.shopper).update(customer=None)
    data = read_market(0)
    assert data is not None
    assert pseudonym("customer", half_a_year.shopper.pk) not in data.customers
    assert sequence_training.train_sequence(no_progress, RECIPE).pk != version.pk


def test_a_guest_s_page_asks_it_for_nothing(half_a_year: World) -> None:
    served()
    assert explained("home")[0]
