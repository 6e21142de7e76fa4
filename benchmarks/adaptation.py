"""What adapting the encoder to the shop's words brings, and what two processes make of it.

``adaptation``: hit@3 of held-out queries among product names (recommend/encoder_training.py) and,
as ``retrieval`` set, hit@1 and hit@3 of cosine to titles on the test half of the written queries,
for the encoder as it is and with the adapter; ``written`` are the queries that judge it before it
may serve. ``contrastive``: the same labels by LoRA on multilingual-e5-small, one short epoch, among
every third product; ``kept`` is 1 if it found more of the labels and of the written queries, as the
gate asks. ``distributed``: that training alone and under
``torchrun`` with two processes (gloo), the same seed, and the held-out hit@3 of both.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.retrieval import Item, Query, first_hit, hit_at

EPOCHS = 12
CONTRASTIVE_PAIRS = 1536
"""So many of the pairs in one epoch: what a processor does in a few minutes."""
ROOT = Path(__file__).parents[1]


def adaptation(items: dict[int, Item], queries: Sequence[Query]) -> Iterator[dict]:
    from foundation.encoders import DEFAULT, get_encoder
    from foundation.learning.contrastive import fit_adapter
    from recommend.encoder_training import held_out
    from recommend.learning.adaptation import adapted

    encoder = get_encoder(DEFAULT)
    left, right, judge = held_out(encoder)
    started = time.perf_counter()
    matrix, _ = fit_adapter(left, right, evaluate=judge.validate, epochs=EPOCHS)
    seconds = time.perf_counter() - started
    ids = sorted(items)
    titles = [encoder.encode([items[pk].names[side] for pk in ids]) for side in (0, 1)]
    asked = encoder.encode([query.text for query in queries])
    same = np.eye(encoder.dimensions, dtype=np.float32)
    for name, used in (("encoder_only", same), ("mercato", matrix)):
        yield _row(name, "held-out labels", "hit@3", judge.test(used), judge.tested, seconds)
        yield _row(name, "written", "hit@3", judge.written(used), judge.by_hand, seconds)
        own = [adapted(part, used) for part in titles]
        places = []
        for query, vector in zip(queries, adapted(asked, used), strict=True):
            scores = np.maximum(own[0] @ vector, own[1] @ vector)
            ranked = [ids[row] for row in np.argsort(-scores, kind="stable")[:3]]
            places.append(first_hit(query, ranked, items))
        for k in (1, 3):
            yield _row(name, "retrieval", f"hit@{k}", hit_at(k, places), len(queries), seconds)


def contrastive(items: dict[int, Item], queries: Sequence[Query]) -> Iterator[dict]:
    from foundation.encoders import get_encoder
    from foundation.finetune import (
        BaseUnavailable,
        ContrastiveOptions,
        base_directory,
        finetune_contrastive,
    )
    from recommend.encoder_training import known_labels
    from recommend.learning.adaptation import hit_at_3, written

    try:
        base = base_directory("e5")
    except BaseUnavailable:
        return
    documents, known = known_labels()
    order = np.random.default_rng(0).permutation(len(known.pairs))[:CONTRASTIVE_PAIRS]
    started = time.perf_counter()
    tuned, _ = finetune_contrastive(
        base,
        [known.pairs[row] for row in order],
        epochs=1,
        options=ContrastiveOptions(max_length=24),
    )
    seconds = time.perf_counter() - started
    documents = documents[::3]
    names = sorted({name for document in documents for name in document.names})
    place = {name: row for row, name in enumerate(names)}
    ids = sorted(items)[::3]
    hits: dict[str, list[float]] = {}
    # As it is, it is asked through the cache on disk, which other parts have filled.
    for method, model in (("encoder_only", get_encoder("e5")), ("mercato", tuned)):
        found = model.encode(names)
        for dataset, asked in (("labels", known.test), ("written", written(documents))):
            wanted = {
                text: [place[name] for name in names if name in place]
                for text, names in asked.items()
            }
            wanted = {text: rows for text, rows in wanted.items() if rows}
            hit = hit_at_3(model.encode(list(wanted)), list(wanted.values()), found)
            hits.setdefault(method, []).append(hit)
            yield _row(method, f"e5, {dataset}", "hit@3", hit, len(wanted), seconds)
        titles = [model.encode([items[pk].names[side] for pk in ids]) for side in (0, 1)]
        places = []
        for query, vector in zip(queries, model.encode([q.text for q in queries]), strict=True):
            scores = np.maximum(titles[0] @ vector, titles[1] @ vector)
            ranked = [ids[row] for row in np.argsort(-scores, kind="stable")[:3]]
            places.append(first_hit(query, ranked, items))
        for k in (1, 3):
            yield _row(method, "e5, retrieval", f"hit@{k}", hit_at(k, places), len(places), seconds)
    kept = all(after > before for before, after in zip(*hits.values(), strict=True))
    yield _row("mercato", "e5, gate", "kept", kept, len(hits["mercato"]), seconds)


def distributed() -> Iterator[dict]:
    from foundation.encoders import DEFAULT, get_encoder
    from recommend.encoder_training import held_out

    left, right, judge = held_out(get_encoder(DEFAULT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "pairs.npz", left=left, right=right)
        for processes in (1, 2):
            started = time.perf_counter()
            matrix = _trained(folder, processes)
            seconds = time.perf_counter() - started
            method = "mercato" if processes == 2 else "one_process"
            found = judge.test(matrix)
            yield _row(method, "held-out labels", "hit@3", found, judge.tested, seconds)


def _trained(folder: Path, processes: int) -> np.ndarray:
    """Train in a process of its own, or several that meet."""
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    command = [sys.executable, "-m", *launcher, "benchmarks.adaptation", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=1200)
    return np.load(folder / "matrix.npy")


def _worker(folder: Path) -> None:
    from foundation.learning.contrastive import fit_adapter
    from foundation.learning.loop import join_processes, rank

    join_processes()
    with np.load(folder / "pairs.npz") as file:
        matrix, _ = fit_adapter(file["left"], file["right"], epochs=EPOCHS)
    if rank()[0] == 0:
        np.save(folder / "matrix.npy", matrix)


def _row(method: str, dataset: str, metric: str, value: float, n: int, seconds: float) -> dict:
    return {
        "method": method,
        "dataset": dataset,
        "metric": metric,
        "value": round(float(value), 4),
        "n": n,
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    _worker(Path(sys.argv[1]))
