"""The encoder learns the shop's words, from what is known without anybody labelling."""

from datetime import timedelta

import pytest
from django.utils import timezone

from foundation import encoders
from foundation.encoders import ADAPTER, get_encoder
from foundation.models import ModelVersion, TrainingRun
from recommend import encoder_training, tasks
from recommend.learning.adaptation import labels, searched_then_bought, written
from recommend.learning.aliases import load_aliases
from recommend.learning.phrases import Group
from recommend.learning.text import Document
from recommend.search_documents import search_documents
from recommend.serving import search_model
from shop.models import Event


def test_what_is_bought_soon_after_a_search_answers_it() -> None:
    events = [
        ("search", 0.0, "a", "milk", 0),
        ("search", 1.0, "b", "shoes", 0),
        ("cart", 60.0, "a", "", 7),
        ("view", 61.0, "a", "", 8),
        ("purchase", 70.0, "b", "", 9),
        ("search", 80.0, "a", "bread", 0),
        ("cart", 90.0, "a", "", 10),
        ("cart", 5000.0, "a", "", 11),
        ("cart", 90.0, "c", "", 12),
    ]
    assert list(searched_then_bought(events)) == [("milk", 7), ("shoes", 9), ("bread", 10)]


def test_a_held_out_query_is_never_learned_from() -> None:
    documents = [Document(n, (f"Thing {n}", f"东西{n}"), (), groups=("g",)) for n in range(200)]
    groups = {"g": Group(tuple(f"word {n}" for n in range(100)), ("a need",))}
    found = labels(documents, groups, [("typed", 3), ("typed", 999)])
    learned = {query for query, _ in found.pairs}
    assert learned.isdisjoint(found.test)
    assert learned.isdisjoint(found.validation)
    assert found.test.keys().isdisjoint(found.validation)
    assert min(len(found.test), len(found.validation)) > 20
    everything = found.test | found.validation | {query: {answer} for query, answer in found.pairs}
    assert everything["typed"] & {"Thing 3", "东西3"}


def test_an_adapter_is_judged_by_the_gate_and_serves_when_search_is_switched(
    world, settings, tmp_path, monkeypatch
) -> None:
    settings.VAR_DIR = settings.ENCODER_CACHE_DIR = tmp_path
    monkeypatch.setattr(encoders, "_encoders", dict(encoders._encoders))
    monkeypatch.setattr(encoder_training, "EPOCHS", 2)
    yesterday = timezone.now() - timedelta(days=2)
    for kind, product in (("search", None), ("cart", world.products["beans"].pk)):
        Event.objects.create(
            kind=kind, at=yesterday, visitor="v", query="morning fuel", product_id=product
        )
    encoder_training.train_adapter()
    version = ModelVersion.objects.get(capability=ADAPTER)
    assert version.decision
    better = version.metrics["hit@3"] > version.metrics["hit@3_without"]
    assert (version.status == ModelVersion.Status.ACTIVE) == better
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE
    encoder_training.train_adapter()
    assert ModelVersion.objects.filter(capability=ADAPTER).count() == 1
    ModelVersion.objects.update(status=ModelVersion.Status.ACTIVE)
    tasks.search_with_adapted()
    assert search_model().encoder.name == get_encoder("adapted").name != get_encoder().name


def test_an_adapter_that_finds_no_more_of_what_people_write_is_refused(
    world, settings, tmp_path, monkeypatch
) -> None:
    settings.VAR_DIR = settings.ENCODER_CACHE_DIR = tmp_path
    names = {document.names[0]: {document.names[0]} for document in search_documents()[0]}
    # Whoever asks with a product's own name is answered without any adapter: nothing can be won.
    monkeypatch.setattr(encoder_training, "written", lambda documents: names)
    monkeypatch.setattr(encoder_training, "LEAST_WRITTEN", 1)
    monkeypatch.setattr(encoder_training, "EPOCHS", 2)
    encoder_training.train_adapter()
    version = ModelVersion.objects.get(capability=ADAPTER)
    assert version.metrics["hit@3_written_without"] == 1.0
    assert version.status == ModelVersion.Status.CANDIDATE
    assert version.decision.startswith("refused")


def test_a_written_query_is_answered_by_what_is_sold_or_left_out() -> None:
    milk = Document(1, ("Whole milk, Dairy", "全脂牛奶，乳品"), (), groups=("d:dairy", "c:yogurt"))
    found = written([milk])
    assert found
    assert all(answers == set(milk.names) for answers in found.values())
    assert len(written([])) == 0
    known = {text for alias in load_aliases().values() for text in alias.names + alias.needs}
    assert known.isdisjoint(found)


def test_searches_come_from_the_export(db, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    with pytest.raises(StopIteration):
        next(encoder_training._events())
