"""The transformer's upper layers learn, come back from a file the same, and serve by the gate."""

from pathlib import Path

import numpy as np
import pytest

from foundation import registry
from support import knowledge_files, serving, training
from support.learning.intents import OUT_OF_SCOPE
from support.learning.sentiment import ReviewSentiment
from support.learning.transformer import TunedTransformer, Tuning
from support.learning.tuned_intents import TunedIntents
from tests.foundation.tiny import tiny_base

TEXTS = [
    *("where is my parcel", "my order never came", "parcel was late", "order lost", "parcel lost"),
    *("i want my money back", "refund please", "refund my order", "money back please", "refund"),
]
LABELS = ["delivery"] * 5 + ["refund"] * 5
SMALL = Tuning(learning=1, tokens=16, passes=30, slices=1, rate=1e-2, batch=8)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"), layers=2)


def test_only_the_upper_layers_change(base: Path) -> None:
    untouched = TunedTransformer(base, lambda *args, **kwargs: None, SMALL).fit(TEXTS, LABELS)
    before = {name: value.clone() for name, value in untouched.network_.learned().items()}
    tuned = TunedTransformer(base, training.loop, SMALL).fit(TEXTS, LABELS)
    after = tuned.network_.learned()
    assert before.keys() == after.keys()
    assert any(not np.array_equal(before[name], after[name]) for name in before)
    frozen = [p for name, p in tuned.network_.named_parameters() if name not in after]
    assert not any(p.requires_grad for p in frozen)


@pytest.mark.parametrize("passes", [1, 30])
def test_a_text_is_scored_the_same_alone_and_among_longer_ones(base: Path, passes: int) -> None:
    tuning = Tuning(**{**vars(SMALL), "passes": passes})
    model = TunedTransformer(base, training.loop, tuning).fit(TEXTS, LABELS)
    together = model.scores(TEXTS)
    alone = np.vstack([model.scores([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=0.05)


def test_of_a_long_text_beginning_and_end_are_read(base: Path) -> None:
    model = TunedTransformer(base, training.loop, SMALL).fit(TEXTS, LABELS)
    middle = " ".join(["order"] * 40)
    ends = model.scores([f"refund {middle} money", f"parcel {middle} late"])
    assert not np.allclose(ends[0], ends[1], atol=1e-3)
    other_middle = model.scores([f"refund {middle} order order money"])
    assert np.allclose(ends[0], other_middle[0], atol=1e-5)


def test_tuned_intents_come_back_from_their_file(base: Path, tmp_path: Path) -> None:
    model = TunedIntents(base, training.loop, tuning=SMALL, augmentations=("synonyms",))
    model.fit(TEXTS * 3, LABELS * 3)
    found = [one.intent for one in model.predict(TEXTS)]
    assert np.mean([a == b for a, b in zip(found, LABELS, strict=True)]) >= 0.8
    assert model.predict(["refund please"])[0].nearest in model.texts_
    model.save(tmp_path / "model.safetensors")
    again = TunedIntents.load(tmp_path / "model.safetensors", base)
    assert again.intents == model.intents
    assert np.allclose(model.predict_proba(TEXTS), again.predict_proba(TEXTS), atol=0.05)
    (tmp_path / "cut.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no file of a tuned transformer"):
        TunedIntents.load(tmp_path / "cut.safetensors", base)


def test_reviews_weigh_the_transformer_on_what_nobody_learned_from() -> None:
    """One that knows counts, one that guesses does not."""

    class Stub:
        """Knows the label from a mark, or from nothing."""

        def __init__(self, knows: bool) -> None:
            self.knows, self.seen = knows, 0

        def fit(self, texts, labels):
            self.seen = len(texts)

        def scores(self, texts):
            rng = np.random.default_rng(0)
            side = [1.0 if "好" in text else -1.0 for text in texts]
            score = np.array(side) if self.knows else rng.normal(size=len(texts))
            return np.stack([-score, score], axis=1).astype(np.float32)

    rng = np.random.default_rng(1)
    labels = rng.integers(2, size=300)
    words = "天地玄黄宇宙洪荒"
    texts = [
        "".join(rng.choice(list(words), 6)) + ("好" if label else "差") * int(rng.random() < 0.6)
        for label in labels
    ]
    knowing = Stub(True)
    weighed = ReviewSentiment(knowing).fit(texts, labels)
    assert knowing.seen + weighed.n_held_ == len(texts)
    assert weighed.share_ >= ReviewSentiment(Stub(False)).fit(texts, labels).share_


@pytest.mark.django_db
def test_the_gate_picks_by_accuracy_and_time(settings, tmp_path, monkeypatch, base) -> None:
    settings.ARTEFACT_DIR = tmp_path
    registry.forget_loaded()
    monkeypatch.setattr(serving, "base_folder", lambda: base)
    monkeypatch.setattr(training, "base_folder", lambda: base)
    texts, labels = knowledge_files.utterances(language="en")
    few = [i for i, label in enumerate(labels) if label in ("greet", "coupon", OUT_OF_SCOPE)]
    kept = ([texts[i] for i in few], [labels[i] for i in few])
    monkeypatch.setattr(training, "examples", lambda: kept)
    kernel = training.train_intents(lambda done, total: None)
    assert (kernel.status, kernel.parameters["kind"]) == ("active", training.KERNEL)
    # A base that was never trained on language understands less.
    tuned = training.train_intents(lambda done, total: None, training.TRANSFORMER)
    assert tuned.artefact.endswith(serving.TUNED_SUFFIX)
    assert tuned.status == "candidate"
    assert "share understood" in tuned.decision
    # What was activated by hand serves, and is what is trained next time.
    registry.activate(tuned)
    registry.forget_loaded()
    assert serving.understand(["hello there"])[0].intent in ("greet", "coupon", OUT_OF_SCOPE)
    assert training.train_intents(lambda done, total: None).parameters["kind"] == "transformer"
    registry.forget_loaded()
