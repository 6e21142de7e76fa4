"""Answers from the knowledge base: the passage that fits best, with its source, or nothing.

Hybrid: the cosine of the encoder's vectors plus the share of the question's rare words that the
passage holds. Passages are read again when an article has changed.
"""

import re
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max

from support import serving
from support.models import Article

LEAST = 0.62
"""Below this score the assistant says that it does not know."""
WORDS_COUNT = 0.5
PASSAGE = 400
TERMS = re.compile(r"[a-z]{3,}|[\u4e00-\u9fff]{2}")


@dataclass(frozen=True)
class Passage:
    article_id: int
    title: str
    text: str


@dataclass
class _Read:
    signature: object
    passages: dict[str, list[Passage]]
    vectors: dict[str, npt.NDArray[np.float32]]


_read: _Read | None = None
_lock = threading.Lock()


def find(question: str, language: str) -> Passage | None:
    """The passage that answers a question, or None when none is near enough."""
    held = _passages()
    passages = held.passages[language]
    if not passages:
        return None
    near = held.vectors[language] @ serving.encode([question])[0]
    asked = terms(question)
    shares = np.array([_share(asked, f"{one.title} {one.text}") for one in passages])
    scores = near + WORDS_COUNT * shares
    best = int(scores.argmax())
    return passages[best] if scores[best] >= LEAST else None


def terms(text: str) -> set[str]:
    """Words of three letters and pairs of Chinese characters."""
    lower = text.lower()
    pairs = {lower[i : i + 2] for i in range(len(lower) - 1)}
    return {word for word in TERMS.findall(lower) if word.isascii()} | {
        pair for pair in pairs if TERMS.fullmatch(pair)
    }


def _share(asked: set[str], text: str) -> float:
    return len(asked & terms(text)) / len(asked) if asked else 0.0


def _passages() -> _Read:
    global _read
    published = Article.objects.filter(is_published=True)
    found = published.aggregate(newest=Max("updated_at"), count=Count("pk"))
    signature = (found["newest"], found["count"])
    with _lock:
        if _read is None or _read.signature != signature:
            passages: dict[str, list[Passage]] = {"en": [], "zh": []}
            for row in published:
                for language, title, body in (
                    ("en", row.title_en, row.body_en),
                    ("zh", row.title_zh, row.body_zh),
                ):
                    parts = [part.strip() for part in body.split("\n\n") if part.strip()]
                    passages[language] += [Passage(row.pk, title, part[:PASSAGE]) for part in parts]
            vectors = {
                language: serving.encode([f"{one.title}. {one.text}" for one in rows])
                for language, rows in passages.items()
            }
            _read = _Read(signature, passages, vectors)
        return _read
