"""Intents, learned from the written utterances and asked about others."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from shop.privacy import consent
from support import knowledge_files, serving, training
from support.dialogue import language_of
from support.learning import augment
from support.learning.intents import IntentModel
from support.learning.kernels import KernelClassifier, View
from support.learning.retrieval import NearestExamples
from tests.shop.factories import CustomerFactory


def test_there_are_forty_utterances_of_each_intent_in_each_language():
    for language in ("en", "zh"):
        counts = Counter(knowledge_files.utterances(language=language)[1])
        assert len(counts) >= 38
        assert min(counts.values()) >= 40


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_learned_from_the_test_utterances(language):
    known = {text.lower() for text in knowledge_files.utterances(language=language)[0]}
    asked, labels = knowledge_files.utterances("test", language)
    assert not known & {text.lower() for text in asked}
    assert set(labels) == set(knowledge_files.intent_names())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_model_beats_the_nearest_example(language, intent_model):
    asked, labels = knowledge_files.utterances("test", language)
    known = knowledge_files.utterances(language=language)
    nearest = NearestExamples(serving.encode, k=1).fit(*known).predict(asked)

    def right(names: list[str]) -> float:
        return sum(a == b for a, b in zip(names, labels, strict=True)) / len(labels)

    ours = right([one.intent for one in intent_model.predict(asked)])
    assert ours >= 0.85
    assert ours > right([name for name, _score in nearest])


def test_confidence_is_calibrated(intent_model):
    """Of the answers given with 0.9 or more, nearly all are right; below 0.5 many are not."""
    asked, labels = knowledge_files.utterances("test")
    found = intent_model.predict(asked)
    sure = [
        one.intent == label
        for one, label in zip(found, labels, strict=True)
        if one.confidence >= 0.9
    ]
    unsure = [
        one.intent == label
        for one, label in zip(found, labels, strict=True)
        if one.confidence < 0.5
    ]
    assert np.mean(sure) >= 0.95
    assert np.mean(unsure) <= 0.85


def test_a_saved_model_answers_the_same(tmp_path: Path):
    texts, labels = knowledge_files.utterances(language="en")
    few = [i for i, label in enumerate(labels) if label in ("greet", "track_order", "coupon")]
    model = IntentModel(serving.encode).fit([texts[i] for i in few], [labels[i] for i in few])
    model.save(tmp_path / "model.npz")
    loaded = IntentModel.load(tmp_path / "model.npz", serving.encode)
    asked = ["any voucher?", "hello you", "where is my parcel M-20260301-AB12CD"]
    assert np.allclose(model.predict_proba(asked), loaded.predict_proba(asked), atol=2e-3)
    assert [one.intent for one in loaded.predict(asked)] == ["coupon", "greet", "track_order"]


def test_left_out_scores_are_those_of_a_model_without_the_example():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 5)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labels = np.array(["a", "b", "c"])[rng.integers(3, size=30)]
    views = {"x": View(1.0, 2.0)}
    model = KernelClassifier(views, 0.5).fit({"x": rows}, labels)
    keep = np.arange(30) != 7
    without = KernelClassifier(views, 0.5)
    # The offset is the classes' share, which the closed form keeps fixed.
    without.fit({"x": rows[keep]}, labels[keep])
    difference = model.left_out_[7] - without.scores({"x": rows[7:8]})[0]
    assert np.abs(difference).max() < 0.05


def test_made_utterances_keep_their_rows():
    rng = np.random.default_rng(0)
    texts = ["cancel my order", "退款什么时候到账", "hello"]
    for make in (augment.frames, augment.synonyms, augment.noise, augment.mixed):
        made, rows = make(texts, rng)
        assert len(made) == len(rows)
        assert all(text not in texts for text in made)
    assert 0 in augment.frames(texts, rng)[1]


def test_language_follows_the_message():
    assert language_of("我的 order 呢") == "zh"
    assert language_of("where is it") == "en"
    assert language_of("42", "zh") == "zh"
    assert language_of("M-20260301-AB12CD", "zh") == "zh"


@pytest.mark.django_db
def test_training_registers_and_serves(settings, tmp_path, monkeypatch):
    from foundation import registry

    settings.ARTEFACT_DIR = tmp_path
    registry.forget_loaded()
    texts, labels = knowledge_files.utterances(language="en")
    few = [i for i, label in enumerate(labels) if label in ("greet", "coupon", "track_order")]
    kept = ([texts[i] for i in few], [labels[i] for i in few])
    monkeypatch.setattr(training, "examples", lambda: kept)
    version = training.train_intents(lambda done, total: None)
    assert version.status == "active"
    assert training.train_intents(lambda done, total: None).pk == version.pk
    assert serving.understand(["any voucher codes"])[0].intent == "coupon"
    registry.forget_loaded()


@pytest.mark.django_db
def test_corrections_are_learned_and_override(django_user_model):
    from support.models import Conversation, Correction, Message

    text, label = (column[0] for column in knowledge_files.utterances())
    shopper = CustomerFactory()
    for said, intent in ((text, "greet"), ("zzz", "no such intent"), ("yyy", "greet")):
        talk = Conversation.objects.create(visitor=said[:40], customer=shopper)
        message = Message.objects.create(conversation=talk, seq=1, author="customer", text=said)
        Correction.objects.create(message=message, text=said, intent=intent)
    Correction.objects.filter(text="yyy").update(message=None)
    texts, labels = training.examples()
    assert labels[texts.index(text)] == "greet" != label
    assert "zzz" not in texts
    assert "yyy" not in texts, "nobody can say yes for a message that is gone"
    consent.decide(customer=shopper, given=["personalisation"], source="centre")
    texts, labels = training.examples()
    assert labels[texts.index(text)] == label


@pytest.mark.django_db
def test_without_a_model_the_nearest_examples_answer(settings, tmp_path):
    from foundation import registry

    settings.ARTEFACT_DIR = tmp_path
    registry.forget_loaded()
    assert serving.intent_model() is None
    found = serving.understand(["where is my order", "我要退货"])
    assert [one.intent for one in found] == ["track_order", "return_item"]
