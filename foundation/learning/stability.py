"""Population stability: whether what a model sees today is what it was trained on.

The index of Siddiqi 2006, "Credit Risk Scorecards": shares of the values in the reference's
deciles, ``sum((now - then) * log(now / then))``. Below 0.1 nothing has changed, above 0.25 much.
"""

import numpy as np
import numpy.typing as npt

BINS = 10
SMALLEST_SHARE = 1e-4


def stability_index(then: npt.ArrayLike, now: npt.ArrayLike, bins: int = BINS) -> float:
    """Return the index of two samples; 0 when either is empty.

    >>> stability_index(range(1000), range(1000)) < 0.001
    True
    >>> stability_index(range(1000), range(500, 1500)) > 0.25
    True
    """
    reference, current = (_finite(values) for values in (then, now))
    if not len(reference) or not len(current):
        return 0.0
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = [
        np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        / len(values)
        for values in (reference, current)
    ]
    before, after = (np.maximum(share, SMALLEST_SHARE) for share in shares)
    return float(np.sum((after - before) * np.log(after / before)))


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    found = np.asarray(values, float)
    return found[np.isfinite(found)]
