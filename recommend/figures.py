"""What the registry keeps of a ranking model: figures with intervals and by group."""

import numpy as np
import numpy.typing as npt

from foundation.learning.intervals import bounds, by_group, mean_interval
from recommend.learning.evaluation import Measured
from shop.models import Customer

GROUPED = ("age", "income")
"""The demographics a model is compared by; a third of the households have told theirs."""
METRICS = ("repeat_ndcg@10", "discovery_ndcg@10")


def figures(measured: Measured, customers: npt.NDArray[np.int64]) -> dict:
    """Means, intervals, NDCG@10 of repeats by group of people.

    ``customers`` are ids by the rows of ``measured``.
    """
    intervals: dict[str, float] = {}
    for kind, values in measured.values.items():
        intervals |= bounds(f"{kind}_ndcg@10", mean_interval(values))
    return {
        **measured.means(),
        **intervals,
        "groups": {"repeat_ndcg@10": _by_people(measured, customers)},
    }


def _by_people(measured: Measured, customers: npt.NDArray[np.int64]) -> dict[str, dict]:
    values = measured.values.get("repeat")
    if values is None:
        return {}
    ids = customers[measured.users["repeat"]]
    known = dict(Customer.objects.values_list("pk", "demographics"))
    result: dict[str, dict] = {}
    for name in GROUPED:
        told = [known.get(int(pk), {}).get(name) for pk in ids]
        result |= by_group(values, [f"{name}: {value or 'unknown'}" for value in told])
    return result
