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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation.cards import figure_said
from foundation.learning.said import Said
from foundation.models import ModelVersion

log = logging.getLogger(__name__)
CHECK_SECONDS = 5.0
NUMBER_ATTEMPTS = 10
NOT_MEASURED = gettext_noop("refused: %(metric)s was not measured")
UNDER_FLOOR = gettext_noop(
    "refused: %(metric)s %(value)s does not beat %(least)s of the simple method"
)
FIRST = gettext_noop("promoted: the first model, %(figures)s")
ACTIVE_DAMAGED = gettext_noop("promoted: the file of %(active)s is damaged, %(figures)s")
OTHER_DATA = gettext_noop("refused: %(active)s was measured on other held-out data")
NOT_KNOWN = gettext_noop("refused: %(metric)s of %(active)s is not known")
COMPARED = gettext_noop("%(metric)s %(value)s against %(other)s of %(active)s, bar %(share)s")
REFUSED = gettext_noop("refused: %(compared)s")
PROMOTED = gettext_noop("promoted: %(compared)s")
FIGURE = "%(metric)s %(value)s"
NOTHING = -1
"""Stands for a version's id where none could be loaded."""
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


def active_version(capability: str) -> ModelVersion | None:
    """Return the version that serves, if there is one."""
    return ModelVersion.objects.filter(
        capability=capability, status=ModelVersion.Status.ACTIVE
    ).first()


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
    reason: Said


def promote(
    candidate: ModelVersion,
    *metrics: str,
    higher_is_better: bool = True,
    bar: float | None = None,
    active_metrics: Mapping[str, float] | None = None,
    floor: Mapping[str, float] | None = None,
) -> Verdict:
    """Activate a candidate if it reaches the active model on the same held-out window.

    Parameters
    ----------
    metrics
        Names of the candidate's figures; each has to reach the active model's.
    bar
        How much better it must be, as a share of the active model's figure; below 0 it may be
        worse by so much. Without it ``MODEL_GATES`` of the settings has the capability's, or 0.
    active_metrics
        The active model's figures on the candidate's window. Without them those of its own
        training are taken, and only if both were measured on the same ``held_out`` (a parameter).
    floor
        Figures, on the same window, of the simple method that serves without a model. A candidate
        that does not beat them stays one, whichever version is active.

    Raises ArtefactDamaged when the candidate's file is not what was written.
    """
    gate = _Gate(candidate, active_version(candidate.capability), higher_is_better, bar)
    verdict = gate.judge(metrics, active_metrics, floor or {})
    if verdict.promoted:
        activate(candidate)
    candidate.decision = verdict.reason[:300]
    candidate.decision_parts = verdict.reason.kept()
    candidate.save(update_fields=["decision", "decision_parts"])
    log.info("%s: %s", candidate, verdict.reason)
    return verdict


@dataclass(frozen=True)
class _Gate:
    candidate: ModelVersion
    active: ModelVersion | None
    higher_is_better: bool
    bar: float | None

    def judge(
        self,
        metrics: Sequence[str],
        active_metrics: Mapping[str, float] | None,
        floor: Mapping[str, float],
    ) -> Verdict:
        """Compare every metric; the first that is not reached refuses the candidate."""
        for metric in metrics:
            if _number(self.candidate.metrics.get(metric)) is None:
                return Verdict(False, Said(NOT_MEASURED, metric=self._called(metric)))
        for metric, least in floor.items():
            value = self.candidate.metrics[metric]
            if not self._gain(value, least) > 0:
                shown = {"value": f"{value:.4g}", "least": f"{least:.4g}"}
                return Verdict(False, Said(UNDER_FLOOR, metric=self._called(metric), **shown))
        active = self.active
        if active is None or active.pk == self.candidate.pk:
            return Verdict(True, Said(FIRST, figures=self._figures(metrics)))
        if not intact(active):
            figures = self._figures(metrics)
            return Verdict(True, Said(ACTIVE_DAMAGED, active=active, figures=figures))
        if active_metrics is None:
            windows = [one.parameters.get("held_out") for one in (self.candidate, active)]
            if windows[0] != windows[1]:
                return Verdict(False, Said(OTHER_DATA, active=active))
            active_metrics = active.metrics
        return self._against(active, metrics, active_metrics)

    def _against(
        self, active: ModelVersion, metrics: Sequence[str], theirs: Mapping[str, float]
    ) -> Verdict:
        gates = settings.MODEL_GATES
        share = gates.get(self.candidate.capability, 0.0) if self.bar is None else self.bar
        said = []
        for metric in metrics:
            value, other = self.candidate.metrics[metric], _number(theirs.get(metric))
            if other is None:
                return Verdict(False, Said(NOT_KNOWN, metric=self._called(metric), active=active))
            words = Said(
                COMPARED,
                metric=self._called(metric),
                value=f"{value:.4g}",
                other=f"{other:.4g}",
                active=active,
                share=f"{share:+.1%}",
            )
            if self._gain(value, other) < share * abs(other):
                return Verdict(False, Said(REFUSED, compared=[words]))
            said.append(words)
        return Verdict(True, Said(PROMOTED, compared=said))

    def _gain(self, value: float, other: float) -> float:
        return value - other if self.higher_is_better else other - value

    def _figures(self, metrics: Sequence[str]) -> list[Said]:
        values = {metric: f"{self.candidate.metrics[metric]:.4g}" for metric in metrics}
        return [
            Said(FIGURE, metric=self._called(metric), value=value)
            for metric, value in values.items()
        ]

    def _called(self, metric: str) -> str:
        return figure_said(self.candidate.capability, metric)


def _number(value: object) -> float | None:
    """The value if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


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


def intact(version: ModelVersion) -> bool:
    """Whether the artefact is there and what was written."""
    try:
        verify(version)
    except ArtefactDamaged:
        return False
    return True


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
            version = active_version(capability)
            if version is None:
                _loaded.pop(capability, None)
                return None
            if held is None or held.version_id != version.pk:
                model = load(verify(version), version)
                held = _loaded[capability] = _Loaded(version.pk, model, 0.0)
        except (ArtefactDamaged, DatabaseError, OSError, ValueError, KeyError, TypeError) as error:
            log.error("model %s cannot be loaded: %s", capability, error)
            if held is None:
                # Tried again after CHECK_SECONDS, not at every request.
                held = _loaded[capability] = _Loaded(NOTHING, None, 0.0)
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
