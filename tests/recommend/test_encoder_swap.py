"""Search changes its encoder in one step; whatever goes wrong before leaves the old one serving."""

import numpy as np
import pytest

from foundation import encoders, registry, runs
from foundation.encoders import Encoder, EncoderUnavailable
from foundation.models import ModelVersion, TrainingRun
from recommend import services, tasks
from recommend.selectors.finding import search
from recommend.serving import SEARCH, search_model


class Letters:
    """Another encoder: how often each letter stands in a text. It knows nothing of meaning."""

    name, dimensions = "tests/letters", 128

    def __init__(self) -> None:
        self.left = 10**9
        self.watching = False
        self.seen_meanwhile: list[str] = []

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.left -= len(texts)
        if self.left < 0:
            raise OSError("the disk is gone")
        if self.watching:
            # What a shopper gets while the catalogue is being encoded.
            self.seen_meanwhile.append(serving()[0])
        vectors = np.zeros((len(texts), self.dimensions))
        for row, text in enumerate(texts):
            for letter in text:
                vectors[row, ord(letter) % self.dimensions] += 1
        return vectors


@pytest.fixture
def letters(monkeypatch, settings, tmp_path) -> Letters:
    settings.ENCODER_CACHE_DIR = tmp_path / "cache"
    backend = Letters()
    monkeypatch.setitem(encoders._encoders, "letters", Encoder(backend))
    return backend


def serving() -> tuple[str, int]:
    """Which encoder answers, and the length of the vectors it is compared with."""
    registry.forget_loaded()
    model = search_model()
    assert model is not None
    assert model.encoder is not None
    assert model.encoder.dimensions == model.index.vectors.shape[1]
    return model.encoder.name, model.index.vectors.shape[1]


@pytest.fixture
def indexed(world):
    services.build_search_index(lambda done, total: None)
    return world


def test_old_vectors_serve_until_the_new_ones_are_all_there(indexed, letters) -> None:
    before = serving()
    letters.watching = True
    tasks.search_with("letters")
    letters.watching = False
    assert letters.seen_meanwhile
    assert set(letters.seen_meanwhile) == {before[0]}
    assert serving() == ("tests/letters", 128)
    run = TrainingRun.objects.get()
    assert (run.state, run.model.capability) == (TrainingRun.State.DONE, SEARCH)
    assert run.done == run.total
    assert indexed.names(search("whole milk"))[0] == "milk"


def test_a_failure_half_way_leaves_the_old_one_and_the_next_try_goes_on(indexed, letters) -> None:
    before = serving()
    letters.left = 70
    with pytest.raises(OSError, match="disk"):
        tasks.search_with("letters")
    assert serving() == before
    assert TrainingRun.objects.get().state == TrainingRun.State.FAILED
    # What was encoded before the failure is not encoded again.
    whole = len(search_model().index.vectors) + len(search_model().index.phrases.need_vectors)
    letters.left = whole - 64 + 8
    tasks.search_with("letters")
    assert serving()[0] == "tests/letters"


def test_stopping_a_swap_leaves_the_old_one(indexed, letters, monkeypatch) -> None:
    before = serving()
    report = runs.RunProgress.report

    def stopped(self, done: int, total: int, message: str = "") -> None:
        runs.cancel(self.run)
        report(self, done, total, message)

    monkeypatch.setattr(runs.RunProgress, "report", stopped)
    with pytest.raises(runs.RunCancelled):
        tasks.search_with("letters")
    assert serving() == before
    assert TrainingRun.objects.get().state == TrainingRun.State.CANCELLED


def test_an_encoder_that_is_not_there_is_a_failed_run(indexed) -> None:
    before = serving()
    with pytest.raises(EncoderUnavailable):
        tasks.search_with("/no/such/folder")
    with pytest.raises(EncoderUnavailable, match=r"train foundation\.encoder"):
        tasks.search_with_adapted()
    assert serving() == before


def test_the_nightly_training_keeps_the_encoder_and_rolling_back_brings_the_old_one(
    indexed, letters, settings
) -> None:
    default = serving()[0]
    tasks.search_with("letters")
    registry.roll_back(SEARCH)
    assert serving()[0] == default
    tasks.search_with("letters")
    indexed.products["milk"].title_en = "Farm milk"
    indexed.products["milk"].save()
    version = services.build_search_index(lambda done, total: None)
    assert serving()[0] == "tests/letters"
    assert version.status == ModelVersion.Status.ACTIVE
    services.build_search_index(lambda done, total: None, encoders.DEFAULT)
    # Settings that were changed are the later decision.
    settings.ENCODER_MODEL = "letters"
    services.build_search_index(lambda done, total: None)
    assert serving()[0] == "tests/letters"


def test_an_index_of_another_release_is_built_anew(indexed, caplog) -> None:
    old = registry.active_version(SEARCH)
    path = registry.verify(old)
    np.savez_compressed(path, ids=np.arange(3))
    ModelVersion.objects.filter(pk=old.pk).update(sha256=registry.sha256_of(path))
    registry.forget_loaded()
    assert search_model() is None
    said = len(caplog.records)
    assert search_model() is None
    assert len(caplog.records) == said  # once in a while, not at every request
    registry.forget_loaded()
    assert services.build_search_index(lambda done, total: None).version == old.version + 1
    assert search_model() is not None


def test_a_swap_is_started_where_trainings_are(indexed) -> None:
    from foundation import trainers

    encoders_of_search = [name for name in trainers.names() if name.startswith("recommend.search:")]
    assert len(encoders_of_search) == 4
    trainers.trainer("recommend.search:use")()
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE
