"""A learned model on trial: what the newest candidate would have decided beside the active one.

A candidate that the registry's gate has not let through (too few new frauds to compare it by, or
a figure that was not reached) sees every order all the same. What it would ask for is noted with
the assessment, under ``candidate``, and has no effect; :func:`risk.overview.trials` says what
became of the orders it would have stopped.
"""

import logging
import time
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import DatabaseError

from foundation import registry
from foundation.models import ModelVersion
from risk.learning.decision import CHOICES, Costs
from risk.learning.scorer import OrderScorer
from risk.learning.signals import FEATURES, Activity, features
from risk.learning.stream import State, raw_columns

log = logging.getLogger(__name__)
CHECK_SECONDS = 60.0


@dataclass
class _Held:
    version: int | None = None
    scorer: OrderScorer | None = None
    checked_at: float = float("-inf")


_held = _Held()


def forget() -> None:
    """Look for a candidate anew (tests, and after a training in the same process)."""
    _held.__init__()  # type: ignore[misc]


def candidate(active: ModelVersion) -> tuple[int, OrderScorer] | None:
    """Number and model of the newest candidate, if it is newer than the active version."""
    if not settings.RISK_CANDIDATE_TRIAL:
        return None
    if time.monotonic() - _held.checked_at >= CHECK_SECONDS:
        _held.checked_at = time.monotonic()
        _refresh(active)
    if _held.version is None or _held.scorer is None:
        return None
    return _held.version, _held.scorer


def _refresh(active: ModelVersion) -> None:
    try:
        newest = (
            ModelVersion.objects.filter(
                capability=active.capability,
                status=ModelVersion.Status.CANDIDATE,
                pk__gt=active.pk,
            )
            .order_by("-pk")
            .first()
        )
        if newest is None:
            _held.version = _held.scorer = None
        elif newest.version != _held.version:
            path = registry.verify(newest)
            _held.version, _held.scorer = newest.version, OrderScorer.load(path)
    except (registry.ArtefactDamaged, DatabaseError, OSError, ValueError, KeyError) as error:
        log.error("the candidate of %s cannot be loaded: %s", active.capability, error)
        _held.version = _held.scorer = None


def note(
    event: Activity, states: dict[str, State], price: Costs, active: ModelVersion
) -> dict[str, object]:
    """What the candidate would ask for, JSON-ready; empty when there is none or it fails, for
    nothing depends on it."""
    try:
        held = candidate(active)
        if held is None:
            return {}
        number, scorer = held
        named = features(raw_columns(event, states, scorer.behaviour))
        row = np.array([[float(named[name]) for name in FEATURES]])
        probability = float(scorer.predict_proba(row)[0])
        choice = CHOICES[price.choose(np.array([probability]), np.array([event.total]))[0]]
    except Exception:
        log.exception("the candidate could not score an order")
        return {}
    return {
        "candidate": {
            "version": number,
            "decision": str(choice),
            "probability": round(probability, 4),
        }
    }
