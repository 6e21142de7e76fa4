"""Watching models: readings become a day's measurements, and alerts where they pass a limit.

An app adds its own by a dotted path in ``MODEL_WATCHERS``: a callable that yields readings.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy.typing as npt
from django.conf import settings
from django.core.mail import mail_admins
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from foundation import tasks
from foundation.learning.stability import stability_index
from foundation.models import Alert, Measurement, ModelVersion, TrainingRun

log = logging.getLogger(__name__)
DRIFT_LIMIT = 0.25
NO_LIMIT = math.inf
STALE_DAYS = 8.0
"""Models are trained daily or weekly; one that is older has missed its turn."""
DAYS_SINCE = gettext_noop("days since training")


@dataclass(frozen=True)
class Reading:
    """A figure and the value it should not pass."""

    kind: Alert.Kind
    capability: str
    subject: str
    value: float
    limit: float
    against: float | None = None
    """What the figure was at the promotion or in the time before; else the limit is drawn."""

    @property
    def is_bad(self) -> bool:
        return self.value > self.limit


def drift(capability: str, subject: str, then: npt.ArrayLike, now: npt.ArrayLike) -> Reading:
    """Population stability of an input or a score since training."""
    index = round(stability_index(then, now), 4)
    return Reading(Alert.Kind.DRIFT, capability, subject, index, DRIFT_LIMIT)


def decay(
    capability: str, metric: str, promoted: float, live: float, *, tolerance: float = 0.1
) -> Reading:
    """How much lower a metric is now than when the model was promoted, as a share."""
    lost = (promoted - live) / abs(promoted) if promoted else 0.0
    return Reading(Alert.Kind.DECAY, capability, metric, round(lost, 4), tolerance)


def figure(capability: str, subject: str, value: float, against: float | None = None) -> Reading:
    """A live figure to be seen beside what is expected, that raises no alert by itself."""
    return Reading(Alert.Kind.DECAY, capability, subject, round(value, 4), NO_LIMIT, against)


def freshness() -> Iterator[Reading]:
    """Days since each active model was last trained, or found to need no training."""
    now = timezone.now()
    for version in ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE):
        run = TrainingRun.objects.filter(
            capability=version.capability, state=TrainingRun.State.DONE
        ).first()
        latest = max(moment for moment in (version.created_at, run and run.finished_at) if moment)
        days = round((now - latest).total_seconds() / 86_400, 2)
        yield Reading(Alert.Kind.STALE, version.capability, DAYS_SINCE, days, STALE_DAYS)


def watch() -> list[Alert]:
    """Take all readings; return the alerts that are new.

    New alerts are mailed, and start a training of those models that ``MODEL_RETRAIN`` names.
    """
    readings: list[Reading] = []
    for path in settings.MODEL_WATCHERS:
        try:
            watcher: Callable[[], Iterable[Reading]] = import_string(path)
            readings += list(watcher())
        except Exception:
            # One app's broken watcher must not blind the others.
            log.exception("the watcher %s failed", path)
    with transaction.atomic():
        # An alert is new once: it and the mail about it are kept together or not at all.
        new = [alert for reading in readings if (alert := record(reading))]
        if new:
            started = _retrain(new)
            lines = [f"{alert}: {alert.value:.4g}, limit {alert.limit:.4g}" for alert in new]
            lines += [f"{name}: a training was started" for name in started]
            mail_admins("Models need a look", "\n".join(lines))
    return new


def _retrain(alerts: Iterable[Alert]) -> list[str]:
    """Queue one training of each model that may be retrained and is not at it already.

    An alert is new once, so a model that no training mends is not trained over and over.
    """
    names = {alert.capability for alert in alerts} & set(settings.MODEL_RETRAIN)
    at_work = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING)
    names -= set(at_work.values_list("capability", flat=True))
    for name in sorted(names):
        transaction.on_commit(partial(tasks.train.delay, name))
    return sorted(names)


def _beside(reading: Reading) -> float | None:
    if reading.against is not None:
        return round(reading.against, 4)
    return reading.limit if math.isfinite(reading.limit) else None


def record(reading: Reading) -> Alert | None:
    """Keep a day's figure; return the alert if this reading raised one."""
    Measurement.objects.update_or_create(
        capability=reading.capability,
        name=reading.subject,
        day=timezone.localdate(),
        defaults={"value": reading.value, "against": _beside(reading)},
    )
    now = timezone.now()
    same = Alert.objects.filter(
        kind=reading.kind,
        capability=reading.capability,
        subject=reading.subject,
        closed_at__isnull=True,
    )
    if not reading.is_bad:
        same.update(closed_at=now)
        return None
    values = {"value": reading.value, "limit": reading.limit, "seen_at": now}
    if same.update(**values):
        return None
    return Alert.objects.create(
        kind=reading.kind, capability=reading.capability, subject=reading.subject, **values
    )
