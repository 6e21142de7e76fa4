"""What the registry keeps of a ranking model: figures with intervals and by group."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from foundation.learning.intervals import bounds, by_group, mean_interval
from foundation.models import ModelVersion
from recommend.learning.evaluation import Measured
from shop.models import Customer
from shop.privacy.pseudonyms import pseudonym

GROUPED = ("age", "income")
"""The demographics a model is compared by; a third of the households have told theirs."""
METRICS = ("repeat_ndcg@10", "discovery_ndcg@10")


class Recipe(Protocol):
    """What a model is made of, as the registry keeps it."""

    def as_dict(self) -> dict: ...


Made = TypeVar("Made", bound=Recipe)


def figures(measured: Measured, customers: npt.NDArray[np.str_]) -> dict:
    """Means, intervals, NDCG@10 of repeats by group of people.

    ``customers`` are pseudonyms by the rows of ``measured``.
    """
    intervals: dict[str, float] = {}
    for kind, values in measured.values.items():
        intervals |= bounds(f"{kind}_ndcg@10", mean_interval(values))
    return {
        **measured.means(),
        **intervals,
        "groups": {"repeat_ndcg@10": _by_people(measured, customers)},
    }


def of_active(
    active: ModelVersion | None,
    recipe: Made,
    measured: Measured,
    read: Callable[[dict], Made],
    evaluate: Callable[[Made], Mapping[str, float]],
) -> Mapping[str, float] | None:
    """What the active version's recipe reaches where ``recipe`` was ``measured``.

    The active file itself has been fitted on most of that window and would look too good.
    """
    if active is None:
        return None
    stored = active.parameters.get("recipe")
    if stored == recipe.as_dict():
        return measured.means()
    try:
        other = read(stored)
    except (TypeError, KeyError):
        # A recipe of another release cannot be repeated; its own figures have to do.
        return active.metrics
    return evaluate(other)


def _by_people(measured: Measured, customers: npt.NDArray[np.str_]) -> dict[str, dict]:
    values = measured.values.get("repeat")
    if values is None:
        return {}
    names = customers[measured.users["repeat"]]
    told_by = Customer.objects.exclude(demographics={}).values_list("pk", "demographics")
    known = {pseudonym("customer", pk): told for pk, told in told_by}
    result: dict[str, dict] = {}
    for name in GROUPED:
        told = [known.get(str(person), {}).get(name) for person in names]
        result |= by_group(values, [f"{name}: {value or 'unknown'}" for value in told])
    return result
