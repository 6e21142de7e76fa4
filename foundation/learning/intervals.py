"""95 % intervals of what was measured on held-out rows, and the same by group of people.

Means by the normal approximation, shares by Wilson 1927, which stays within 0 and 1.
"""

import math

import numpy as np
import numpy.typing as npt

Z = 1.96
LEAST = 30
"""Fewer people say nothing about their group, and might be told apart."""


def mean_interval(values: npt.ArrayLike) -> tuple[float, float]:
    """Return the interval of the mean of independent values.

    >>> mean_interval([0.0, 1.0] * 50)
    (0.4015, 0.5985)
    """
    found = np.asarray(values, float)
    if len(found) < 2:
        return math.nan, math.nan
    mean, half = found.mean(), Z * found.std(ddof=1) / math.sqrt(len(found))
    return round(float(mean - half), 4), round(float(mean + half), 4)


def share_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the interval of a share of hits.

    >>> share_interval(90, 100)
    (0.8256, 0.9448)
    """
    if not count:
        return math.nan, math.nan
    share, extra = hits / count, Z**2 / count
    middle = (share + extra / 2) / (1 + extra)
    half = Z * math.sqrt(share * (1 - share) / count + extra / (4 * count)) / (1 + extra)
    return round(middle - half, 4), round(middle + half, 4)


def bounds(name: str, interval: tuple[float, float]) -> dict[str, float]:
    """Return the interval as the registry keeps it; nothing when it is not known."""
    low, high = interval
    return {} if math.isnan(low) else {f"{name}_low": low, f"{name}_high": high}


def by_group(values: npt.ArrayLike, labels: npt.ArrayLike) -> dict[str, dict[str, float]]:
    """Return value, low, high and n by label, for labels of at least ``LEAST`` rows; "" is none."""
    found, names = np.asarray(values, float), np.asarray(labels)
    result = {}
    for name in sorted(set(names.tolist()) - {""}):
        own = found[names == name]
        if len(own) >= LEAST:
            low, high = mean_interval(own)
            value = round(float(own.mean()), 4)
            result[name] = {"value": value, "low": low, "high": high, "n": len(own)}
    return result
