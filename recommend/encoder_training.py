"""Adapts the encoder to the shop's words; kept only if it finds more for queries it never saw."""

from collections.abc import Callable, Iterator
from datetime import UTC
from hashlib import sha256
from pathlib import Path

import numpy as np
from django.conf import settings

from foundation import registry
from foundation.encoders import ADAPTER, DEFAULT, Encoder, get_encoder
from foundation.learning import shards
from foundation.learning.contrastive import fit_adapter
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from foundation.runs import training_run
from recommend.learning.adaptation import (
    Labels,
    Vectors,
    adapted,
    hit_at_3,
    labels,
    searched_then_bought,
)
from recommend.search_documents import search_documents
from shop.services.event_export import export_events, folder

EPOCHS = 12
METRIC = "hit@3"


def train_adapter() -> None:
    """Learn a matrix over the default encoder's vectors and pass it through the gate.

    Its bar is the encoder as it is, and the adapter that is active, on the same held-out queries.
    An adapter is used when search is switched to it: ``manage.py train recommend.search:adapted``.
    """
    with training_run(ADAPTER) as run:
        run.finish_with(_train(run.report))


def _train(report: Callable[..., None]) -> ModelVersion:
    report(0, 1, "reading")
    export_events()
    encoder = get_encoder(DEFAULT)
    known = _labels()

    def train(active: ModelVersion | None) -> Trained:
        left, right, judge = _prepared(encoder, known)
        matrix, history = fit_adapter(
            left,
            right,
            evaluate=judge.validate,
            epochs=EPOCHS,
            progress=report,
            checkpoint=Path(settings.ARTEFACT_DIR) / ADAPTER / "checkpoint.pt",
        )
        same = np.eye(encoder.dimensions, dtype=np.float32)
        before = judge.test(same)
        return Trained(
            suffix=".npz",
            write=lambda path: np.savez_compressed(path, matrix=matrix, base=np.array(DEFAULT)),
            metrics={
                METRIC: judge.test(matrix),
                "hit@3_without": before,
                "queries": judge.tested,
                "pairs": len(left),
            },
            parameters={"base": encoder.name, "validation": history.metrics},
            gated=(METRIC,),
            active_metrics={METRIC: judge.test(_matrix(active) if active else same)},
            floor={METRIC: before},
        )

    content = repr([known.pairs, sorted(known.test), encoder.name])
    return refresh(ADAPTER, sha256(content.encode()).hexdigest(), train)


def held_out(encoder: Encoder) -> tuple[Vectors, Vectors, "Judge"]:
    """Return the vectors of queries and of their answers to learn from, and who judges."""
    return _prepared(encoder, _labels())


def _labels() -> Labels:
    documents, groups = search_documents()
    return labels(documents, groups, searched_then_bought(_events()))


def _prepared(encoder: Encoder, known: Labels) -> tuple[Vectors, Vectors, "Judge"]:
    texts = sorted({*known.answers, *(text for pair in known.pairs for text in pair)})
    place = {text: row for row, text in enumerate(texts)}
    vectors = encoder.encode(texts)
    left, right = (vectors[[place[pair[side]] for pair in known.pairs]] for side in (0, 1))
    return left, right, Judge(encoder, known, vectors[[place[name] for name in known.answers]])


def _matrix(version: ModelVersion) -> Vectors:
    with np.load(registry.verify(version), allow_pickle=False) as file:
        return file["matrix"]


class Judge:
    """Retrieval of held-out queries among all product names."""

    def __init__(self, encoder: Encoder, known: Labels, found: Vectors) -> None:
        self._found = found
        self.tested = len(known.test)
        rows = {text: row for row, text in enumerate(known.answers)}
        self._sets = {
            name: (
                encoder.encode(list(queries)),
                [[rows[text] for text in answers] for answers in queries.values()],
            )
            for name, queries in (("validation", known.validation), ("test", known.test))
        }

    def validate(self, matrix: Vectors) -> float:
        return self._judge("validation", matrix)

    def test(self, matrix: Vectors) -> float:
        return self._judge("test", matrix)

    def _judge(self, name: str, matrix: Vectors) -> float:
        queries, wanted = self._sets[name]
        found = adapted(self._found, matrix)
        return round(hit_at_3(adapted(queries, matrix), wanted, found), 4)


def _events() -> Iterator[tuple[str, float, str, str, int]]:
    columns = ["kind", "at", "visitor", "query", "product"]
    for batch in shards.batches(folder(), columns):
        for row in batch.to_pylist():
            at = row["at"].astimezone(UTC).timestamp()
            yield row["kind"], at, row["visitor"] or "", row["query"] or "", row["product"] or 0
