"""Model registry: artefacts with a hash, versions with a status, one active per capability.

An artefact is one file below ``ARTEFACT_DIR`` (npz, safetensors or native model text, never a
pickle). Serving calls :func:`active_artefact`, which loads once per process and looks at most
every ``CHECK_SECONDS`` whether another version has been activated.
"""

import hashlib
import logging
import math
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from foundation.models import ModelVersion

log = logging.getLogger(__name__)
CHECK_SECONDS = 5.0
NUMBER_ATTEMPTS = 10
T = TypeVar("T")


class ArtefactDamaged(Exception):
    """The file is missing, cut short or altered. Train again or roll back in the admin."""


class NothingToRollBackTo(Exception):
    """The active version is the first one that ever was."""


@dataclass
class _Loaded:
    version_id: int
    model: object
    checked_at: float


_loaded: dict[str, _Loaded] = {}
_lock = threading.RLock()


def save_version(
    *,
    capability: str,
    suffix: str,
    write: Callable[[Path], None],
    data_from: date | None = None,
    data_to: date | None = None,
    parameters: dict | None = None,
    metrics: dict | None = None,
) -> ModelVersion:
    """Write an artefact and register it as a candidate.

    ``write`` gets a path ending in ``suffix`` (".npz", ".safetensors", ".json"). The file is moved
    into place whole, so that a kill while writing leaves nothing that could be loaded.
    """
    folder = Path(settings.ARTEFACT_DIR) / capability
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=suffix, dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        # mkstemp lets only its owner read; the web processes may run as somebody else.
        temporary.chmod(0o644)
        values = {
            "sha256": sha256_of(temporary),
            "data_from": data_from,
            "data_to": data_to,
            "parameters": parameters or {},
            "metrics": metrics or {},
            "code_revision": code_revision(),
        }
        for attempt in range(NUMBER_ATTEMPTS):
            try:
                return _register(capability, suffix, temporary, values)
            except IntegrityError:
                # Another worker took the number between our looking and our writing.
                if attempt == NUMBER_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")
    finally:
        temporary.unlink(missing_ok=True)


def _register(capability: str, suffix: str, written: Path, values: dict) -> ModelVersion:
    """Give the version the next number and the file its name; nothing is left when that fails."""
    # SQLite's transactions begin with the write lock, so there the number is free; elsewhere the
    # constraint refuses the second of two, and the caller looks again.
    with transaction.atomic():
        newest = ModelVersion.objects.filter(capability=capability).aggregate(n=Max("version"))
        number = (newest["n"] or 0) + 1
        relative = f"{capability}/v{number}-{values['sha256'][:12]}{suffix}"
        version = ModelVersion.objects.create(
            capability=capability, version=number, artefact=relative, **values
        )
        os.replace(written, Path(settings.ARTEFACT_DIR) / relative)
        return version


def activate(version: ModelVersion) -> None:
    """Make a version the active one; the one before is retired and can be activated again."""
    verify(version)
    with transaction.atomic():
        # Two activations of one capability wait for each other; locked by primary key.
        same = ModelVersion.objects.filter(capability=version.capability).order_by("pk")
        list(same.select_for_update().values_list("pk", flat=True))
        others = same.filter(status=ModelVersion.Status.ACTIVE).exclude(pk=version.pk)
        others.update(status=ModelVersion.Status.RETIRED)
        version.status = ModelVersion.Status.ACTIVE
        version.activated_at = timezone.now()
        version.save(update_fields=["status", "activated_at"])


@dataclass(frozen=True)
class Verdict:
    """What the gate decided and why."""

    promoted: bool
    reason: str


def promote(
    candidate: ModelVersion,
    metric: str,
    *,
    higher_is_better: bool = True,
    bar: float | None = None,
    active_metrics: Mapping[str, float] | None = None,
) -> Verdict:
    """Activate a candidate if it reaches the active model on the same held-out window.

    Parameters
    ----------
    bar
        How much better it must be, as a share of the active model's figure; below 0 it may be
        worse by so much. Without it ``MODEL_GATES`` of the settings has the capability's, or 0.
    active_metrics
        The active model's figures on the candidate's window. Without them those of its own
        training are taken, and only if both were measured on the same ``held_out`` (a parameter).

    Raises ArtefactDamaged when the candidate's file is not what was written.
    """
    active = ModelVersion.objects.filter(
        capability=candidate.capability, status=ModelVersion.Status.ACTIVE
    ).first()
    verdict = _judge(candidate, active, metric, higher_is_better, bar, active_metrics)
    if verdict.promoted:
        activate(candidate)
    candidate.decision = verdict.reason[:300]
    candidate.save(update_fields=["decision"])
    log.info("%s: %s", candidate, verdict.reason)
    return verdict


