"""The intent model in this process: the registry's active one, else nearest examples."""

import gc
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from foundation import registry
from foundation.encoders import get_encoder
from foundation.models import ModelVersion
from support import knowledge_files
from support.learning.intents import IntentModel, Understood
from support.learning.retrieval import NearestExamples
from support.learning.texts import clean

INTENTS = "support.intents"
REMEMBERED = 2048
FALLBACK_EXAMPLES = 12
"""Written utterances of an intent and language that the fallback compares with."""

_lock = threading.Lock()
_fallback: NearestExamples | None = None


def encode(texts: Sequence[str]):
    return get_encoder().encode(list(texts))


def _load(path: Path, version: ModelVersion) -> IntentModel:
    _predicted.cache_clear()
    model = IntentModel.load(path, encode)
    # The encoder is loaded now and not while somebody waits; all of it stays, see config.lifespan.
    model.predict(["hello"])
    gc.freeze()
    return model


def intent_model() -> IntentModel | None:
    return registry.active_artefact(INTENTS, _load)


def understand(texts: Sequence[str]) -> list[Understood]:
    """The intent of each text."""
    model = intent_model()
    if model is None:
        return _nearest(texts)
    if len(texts) == 1:
        return [_predicted(model, clean(texts[0]))]
    return model.predict(texts)


@lru_cache(maxsize=REMEMBERED)
def _predicted(model: IntentModel, text: str) -> Understood:
    """What people say most is a few words that thousands say."""
    return model.predict([text])[0]


def _nearest(texts: Sequence[str]) -> list[Understood]:
    """Without a trained model: the best of the nearest examples; its cosine is the confidence."""
    found = fallback().predict(texts)
    return [Understood(name, max(0.0, score), "", "") for name, score in found]


def fallback() -> NearestExamples:
    global _fallback
    with _lock:
        if _fallback is None:
            kept: list[tuple[str, str]] = []
            for language in ("en", "zh"):
                counts: dict[str, int] = {}
                for text, intent in zip(
                    *knowledge_files.utterances(language=language), strict=True
                ):
                    counts[intent] = counts.get(intent, 0) + 1
                    if counts[intent] <= FALLBACK_EXAMPLES:
                        kept.append((text, intent))
            texts, labels = zip(*kept, strict=True)
            _fallback = NearestExamples(encode).fit(texts, labels)
        return _fallback
