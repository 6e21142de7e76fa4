"""Whole numbers that add up on every level.

Sums of products are the forecast of what is above them (bottom-up; Hyndman et al. (2011),
Computational Statistics & Data Analysis 55): on windows kept apart that was nearer to what was sold
than moving all levels to each other by minimum trace (docs/experiments/inventory.md). What is shown
is whole, so that each level is rounded within the one above it, by largest remainders (Balinski &
Young (1982), Fair Representation).
"""

from collections.abc import Sequence

import numpy as np


def apportioned(total: int, parts: Sequence[float]) -> list[int]:
    """Whole parts of a whole total, in proportion to ``parts``; none is a unit off or more when
    the parts add up to about the total.

    >>> apportioned(10, [3.4, 3.4, 3.2])
    [4, 3, 3]
    """
    values = np.maximum(np.asarray(parts, dtype=np.float64), 0.0)
    if not len(values) or values.sum() <= 0:
        return [0] * len(values)
    exact = values * (total / values.sum())
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole.tolist()
