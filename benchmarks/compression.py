"""int8 against float32 on the same transformer: speed, size, and what retrieval it costs.

MiniLM-L6 (English) and multilingual-e5-small, expanded; torch's dynamic quantisation of the linear
layers, as ``ENCODER_INT8`` serves it. hit@3 is that of cosine to titles on the test half (English
queries for MiniLM) over every third product, so that nothing but the encoder differs. Time is
processor time of one thread.
"""

import io
import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.retrieval import Item, Query, first_hit, hit_at

TIMED = 60


def compression(items: dict[int, Item], queries: Sequence[Query]) -> Iterator[dict]:
    import torch

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
        hits, seconds, sizes = [], [], []
        for model in (whole, small):
            hits.append(_hit(model, items, asked))
            seconds.append(_seconds(model, [query.text for query in asked[:TIMED]]))
            sizes.append(_bytes(model))
        for metric, value in (
            ("speedup", seconds[0] / seconds[1]),
            ("size_ratio", sizes[0] / sizes[1]),
            ("hit@3_loss", hits[0] - hits[1]),
            ("hit@3", hits[1]),
        ):
            yield {
                "method": "mercato",
                "dataset": name,
                "metric": metric,
                "value": round(float(value), 4),
                "n": len(asked),
                "seconds": round(sum(seconds), 3),
            }


def _hit(model, items: dict[int, Item], queries: Sequence[Query]) -> float:
    ids = sorted(items)[::3]
    names = sorted({name for pk in ids for name in items[pk].names})
    place = {name: row for row, name in enumerate(names)}
    vectors = model.encode(names)
    rows = np.array([[place[name] for name in items[pk].names] for pk in ids])
    asked = model.encode([query.text for query in queries])
    places = []
    for query, vector in zip(queries, asked, strict=True):
        scores = (vectors @ vector)[rows].max(axis=1)
        ranked = [ids[row] for row in np.argsort(-scores, kind="stable")[:3]]
        places.append(first_hit(query, ranked, items))
    return hit_at(3, places)


def _seconds(model, texts: Sequence[str]) -> float:
    """Processor time of one query after another, the least of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for text in texts:
            model.encode([text])
        rounds.append(time.process_time() - started)
    return min(rounds)


def _bytes(model) -> int:
    import torch

    buffer = io.BytesIO()
    torch.save(model.transformer.state_dict(), buffer)
    return buffer.tell()
