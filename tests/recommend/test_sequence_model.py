"""The sequence model: what follows what in baskets, served beside the other sources."""

import numpy as np
import pytest
import torch

from recommend.learning.basket_transformer import SequenceTrainer
from recommend.learning.baskets import Baskets, examples
from recommend.learning.evaluation import rank_metrics
from recommend.learning.frequency import RecencyWeightedFrequency
from recommend.learning.interactions import Interactions
from recommend.learning.market import Catalogue
from recommend.learning.sequence import SequenceModel, SequenceRecipe

RECIPE = SequenceRecipe(width=16, layers=1, length=16, households=10, epochs=40, dropout=0.0)
ITEMS = 24
AGO = 5


def chains(households: int = 120, weeks: int = 16) -> Interactions:
    """Every fifth week begins another thing, and always in one order: 0, 1, 2, ... 23, 0, ..."""
    rows = [
        (user, (user + week // AGO) % ITEMS, 7 * week + user % 7)
        for user in range(households)
        for week in range(weeks)
    ]
    users, items, days = np.array(rows).T
    return Interactions(
        users.astype(np.int32), items.astype(np.int32), days.astype(np.int32), households, ITEMS
    )


def catalogue() -> Catalogue:
    none = np.zeros(ITEMS, np.int32)
    return Catalogue(none, none, none, none.astype(bool))


@pytest.fixture(scope="module")
def trained() -> tuple[SequenceTrainer, SequenceModel, Interactions]:
    past = chains().before(7 * 15)
    trainer = SequenceTrainer(RECIPE, catalogue())
    return trainer, trainer.fit(past), past


def test_it_finds_what_comes_next_where_counts_cannot(trained) -> None:
    _trainer, model, past = trained
    window = chains().where(chains().days >= 7 * 15)
    chances = model.of_households(past)["discovery"]
    had, bought = past.counts(), window.counts()
    baseline = RecencyWeightedFrequency().fit(past).predict(np.arange(past.n_users))
    ours, theirs = (
        rank_metrics(scores, bought, exclude=had)["ndcg"].mean() for scores in (chances, baseline)
    )
    assert ours > 0.9
    assert theirs < 0.6


def test_the_served_arithmetic_is_the_network_s(trained) -> None:
    trainer, model, past = trained
    network = trainer.model.eval()
    rng = np.random.default_rng(0)
    (batch, *_rest) = examples(
        Baskets(past), ITEMS, length=RECIPE.length, households=1, positions=1, rng=rng
    )
    with torch.no_grad():
        table = network.items()
        states = network(table, batch).flatten(0, 1)[batch.places]
        logits = states @ network.heads[0] @ table.T + network.bias[0]
    place = int(batch.places[0])
    ends = np.append(batch.offsets[1:], len(batch.items))
    bags = [
        (batch.items[first:end], batch.weights[first:end])
        for first, end in zip(batch.offsets, ends, strict=True)
    ][: place + 1]
    # Days that fall into the same buckets of gaps.
    bounds = np.array([1, 2, 3, 5, 7, 10, 14, 21, 28, 56, 280])
    days = 1000 + np.cumsum(bounds[batch.gaps[0][: place + 1]])
    found = model.log_chances(model.state(bags, days))["repeat"]
    assert found == pytest.approx(logits.log_softmax(1)[0].numpy(), abs=1e-4)


def test_nothing_of_the_weeks_asked_for_is_learnt_from() -> None:
    """Labels end with the past that is given: lines after it change no example."""
    past = chains().before(60)
    for batch in examples(
        Baskets(past),
        ITEMS,
        length=12,
        households=20,
        positions=12,
        rng=np.random.default_rng(0),
    ):
        assert batch.days.max() <= 59 - 7
        assert batch.bought.any(1).all(), "a week is known after every basket"


def test_a_visit_is_the_newest_basket(trained) -> None:
    _trainer, model, _past = trained
    bought = [(3, 700_000 + 7 * week) for week in range(5)]
    before = model.after(bought, {}, 700_040)
    after = model.after(bought, {10: 0.7}, 700_040)
    gain = after["discovery"] - before["discovery"]
    assert gain[11] > 0, "what follows the thing looked at"
    assert model.after([], {}, 700_040) is None
    assert model.after([(99, 700_000)], {}, 700_040) is None, "of things it does not know"


def test_it_is_stored_as_plain_arrays(trained, tmp_path) -> None:
    _trainer, model, _past = trained
    model.save(tmp_path / "model.npz")
    again = SequenceModel.load(tmp_path / "model.npz")
    bought = [(3, 700_000), (4, 700_010)]
    for kind, values in model.after(bought, {}, 700_011).items():
        assert again.after(bought, {}, 700_011)[kind] == pytest.approx(values)


def test_other_rows_of_the_same_products() -> None:
    model = SequenceModel(RECIPE, {"theta": np.zeros((3, 1))}, np.array([2, 5, 9]))
    values = np.array([-1.0, -2.0, -3.0])
    assert model.in_order_of(values, np.array([1, 5, 9, 12])).tolist() == [-3, -2, -3, -3]
