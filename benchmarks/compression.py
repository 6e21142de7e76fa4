"""int8 against float32 on the same transformer: speed, size, and what retrieval it costs.

MiniLM-L6 (English) and multilingual-e5-small, expanded; 8-bit weights of linear layers and word
embeddings, as ``ENCODER_INT8`` serves them. hit@3 is that of cosine to titles (English queries for
MiniLM) over every third product, so that nothing but the encoder differs: on each half, and on
all written queries, the late ones too, as one query of a half is more than a point. Time is
processor time of one thread, taken in turns.
"""

import io
import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.encoders import title_places
from benchmarks.retrieval import Item, Query, hit_at

TIMED = 60


def compression(items: dict[int, Item], queries: Sequence[Query]) -> Iterator[dict]:
    import torch

    from foundation.encoders import INT8
    from foundation.finetune import BaseUnavailable, base_directory
    from foundation.learning.quantise import quantised
    from foundation.learning.text_model import TextModel

    torch.set_num_threads(1)
    for name, languages in (("minilm", ("en",)), ("e5", ("en", "zh"))):
        try:
            base = base_directory(name)
        except BaseUnavailable:
            continue
        asked = [query for query in queries if query.language in languages]
        whole = TextModel(base).eval()
        small = quantised(TextModel(base).eval())
        places = [_places(name + kind, items, asked) for kind in ("", INT8)]
        seconds = _seconds((whole, small), [query.text for query in asked[:TIMED]])
        sizes = [weights_bytes(model) for model in (whole, small)]
        yield _row(name, "speedup", seconds[0] / seconds[1], len(asked[:TIMED]), seconds)
        yield _row(name, "size_ratio", sizes[0] / sizes[1], 1, seconds)
        for suffix, halves in (("", ("test",)), ("_dev", ("dev",)), ("_all", ("test", "dev"))):
            chosen = [row for row, query in enumerate(asked) if query.half in halves]
            before, after = (hit_at(3, [found[row] for row in chosen]) for found in places)
            yield _row(name, f"hit@3{suffix}", after, len(chosen), seconds)
            yield _row(name, f"hit@3{suffix}_loss", before - after, len(chosen), seconds)


def _row(name: str, metric: str, value: float, n: int, seconds: Sequence[float]) -> dict:
    return {
        "method": "mercato",
        "dataset": name,
        "metric": metric,
        "value": round(float(value), 4),
        "n": n,
        "seconds": round(sum(seconds), 3),
    }


def _places(name: str, items: dict[int, Item], queries: Sequence[Query]) -> list[int | None]:
    """Of vectors as they are served, which the cache on disk keeps for the other parts."""
    from foundation.encoders import get_encoder

    encode = get_encoder(name).encode
    return title_places(encode, encode([query.text for query in queries]), items, queries)


def _seconds(models: Sequence, texts: Sequence[str]) -> list[float]:
    """Processor time of one query after another, of each model the least of five rounds."""
    rounds = []
    for _ in range(5):
        taken = []
        for model in models:
            started = time.process_time()
            for text in texts:
                model.encode([text])
            taken.append(time.process_time() - started)
        rounds.append(taken)
    return np.min(rounds, axis=0).tolist()


def weights_bytes(model) -> int:
    """Return what the weights take when they are written."""
    import torch

    buffer = io.BytesIO()
    torch.save(model.transformer.state_dict(), buffer)
    return buffer.tell()
