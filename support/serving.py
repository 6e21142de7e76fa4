"""The intent model in this process: the registry's active one, else nearest examples."""

import gc
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from foundation import registry
from foundation.encoders import EncoderUnavailable, get_encoder
from foundation.models import ModelVersion
from support import knowledge_files
from support.learning.intents import IntentModel, IntentReader, Understood
from support.learning.retrieval import NearestExamples
from support.learning.texts import clean

INTENTS = "support.intents"
BASE = "e5"
"""What the tuned kind of the intent model stands on; multilingual."""
TUNED_SUFFIX = ".safetensors"
REMEMBERED = 2048
FALLBACK_EXAMPLES = 12
"""Written utterances of an intent and language that the fallback compares with."""

_lock = threading.Lock()
_fallback: NearestExamples | None = None


def encode(texts: Sequence[str]):
    return get_encoder().encode(list(texts))


def read_model(path: Path) -> IntentReader:
    """The model of an artefact, of either kind. Raises ValueError, also without its base."""
    if path.suffix != TUNED_SUFFIX:
        return IntentModel.load(path, encode)
    try:
        folder = base_folder()
    except EncoderUnavailable as error:
        raise ValueError(str(error)) from error
    from support.learning.tuned_intents import TunedIntents

    return TunedIntents.load(path, folder)


def base_folder() -> Path:
    """Where the tuned kind's base is. Raises EncoderUnavailable."""
    # Here and not above, for torch takes seconds and memory that the other kind does not need.
    from foundation.finetune import BaseUnavailable, base_directory

    try:
        return base_directory(BASE)
    except BaseUnavailable as error:
        raise EncoderUnavailable(str(error)) from error


def _load(path: Path, version: ModelVersion) -> IntentReader:
    _predicted.cache_clear()
    model = read_model(path)
    # The encoder is loaded now and not while somebody waits; all of it stays, see config.lifespan.
    model.predict(["hello"])
    gc.freeze()
    return model


def intent_model() -> IntentReader | None:
    return registry.active_artefact(INTENTS, _load)


def understand(texts: Sequence[str]) -> list[Understood]:
    """The intent of each text."""
    model = intent_model()
    if model is None:
        return _nearest(texts)
    if len(texts) == 1:
        return [_predicted(model, clean(texts[0]))]  # type: ignore[arg-type]
    return model.predict(texts)


@lru_cache(maxsize=REMEMBERED)
def _predicted(model: IntentReader, text: str) -> Understood:
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
