"""Training of the intent model, from the written utterances and the agents' corrections.

Two kinds learn from the same texts and answer the same calls: kernel ridge regression on the
shared encoder, and a tuned transformer. Each is measured on the test utterances by its accuracy
and by the share of them that it understands in time; a candidate that is behind the active model
in either is refused, whichever kind it is.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable

import numpy as np

from foundation import registry
from foundation.encoders import get_encoder
from foundation.learning.intervals import bounds, share_interval
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from shop.privacy import consent
from support import knowledge_files
from support.learning.intents import IntentModel, IntentReader
from support.models import Correction
from support.serving import INTENTS, TUNED_SUFFIX, base_folder, encode, read_model

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
STEPS = 3
KERNEL, TRANSFORMER = "kernel", "transformer"
IN_TIME_MS = 25.0
"""Processor time that understanding one message may take; waiting is not counted, so that a busy
machine judges as a quiet one does."""
TIMED = 60
"""Test utterances that are understood one by one for it."""


def examples() -> tuple[list[str], list[str]]:
    """Written utterances, then what agents corrected; a correction overrides what is written.

    Only messages whose writers allow it today are learned from.
    """
    texts, labels = knowledge_files.utterances()
    corrected = dict(consenting_corrections())
    known = set(labels)
    corrected = {text: intent for text, intent in corrected.items() if intent in known}
    kept = [
        (text, label) for text, label in zip(texts, labels, strict=True) if text not in corrected
    ]
    kept += list(corrected.items())
    return [text for text, _ in kept], [label for _, label in kept]


def consenting_corrections() -> list[tuple[str, str]]:
    """(text, intent) of corrections that may be learned from, oldest first."""
    path = "message__conversation__"
    rows = Correction.objects.filter(message__isnull=False).order_by("pk")
    own = rows.filter(consent.granted(consent.CHAT_TRAINING, f"{path}customer__"))
    guests = rows.filter(**{f"{path}customer": None})
    keys = set(guests.values_list(f"{path}visitor", flat=True))
    agreed = consent.visitors_who_allow(consent.CHAT_TRAINING, keys)
    kept = [*own.values_list("pk", "text", "intent")]
    kept += guests.filter(**{f"{path}visitor__in": agreed}).values_list("pk", "text", "intent")
    return [(text, intent) for _pk, text, intent in sorted(kept)]


def train_intents(progress: Progress, kind: str = "") -> ModelVersion:
    """Train, measure on the test utterances, register, and activate what passes the gate.

    ``kind`` is ``kernel`` or ``transformer``; without it that of the active model. Returns the
    newest version untouched when nothing has changed since it was trained. Raises
    foundation.encoders.EncoderUnavailable without an encoder or the transformer's base.
    """
    texts, labels = examples()
    kind = kind or _active_kind()

    def train(active: ModelVersion | None) -> Trained:
        progress(0, STEPS)
        model = _fitted(kind, texts, labels)
        progress(1, STEPS)
        metrics = evaluate(model)
        theirs = _of_active(active)
        progress(2, STEPS)
        return Trained(
            suffix=TUNED_SUFFIX if kind == TRANSFORMER else ".npz",
            write=model.save,
            metrics=metrics,
            parameters={"examples": len(texts), "kind": kind},
            gated=("accuracy", "in_time"),
            active_metrics=theirs,
        )

    version = refresh(INTENTS, _signature(kind, texts, labels), train)
    progress(STEPS, STEPS)
    return version


def _fitted(kind: str, texts: list[str], labels: list[str]) -> IntentReader:
    if kind != TRANSFORMER:
        return IntentModel(encode).fit(texts, labels)
    from support.learning.tuned_intents import TunedIntents

    return TunedIntents(base_folder(), loop).fit(texts, labels)


def loop(network, groups, batches, loss, *, epochs: int, key: str) -> None:
    """The shared training loop, as ``support.learning.transformer`` calls it."""
    from foundation.learning.loop import Training, fit

    fit(network, groups, batches, loss, training=Training(epochs=epochs, key=key))


def _active_kind() -> str:
    active = registry.active_version(INTENTS)
    return KERNEL if active is None else active.parameters.get("kind", KERNEL)


def _of_active(active: ModelVersion | None) -> dict[str, float] | None:
    """The active model on today's test utterances; its own figures when it cannot be loaded."""
    if active is None:
        return None
    try:
        return evaluate(read_model(registry.verify(active)))
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError) as error:
        log.warning("the active intent model cannot be compared: %s", error)
        return active.metrics


def evaluate(model: IntentReader) -> dict[str, float]:
    """Accuracy on the test utterances, which nothing is learned from, by language and in all."""
    figures: dict[str, float] = {}
    right, count = 0, 0
    for language in ("en", "zh"):
        texts, labels = knowledge_files.utterances("test", language)
        found = model.predict(texts)
        hits = sum(one.intent == label for one, label in zip(found, labels, strict=True))
        figures |= _share(f"accuracy_{language}", hits, len(labels))
        right, count = right + hits, count + len(labels)
    spent = milliseconds(model, knowledge_files.utterances("test")[0])
    return {
        **_share("accuracy", right, count),
        **figures,
        "test_utterances": count,
        "ms_median": round(float(np.median(spent)), 2),
        "in_time": round(float(np.mean(np.asarray(spent) <= IN_TIME_MS)), 4),
    }


def milliseconds(model: IntentReader, texts: list[str]) -> list[float]:
    """Processor time of each of ``TIMED`` messages, understood one by one, in milliseconds."""
    chosen = texts[:: max(1, len(texts) // TIMED)][:TIMED]
    model.predict(chosen[:3])
    spent = []
    for text in chosen:
        started = time.process_time()
        model.predict([text])
        spent.append(1000.0 * (time.process_time() - started))
    return spent


def _share(name: str, hits: int, count: int) -> dict[str, float]:
    return {name: round(hits / count, 4), **bounds(name, share_interval(hits, count))}


def _signature(kind: str, texts: list[str], labels: list[str]) -> str:
    recipe = kind if kind == TRANSFORMER else get_encoder().name
    content = json.dumps([recipe, texts, labels], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
