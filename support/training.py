"""Training of the intent model, from the written utterances and the agents' corrections."""

import hashlib
import json
import logging
from collections.abc import Callable

from foundation import registry
from foundation.encoders import get_encoder
from foundation.models import ModelVersion
from support import knowledge_files
from support.learning.intents import IntentModel
from support.models import Correction
from support.serving import INTENTS, encode

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
STEPS = 3
GATE_TOLERANCE = 0.01
"""A candidate may be worse than the active model on the test utterances by so much."""


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
    """Train, measure on the test utterances, register, and activate what is not worse.

    Returns the active version untouched when nothing has changed since it was trained. Raises
    foundation.encoders.EncoderUnavailable without an encoder.
    """
    texts, labels = examples()
    signature = _signature(texts, labels)
    active = ModelVersion.objects.filter(
        capability=INTENTS, status=ModelVersion.Status.ACTIVE
    ).first()
    if active and active.parameters.get("signature") == signature and _intact(active):
        progress(STEPS, STEPS)
        return active
    progress(0, STEPS)
    model = IntentModel(encode).fit(texts, labels)
    progress(1, STEPS)
    metrics = evaluate(model)
    progress(2, STEPS)
    version = registry.save_version(
        capability=INTENTS,
        suffix=".npz",
        write=model.save,
        parameters={"signature": signature, "examples": len(texts)},
        metrics=metrics,
    )
    least = float(active.metrics.get("accuracy", 0.0)) - GATE_TOLERANCE if active else 0.0
    if metrics["accuracy"] >= least:
        registry.activate(version)
    else:
        log.warning("%s stays a candidate: it does not reach the active model", version)
    progress(STEPS, STEPS)
    return version


def evaluate(model: IntentModel) -> dict[str, float]:
    """Accuracy on the test utterances, which nothing is learned from, by language and in all."""
    figures, right, count = {}, 0, 0
    for language in ("en", "zh"):
        texts, labels = knowledge_files.utterances("test", language)
        found = model.predict(texts)
        hits = sum(one.intent == label for one, label in zip(found, labels, strict=True))
        figures[f"accuracy_{language}"] = round(hits / len(labels), 4)
        right, count = right + hits, count + len(labels)
    return {"accuracy": round(right / count, 4), **figures}


def _signature(texts: list[str], labels: list[str]) -> str:
    content = json.dumps([get_encoder().name, texts, labels], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _intact(version: ModelVersion) -> bool:
    try:
        registry.verify(version)
    except registry.ArtefactDamaged:
        return False
    return True
