"""What every trainer does around its own work: skip when nothing is new, register, gate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from foundation import registry
from foundation.models import ModelVersion


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
    if newest is not None and newest.parameters.get("signature") == signature and _settled(newest):
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
    registry.promote(
        version,
        *made.gated,
        higher_is_better=made.higher_is_better,
        active_metrics=made.active_metrics,
        floor=made.floor,
    )
    return version


def _settled(version: ModelVersion) -> bool:
    """Whether the gate has seen it; a kill may have come between its writing and the gate."""
    return version.status != ModelVersion.Status.CANDIDATE or version.decision != ""
