"""Texts become unit vectors that mean the same in both languages."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from foundation import encoders, vector_cache
from foundation.encoders import EncoderUnavailable, get_encoder


def test_vectors_are_unit_float32_in_order() -> None:
    texts = [f"product number {n}" for n in range(70)]
    vectors = get_encoder().encode(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (70, get_encoder().dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    alone = get_encoder().encode([texts[69]])
    assert np.allclose(vectors[69], alone[0], atol=1e-5)


def test_a_query_gives_the_same_vector_whatever_is_asked_beside_it() -> None:
    encoder = get_encoder()
    together = encoder.encode(["running shoes", "milk " * 50])
    assert np.array_equal(together[0], encoder.encode(["running shoes"])[0])


def test_chinese_and_english_are_near_when_they_mean_the_same() -> None:
    shoes, chaussures, milk = get_encoder().encode(["running shoes", "跑步鞋", "whole milk"])
    assert shoes @ chaussures > shoes @ milk + 0.2


@pytest.mark.parametrize("texts", [[""], ["\x00"], [" "], ["a" * 100_000], ["🥾" * 500]])
def test_any_text_gives_a_finite_vector(texts: list[str]) -> None:
    vectors = get_encoder().encode(texts)
    assert np.isfinite(vectors).all()


def test_no_texts_give_no_vectors() -> None:
    assert get_encoder().encode([]).shape == (0, get_encoder().dimensions)


def test_one_text_instead_of_a_list_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="list of texts"):
        get_encoder().encode("shoes")


def test_it_is_loaded_once_however_many_threads_ask(monkeypatch) -> None:
    monkeypatch.setattr(encoders, "_encoders", {})
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(id(get_encoder()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1


def test_a_model_that_is_not_there_says_what_to_do(settings, tmp_path) -> None:
    settings.ENCODER_MODEL = str(tmp_path / "nothing")
    with pytest.raises(EncoderUnavailable, match="leave it empty for the default"):
        get_encoder()


def test_a_directory_of_transformers_is_an_encoder(settings, tmp_path) -> None:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "running", "shoes", "milk"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(vocab={w: i for i, w in enumerate(words)}).save_pretrained(tmp_path)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=len(words), intermediate_size=32, **sizes)).save_pretrained(
        tmp_path
    )
    settings.ENCODER_MODEL = str(tmp_path)
    vectors = get_encoder().encode(["running shoes", "milk"])
    assert vectors.shape == (2, 32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    # Padding must not change a text's vector.
    batched = get_encoder()._run(["milk", "running shoes running shoes running shoes"])
    assert np.allclose(batched[0], vectors[1], atol=1e-5)


def test_eight_bits_mean_almost_the_same(tmp_path) -> None:
    from foundation.encoders import Encoder, TransformersEncoder
    from tests.foundation.tiny import tiny_base

    base = str(tiny_base(tmp_path))
    whole, small = (Encoder(TransformersEncoder(base, int8)) for int8 in (False, True))
    assert whole.name != small.name
    texts = ["running shoe", "my refund is late", "milk"]
    assert ((whole.encode(texts) * small.encode(texts)).sum(axis=1) > 0.999).all()


def test_a_directory_that_was_written_anew_is_another_encoder(tmp_path) -> None:
    from foundation.encoders import TransformersEncoder
    from foundation.learning.text_model import fingerprint
    from tests.foundation.tiny import tiny_base

    names = set()
    for seed in (0, 1):
        names.add(TransformersEncoder(str(tiny_base(tmp_path, seed))).name)
        fingerprint.cache_clear()
    assert len(names) == 2


class Counting:
    """A backend that says what it was asked for."""

    name, dimensions = "tests/counting", 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), ord(text[0]), 1.0] for text in texts])


TEXTS = [f"{n} eggs" for n in range(40)]


def test_what_was_encoded_once_is_read_from_disk_by_the_next_process(settings, tmp_path) -> None:
    settings.ENCODER_CACHE_DIR = tmp_path
    first, second = Counting(), Counting()
    before = encoders.Encoder(first).encode(TEXTS)
    assert sorted(first.asked) == sorted(TEXTS)
    assert np.array_equal(
        encoders.Encoder(second).encode([*TEXTS[::-1], "milk"])[:-1], before[::-1]
    )
    assert second.asked == ["milk"]
    second.name = "tests/other"
    encoders.Encoder(second).encode(TEXTS)
    assert len(second.asked) == 1 + len(TEXTS)


def test_what_people_type_is_not_written_to_disk(settings, tmp_path) -> None:
    settings.ENCODER_CACHE_DIR = tmp_path
    encoders.Encoder(Counting()).encode(["my name and address"])
    assert not list(tmp_path.iterdir())


def test_the_cache_keeps_the_newest(settings, tmp_path) -> None:
    settings.ENCODER_CACHE_DIR, settings.ENCODER_CACHE_ROWS = tmp_path, 100
    for start in range(0, 300, 30):
        vectors = {f"text {n}": np.full(3, n, np.float32) for n in range(start, start + 30)}
        vector_cache.write("tests", vectors)
    known = vector_cache.read("tests", [f"text {n}" for n in range(300)], 3)
    assert 90 <= len(known) <= 100
    assert all(f"text {n}" in known for n in range(270, 300))
    assert vector_cache.read("tests", ["text 299"], 4) == {}


def test_a_damaged_cache_costs_time_and_no_answer(settings, tmp_path) -> None:
    settings.ENCODER_CACHE_DIR = tmp_path
    (tmp_path / vector_cache.FILE).write_bytes(b"not a database" * 1000)
    backend = Counting()
    for _ in range(2):
        assert encoders.Encoder(backend).encode(TEXTS).shape == (40, 3)
    settings.ENCODER_CACHE_DIR = tmp_path / vector_cache.FILE / "no folder"
    assert encoders.Encoder(backend).encode(TEXTS).shape == (40, 3)


WRITER = """
import sys, numpy as np
from django.conf import settings
settings.configure(ENCODER_CACHE_DIR=sys.argv[1], ENCODER_CACHE_ROWS=10_000)
from foundation import vector_cache
for n in range(20):
    texts = [f"{sys.argv[2]} {n} {m}" for m in range(20)]
    vector_cache.write("tests", dict.fromkeys(texts, np.ones(8, np.float32)))
"""


def test_several_processes_write_at_once_and_nothing_is_lost(settings, tmp_path) -> None:
    settings.ENCODER_CACHE_DIR = tmp_path
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name]) for name in ("a", "b", "c")]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    texts = [f"{name} {n} {m}" for name in "abc" for n in range(20) for m in range(20)]
    assert len(vector_cache.read("tests", texts, 8)) == len(texts)
