"""Training of the intent model, from the written utterances and the agents' corrections."""

import hashlib
import json
import logging
from collections.abc import Callable

from foundation import registry
from foundation.encoders import get_encoder
from foundation.learning.intervals import bounds, share_interval
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from support import knowledge_files
from support.learning.intents import IntentModel
from support.models import Correction
from support.serving import INTENTS, encode

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
STEPS = 3


def examples() -> tuple[list[str], list[str]]:
    """Written utterances, then what agents corrected; a correction overrides what is written."""
    texts, labels = knowledge_files.utterances()
    corrected = dict(Correction.objects.order_by("pk").values_list("text", "intent"))
    known = set(labels)
    corrected = {text: intent for text, intent in corrected.items() if intent in known}
    kept = [
        (text, label) for text, label in zip(texts, labels, strict=True) if text not in corrected
    ]
    kept += list(corrected.items())
    return [text for text, _ in kept], [label for _, label in kept]


def train_intents(progress: Progress) -> ModelVersion:
    """Train, measure on the test utterances, register, and activate what passes the gate.

    Returns the newest version untouched when nothing has changed since it was trained. Raises
    foundation.encoders.EncoderUnavailable without an encoder.
    """
    texts, labels = examples()

    def train(active: ModelVersion | None) -> Trained:
        progress(0, STEPS)
        model = IntentModel(encode).fit(texts, labels)
        progress(1, STEPS)
        metrics = evaluate(model)
        theirs = _of_active(active)
        progress(2, STEPS)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics=metrics,
            parameters={"examples": len(texts)},
            gated=("accuracy",),
            active_metrics=theirs,
        )

    version = refresh(INTENTS, _signature(texts, labels), train)
    progress(STEPS, STEPS)
    return version


def _of_active(active: ModelVersion | None) -> dict[str, float] | None:
    """The active model on today's test utterances; its own figures when it cannot be loaded."""
    if active is None:
        return None
    try:
        return evaluate(IntentModel.load(registry.verify(active), encode))
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError) as error:
        log.warning("the active intent model cannot be compared: %s", error)
        return active.metrics


def evaluate(model: IntentModel) -> dict[str, float]:
    """Accuracy on the test utterances, which nothing is learned from, by language and in all."""
    figures: dict[str, float] = {}
    right, count = 0, 0
    for language in ("en", "zh"):
        texts, labels = knowledge_files.utterances("test", language)
        found = model.predict(texts)
        hits = sum(one.intent == label for one, label in zip(found, labels, strict=True))
        figures |= _share(f"accuracy_{language}", hits, len(labels))
        right, count = right + hits, count + len(labels)
    return {**_share("accuracy", right, count), **figures, "test_utterances": count}


def _share(name: str, hits: int, count: int) -> dict[str, float]:
    return {name: round(hits / count, 4), **bounds(name, share_interval(hits, count))}


def _signature(texts: list[str], labels: list[str]) -> str:
    content = json.dumps([get_encoder().name, texts, labels], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
