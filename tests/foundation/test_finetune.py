"""Fine-tuning learns, repeats itself, goes on after a kill, and refuses a wrong base."""

from pathlib import Path

import numpy as np
import pytest

from foundation import finetune
from foundation.finetune import BaseUnavailable, ClassifierModel, ClassifierOptions, WrongBase
from tests.foundation.tiny import tiny_base

TEXTS = [
    *("where is my parcel", "my order never came", "parcel was late", "order lost", "parcel lost"),
    *("i want my money back", "refund please", "refund my order", "money back please", "refund"),
    *("card charge twice", "charge fee", "card fee twice", "fee was twice", "card charge"),
]
LABELS = ["delivery"] * 5 + ["refund"] * 5 + ["card"] * 5


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


def tuned(base: Path, **options) -> ClassifierModel:
    chosen = ClassifierOptions(**{"batch": 8, "rate": 1e-2, "dropout": 0.0, **options})
    return finetune.finetune_classifier(base, TEXTS, LABELS, epochs=20, seed=3, options=chosen)


@pytest.mark.parametrize("options", [{}, {"rank": 4, "rate": 3e-2}], ids=["full", "lora"])
def test_it_learns_and_comes_back_from_its_file_the_same(base: Path, tmp_path, options) -> None:
    model = tuned(base, **options)
    right = [a == b for a, b in zip(model.predict(TEXTS), LABELS, strict=True)]
    assert sum(right) >= 13
    model.save(tmp_path / "model.safetensors")
    again = ClassifierModel.load(tmp_path / "model.safetensors")
    assert again.classes == ["card", "delivery", "refund"]
    # Tensors are kept in half precision.
    assert np.allclose(model.predict_proba(TEXTS), again.predict_proba(TEXTS), atol=0.02)


def test_the_same_seed_gives_the_same_model(base: Path) -> None:
    first, second = tuned(base), tuned(base)
    assert np.array_equal(first.predict_proba(TEXTS), second.predict_proba(TEXTS))


def test_another_base_is_refused(base: Path, tmp_path: Path) -> None:
    tuned(base).save(tmp_path / "model.safetensors")
    other = tiny_base(tmp_path / "other", seed=1)
    with pytest.raises(WrongBase, match="tuned on another model"):
        ClassifierModel.load(tmp_path / "model.safetensors", other)


def test_it_stops_when_validation_no_longer_improves(base: Path) -> None:
    model = finetune.finetune_classifier(
        base,
        TEXTS,
        LABELS,
        validation=(TEXTS, LABELS),
        epochs=60,
        patience=2,
        options=ClassifierOptions(batch=8, rate=1e-2),
    )
    assert model.history is not None
    assert len(model.history.metrics) < 60
    assert model.history.best_epoch == int(np.argmax(model.history.metrics))


def test_a_run_that_was_killed_goes_on_to_the_same_weights(base: Path, tmp_path: Path) -> None:
    options = ClassifierOptions(batch=8, rate=1e-2, dropout=0.0)
    whole = finetune.finetune_classifier(base, TEXTS, LABELS, epochs=6, options=options)
    checkpoint = tmp_path / "run.pt"
    steps: list[int] = []

    def die_half_way(done: int, total: int, _message: str) -> None:
        steps.append(done)
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune.finetune_classifier(
            *(base, TEXTS, LABELS),
            epochs=6,
            options=options,
            checkpoint=checkpoint,
            progress=die_half_way,
        )
    assert checkpoint.is_file()
    steps.clear()
    resumed = finetune.finetune_classifier(
        *(base, TEXTS, LABELS),
        epochs=6,
        options=options,
        checkpoint=checkpoint,
        progress=lambda done, total, message: steps.append(done),
    )
    assert min(steps) > 1
    assert not checkpoint.exists()
    assert np.allclose(whole.predict_proba(TEXTS), resumed.predict_proba(TEXTS), atol=1e-5)


def test_a_checkpoint_of_other_data_is_not_resumed(base: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.pt"
    checkpoint.write_bytes(b"not a checkpoint")
    model = finetune.finetune_classifier(base, TEXTS, LABELS, epochs=1, checkpoint=checkpoint)
    assert model.history is not None


def test_one_class_is_nothing_to_learn(base: Path) -> None:
    with pytest.raises(ValueError, match="two classes"):
        finetune.finetune_classifier(base, ["refund"], ["refund"])


def test_a_base_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BaseUnavailable, match="neither minilm nor e5"):
        finetune.base_directory(str(tmp_path))
