"""Adapts the encoder to the shop's words; kept only if it finds more for queries it never saw."""

from collections.abc import Callable, Iterator
from datetime import UTC
from hashlib import sha256
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext_noop

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
    written,
)
from recommend.learning.text import Document
from recommend.search_documents import search_documents
from shop.services.event_export import export_events, folder

EPOCHS = 12
METRIC = "hit@3"
WRITTEN_METRIC = "hit@3_written"
LEAST_WRITTEN = 20
"""A shop that sells little of what the written queries ask for is judged by its labels alone."""


def train_adapter() -> None:
    """Learn a matrix over the default encoder's vectors and pass it through the gate.

    Its bar is the encoder as it is, and the adapter that is active, on the same held-out queries:
    those of the shop's labels, and those that people wrote. It has to find more of both.
    An adapter is used when search is switched to it: ``manage.py train recommend.search:adapted``.
    """
    with training_run(ADAPTER) as run:
        run.finish_with(_train(run.report))


def _train(report: Callable[..., None]) -> ModelVersion:
    report(0, 1, gettext_noop("reading"))
    export_events()
    encoder = get_encoder(DEFAULT)
    documents, known = known_labels()
    by_hand = written(documents)

    def train(active: ModelVersion | None) -> Trained:
        left, right, judge = _prepared(encoder, known, by_hand)
        matrix, history = fit_adapter(
            left,
            right,
            evaluate=judge.validate,
            epochs=EPOCHS,
            progress=report,
            checkpoint=Path(settings.ARTEFACT_DIR) / ADAPTER / "checkpoint.pt",
        )
        same = np.eye(encoder.dimensions, dtype=np.float32)
        before, after = judge.figures(same), judge.figures(matrix)
        return Trained(
            suffix=".npz",
            write=lambda path: np.savez_compressed(path, matrix=matrix, base=np.array(DEFAULT)),
            metrics={
                **after,
                **{f"{name}_without": value for name, value in before.items()},
                "queries": judge.tested,
                "pairs": len(left),
            },
            parameters={"base": encoder.name, "validation": history.metrics},
            gated=tuple(after),
            active_metrics=judge.figures(_matrix(active)) if active else before,
            floor=before,
        )

    content = repr([known.pairs, sorted(known.test), sorted(by_hand), encoder.name])
    return refresh(ADAPTER, sha256(content.encode()).hexdigest(), train)


def held_out(encoder: Encoder) -> tuple[Vectors, Vectors, "Judge"]:
    """Return the vectors of queries and of their answers to learn from, and who judges."""
    documents, known = known_labels()
    return _prepared(encoder, known, written(documents))


def known_labels() -> tuple[list[Document], Labels]:
    """Return the catalogue as search reads it, and what it and the events teach."""
    documents, groups = search_documents()
    return documents, labels(documents, groups, searched_then_bought(_events()))


def _prepared(
    encoder: Encoder, known: Labels, by_hand: dict[str, set[str]]
) -> tuple[Vectors, Vectors, "Judge"]:
    texts = sorted({*known.answers, *(text for pair in known.pairs for text in pair)})
    place = {text: row for row, text in enumerate(texts)}
    vectors = encoder.encode(texts)
    left, right = (vectors[[place[pair[side]] for pair in known.pairs]] for side in (0, 1))
    found = vectors[[place[name] for name in known.answers]]
    return left, right, Judge(encoder, known, by_hand, found)


def _matrix(version: ModelVersion) -> Vectors:
    with np.load(registry.verify(version), allow_pickle=False) as file:
        return file["matrix"]


class Judge:
    """Retrieval of held-out queries among all product names."""

    def __init__(
        self, encoder: Encoder, known: Labels, by_hand: dict[str, set[str]], found: Vectors
    ) -> None:
        self._found = found
        self.tested, self.by_hand = len(known.test), len(by_hand)
        rows = {text: row for row, text in enumerate(known.answers)}
        self._sets = {
            name: (
                encoder.encode(list(queries)),
                [[rows[text] for text in answers] for answers in queries.values()],
            )
            for name, queries in (
                ("validation", known.validation),
                ("test", known.test),
                ("written", by_hand),
            )
        }

    def validate(self, matrix: Vectors) -> float:
        return self._judge("validation", matrix)

    def test(self, matrix: Vectors) -> float:
        return self._judge("test", matrix)

    def written(self, matrix: Vectors) -> float:
        return self._judge("written", matrix)

    def figures(self, matrix: Vectors) -> dict[str, float]:
        """What the gate compares, by name of the metric."""
        found = {METRIC: self.test(matrix)}
        if len(self._sets["written"][1]) >= LEAST_WRITTEN:
            found[WRITTEN_METRIC] = self.written(matrix)
        return found

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
