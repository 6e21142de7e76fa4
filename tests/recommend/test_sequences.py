"""Sequence models: they learn an order that is there, and look only back."""

import numpy as np
import pytest
import torch

from benchmarks.recommend_sequences import measure
from recommend.learning.behaviour import BehaviourConfig, BehaviourTransformer
from recommend.learning.fusion import SequenceBlend
from recommend.learning.pretrain import TrainingRecipe, predict, pretrain
from recommend.learning.transitions import Transitions

ITEMS = 12


def cycle(start: int, length: int) -> np.ndarray:
    """Items in a fixed circular order: what comes next is certain."""
    return (start + np.arange(length)) % ITEMS


@pytest.fixture(scope="module")
def sequences() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [cycle(int(rng.integers(ITEMS)), int(rng.integers(3, 8))) for _ in range(120)]


@pytest.fixture(scope="module")
def model(sequences) -> BehaviourTransformer:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = BehaviourConfig(
        n_items=ITEMS, width=16, layers=1, dropout=0.0, attention_dropout=0.0, length=10
    )
    recipe = TrainingRecipe(epochs=8, warm_up=5, learning_rate=1e-2, targets=128)
    return pretrain(BehaviourTransformer(config), sequences, recipe)


def test_the_transformer_learns_what_comes_next(model: BehaviourTransformer) -> None:
    scores = predict(model, [cycle(3, 4), cycle(8, 6)])
    assert scores.argmax(1).tolist() == [7, 2]


def test_attention_looks_only_back(model: BehaviourTransformer) -> None:
    events = torch.tensor([[1, 2, 3, 4]])
    other = torch.tensor([[1, 2, 9, 9]])
    assert torch.allclose(model(events)[:, :2], model(other)[:, :2], atol=1e-6)


def test_an_item_without_events_has_a_place_by_what_is_known_of_it() -> None:
    known = np.eye(ITEMS, dtype=np.float32)[:, :4]
    config = BehaviourConfig(n_items=ITEMS, width=16, layers=1, known_width=4)
    model = BehaviourTransformer(config, known)
    with torch.no_grad():
        model.free.weight.zero_()
        table = model.items()
    assert table[0].abs().sum() > 0
    assert table[11].abs().sum() == 0, "nothing is known of it"


def test_transitions_count_direction_and_distance(sequences) -> None:
    follows = Transitions(ITEMS).fit(sequences)
    scores = follows.predict([np.array([3])])[0]
    assert scores.argmax() == 4
    assert scores[4] > scores[5] > scores[6]


def test_the_blend_ranks_like_both_where_they_agree(model, sequences) -> None:
    blend = SequenceBlend(model, Transitions(ITEMS).fit(sequences))
    assert blend.predict([cycle(0, 5)])[0].argmax() == 5


def test_a_constant_score_earns_nothing_by_the_order_of_the_items() -> None:
    many = 1000
    found = measure(
        lambda rows: np.zeros((len(rows), many)), [np.array([0]), np.array([1])], np.array([5, 999])
    )
    assert found["recall@10"].tolist() == [0.0, 0.0]


def test_an_unknown_loss_is_refused(sequences) -> None:
    with pytest.raises(ValueError, match="Unknown loss"):
        pretrain(BehaviourTransformer(BehaviourConfig(ITEMS)), sequences, TrainingRecipe("hinge"))
