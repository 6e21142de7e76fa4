"""Texts become unit vectors that mean the same in both languages."""

import threading

import numpy as np
import pytest

from foundation import encoders
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
    assert ((whole.encode(texts) * small.encode(texts)).sum(axis=1) > 0.98).all()