def _judge(
    candidate: ModelVersion,
    active: ModelVersion | None,
    metric: str,
    higher_is_better: bool,
    bar: float | None,
    active_metrics: Mapping[str, float] | None,
) -> Verdict:
    value = candidate.metrics.get(metric)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return Verdict(False, f"refused: {metric} was not measured")
    if active is None or active.pk == candidate.pk:
        return Verdict(True, f"promoted: the first model, {metric} {value:.4g}")
    if active_metrics is None:
        windows = [version.parameters.get("held_out") for version in (candidate, active)]
        if windows[0] != windows[1]:
            return Verdict(False, f"refused: {active} was measured on other held-out data")
        active_metrics = active.metrics
    other = active_metrics.get(metric)
    if not isinstance(other, int | float) or not math.isfinite(other):
        return Verdict(False, f"refused: {metric} of {active} is not known")
    share = settings.MODEL_GATES.get(candidate.capability, 0.0) if bar is None else bar
    better = value - other if higher_is_better else other - value
    reached = better >= share * abs(other)
    said = f"{metric} {value:.4g} against {other:.4g} of {active}, bar {share:+.1%}"
    return Verdict(reached, f"{'promoted' if reached else 'refused'}: {said}")


def roll_back(capability: str) -> ModelVersion:
    """Activate the version that was active before. Raises NothingToRollBackTo, ArtefactDamaged."""
    before = version_before(capability)
    if before is None:
        raise NothingToRollBackTo(f"No version of {capability} was active before this one.")
    activate(before)
    return before


def version_before(capability: str) -> ModelVersion | None:
    """Return the retired version that was active last."""
    retired = ModelVersion.objects.filter(
        capability=capability, status=ModelVersion.Status.RETIRED, activated_at__isnull=False
    )
    return retired.order_by("-activated_at", "-version").first()


def verify(version: ModelVersion) -> Path:
    """Return the artefact's path if its hash is right; raise ArtefactDamaged otherwise."""
    path = Path(settings.ARTEFACT_DIR) / version.artefact
    if not path.is_file():
        raise ArtefactDamaged(f"{version}: {path.name} is missing. Train it again or roll back.")
    if sha256_of(path) != version.sha256:
        raise ArtefactDamaged(f"{version}: {path.name} was altered. Train it again or roll back.")
    return path


def active_artefact(capability: str, load: Callable[[Path, ModelVersion], T]) -> T | None:
    """Return the loaded active model, or None when there is none that can be loaded.

    A newer active version is loaded in its place; when that fails the old model goes on serving.
    """
    held = _loaded.get(capability)
    if held and time.monotonic() - held.checked_at < CHECK_SECONDS:
        return held.model  # type: ignore[return-value]
    with _lock:
        held = _loaded.get(capability)
        try:
            version = ModelVersion.objects.filter(
                capability=capability, status=ModelVersion.Status.ACTIVE
            ).first()
            if version is None:
                _loaded.pop(capability, None)
                return None
            if held is None or held.version_id != version.pk:
                model = load(verify(version), version)
                held = _loaded[capability] = _Loaded(version.pk, model, 0.0)
        except (ArtefactDamaged, DatabaseError, OSError, ValueError, KeyError, TypeError) as error:
            log.error("model %s cannot be loaded: %s", capability, error)
            if held is None:
                return None
        held.checked_at = time.monotonic()
        return held.model  # type: ignore[return-value]


def forget_loaded() -> None:
    """Drop every loaded model of this process (tests, and after an import)."""
    with _lock:
        _loaded.clear()


def sha256_of(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache
def code_revision() -> str:
    """Short commit of the running code, or an empty string outside a checkout."""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
