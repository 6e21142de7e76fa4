"""Reorder points and order-up-to levels.

Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, chapter 6: the
periodic (R, s, S) policy with normal demand over the lead time and one review period.
"""

import numpy as np
from scipy.stats import norm

REVIEW_DAYS = 1
COVER_DAYS = 14


def reorder_levels(
    means: np.ndarray, deviations: np.ndarray, *, lead_time: int, service_level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return reorder points and order-up-to levels, int64 (n_series,) each.

    ``means`` (n_series, horizon) are expected daily units, ``deviations`` (n_series,) standard
    deviations of one day's units, ``lead_time`` is in days.
    """
    days = lead_time + REVIEW_DAYS
    safety = norm.ppf(service_level) * deviations * np.sqrt(days)
    points = np.ceil(means[:, :days].sum(axis=1) + safety)
    cover = means[:, days : days + COVER_DAYS].sum(axis=1)
    return points.astype(np.int64), np.ceil(points + cover).astype(np.int64)
