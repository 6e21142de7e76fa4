"""What every trainer does around its own work: skip when nothing is new, register, gate."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from foundation import registry, trainers
from foundation.models import ModelVersion

log = logging.getLogger(__name__)
ERASURE_GATE = -0.02
"""What a model may lose, as a share, when the one it replaces knows somebody who was erased."""


def mark_outdated(capabilities: Collection[str]) -> int:
    """Say of all versions of these models that they know somebody who is erased; return how many
    there are. The next training makes a new one even if its data looks the same."""
    rows = ModelVersion.objects.filter(capability__in=capabilities, outdated_at=None)
    return rows.update(outdated_at=timezone.now())


def train_outdated() -> list[str]:
    """Train anew what serves and knows somebody who is erased; return the names."""
    rows = ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE)
    stale = rows.exclude(outdated_at=None).order_by("capability")
    known, done = set(trainers.names()), []
    for name in stale.values_list("capability", flat=True):
        if name not in known:
            continue
        try:
            trainers.trainer(name)()
            done.append(name)
        except Exception:
            # The others do not wait for it, and tomorrow it is tried again.
            log.exception("%s could not be trained anew", name)
    return done


@dataclass(frozen=True)
class Trained:
    """A trained model, ready to be registered, and what the gate compares it by.

    ``metrics`` are on the held-out window, ``gated`` the names of those that count;
    ``active_metrics`` and ``floor`` as in :func:`foundation.registry.promote`. Without ``gated``
    (an index, where there is nothing to be better at) the version is activated as it is.
    """

    suffix: str
    write: Callable[[Path], None]
    metrics: dict
    parameters: dict = field(default_factory=dict)
    data_from: date | None = None
    data_to: date | None = None
    gated: tuple[str, ...] = ()
    higher_is_better: bool = True
    active_metrics: Mapping[str, float] | None = None
    floor: Mapping[str, float] | None = None


def refresh(
    capability: str,
    signature: str,
    train: Callable[[ModelVersion | None], Trained],
    usable: Callable[[ModelVersion], bool] = registry.intact,
) -> ModelVersion:
    """Train on what is new, register and gate; return the version this data has.

    ``signature`` changes with the data and the recipe. When the newest version was made from the
    same, it is returned untouched: a candidate that was refused is not tried again every night,
    and one that was rolled back does not come back by itself. Only a file that is gone or damaged,
    its own or the active one's, is made anew; ``usable`` may look closer. ``train`` gets the active
    version to compare with.
    """
    active = registry.active_version(capability)
    newest = ModelVersion.objects.filter(capability=capability).order_by("-version").first()
    if newest is not None and _is_of(newest, signature):
        serving = newest if active is None else active
        if usable(newest) and (serving == newest or usable(serving)):
            return newest
    made = train(active)
    version = registry.save_version(
        capability=capability,
        suffix=made.suffix,
        write=made.write,
        data_from=made.data_from,
        data_to=made.data_to,
        parameters={**made.parameters, "signature": signature},
        metrics=made.metrics,
    )
    if not made.gated:
        registry.activate(version)
        return version
    bar = settings.MODEL_GATES.get(capability, 0.0)
    if active is not None and active.outdated_at is not None:
        bar = min(bar, ERASURE_GATE)
    registry.promote(
        version,
        *made.gated,
        bar=bar,
        higher_is_better=made.higher_is_better,
        active_metrics=made.active_metrics,
        floor=made.floor,
    )
    return version


def _settled(version: ModelVersion) -> bool:
    """Whether the gate has seen it; a kill may have come between its writing and the gate."""
    return version.status != ModelVersion.Status.CANDIDATE or version.decision != ""


def _is_of(version: ModelVersion, signature: str) -> bool:
    """Whether the version was made from what the signature names and still may be used."""
    made_from = version.parameters.get("signature")
    return version.outdated_at is None and made_from == signature and _settled(version)
