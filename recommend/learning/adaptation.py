"""What the shop's own words teach an encoder: which text is the answer to which query.

Labels that cost nothing: names of categories, types and what people call them against the products
in them, English titles against Chinese ones, and what was searched against what was then put into
the cart or bought. Queries, not pairs, are held out, so that a held-out one was never seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recommend.learning.phrases import Group
from recommend.learning.text import Document

Vectors = npt.NDArray[np.float32]
ANSWERS_EACH = 6
"""Of a category's many products so many stand for it, else it would outweigh all others."""
SEARCH_SECONDS = 1800
"""What is bought later than this after a search is no answer to it."""
TESTED, VALIDATED = 10, 20
"""Per cent of queries: below the first they test, below the second they stop the training."""
WRITTEN = Path(__file__).parent / "written_queries.tsv"


@dataclass(frozen=True)
class Labels:
    """Pairs to learn from; answers by query to validate and to test on."""

    pairs: list[tuple[str, str]]
    validation: dict[str, set[str]]
    test: dict[str, set[str]]
    answers: list[str]
    """Every text that may be found, sorted."""


def labels(
    documents: Sequence[Document],
    groups: Mapping[str, Group],
    bought: Iterable[tuple[str, int]],
) -> Labels:
    """Collect pairs of query and product name.

    Parameters
    ----------
    bought
        A query as typed, and the id of a product that was then bought.
    """
    answers: dict[str, set[str]] = defaultdict(set)
    names = {document.id: document.names for document in documents}
    for document in documents:
        english, chinese = document.names
        answers[english].add(chinese)
        answers[chinese].add(english)
        for key in document.groups:
            if key in groups:
                for text in (*groups[key].names, *groups[key].needs):
                    answers[text].update(document.names)
    for query, product in bought:
        if product in names:
            answers[query.strip().lower()].update(names[product])
    pairs, validation, test = [], {}, {}
    for query in sorted(answers):
        found = answers[query] - {query}
        place = int.from_bytes(sha256(query.encode()).digest()[:4]) % 100
        if place < TESTED:
            test[query] = found
        elif place < VALIDATED:
            validation[query] = found
        else:
            pairs += [(query, name) for name in _some(query, found)]
    everything = sorted({name for both in names.values() for name in both})
    return Labels(pairs, validation, test, everything)


def written(documents: Sequence[Document]) -> dict[str, set[str]]:
    """Return the product names that answer each query of ``written_queries.tsv``.

    A query that nothing on sale answers is left out. Held-out labels are of the kind that was
    learned from; people ask in other words, and an adapter may find more of the ones and fewer of
    the others.
    """
    of_group: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for key in document.groups:
            of_group[key].update(document.names)
    found = {}
    for line in WRITTEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            _language, query, keys = line.split("\t")
            answers = {name for key in keys.split(" | ") for name in of_group[key]}
            if answers:
                found[query] = answers
    return found


def _some(query: str, found: set[str]) -> list[str]:
    """A few of many, the same at every training."""
    return sorted(found, key=lambda name: sha256(f"{query} {name}".encode()).digest())[
        :ANSWERS_EACH
    ]


def searched_then_bought(events: Iterable[tuple[str, float, str, str, int]]) -> Iterable:
    """Yield (query, product) of events in order of time.

    An event is kind, seconds, visitor, query, product (0 for none). One search may have several
    answers; the next search of the same visitor ends it.
    """
    last: dict[str, tuple[str, float]] = {}
    for kind, at, visitor, query, product in events:
        if kind == "search" and query:
            last[visitor] = (query, at)
        elif kind in ("cart", "purchase") and product and visitor in last:
            asked, then = last[visitor]
            if at - then <= SEARCH_SECONDS:
                yield asked, product


def hit_at_3(queries: Vectors, wanted: Sequence[Sequence[int]], found: Vectors) -> float:
    """Share of queries with an answer among the three nearest texts.

    ``queries`` (q, d) and ``found`` (n, d) are unit vectors, ``wanted`` rows of ``found``.
    """
    hits = 0
    for vector, rows in zip(queries, wanted, strict=True):
        scores = found @ vector
        nearest = np.argpartition(-scores, min(3, len(scores) - 1))[:3]
        hits += bool(set(nearest.tolist()) & set(rows))
    return hits / max(len(queries), 1)


def adapted(vectors: Vectors, matrix: Vectors) -> Vectors:
    turned = vectors @ matrix
    return turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)
