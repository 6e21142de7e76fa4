"""What the registry keeps of a ranking model: figures with intervals and by group."""

import numpy as np
import numpy.typing as npt

from foundation.learning.intervals import bounds, by_group, mean_interval
from recommend.learning.evaluation import Measured
from shop.models import Customer
from shop.privacy.pseudonyms import pseudonym

GROUPED = ("age", "income")
"""The demographics a model is compared by; a third of the households have told theirs."""
METRICS = ("repeat_ndcg@10", "discovery_ndcg@10")


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
