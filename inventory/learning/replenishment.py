"""When to order and how much.

Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th edition,
chapter 6: the periodic (R, s, S) policy with normal demand over lead time and review period.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

REVIEW_DAYS = 1
WEEK = 7
COVER_DAYS = 14
SERVICE_LEVEL = 0.95


@dataclass(frozen=True)
class ReorderLevels:
    """Units, int64 (n_levels,) each.

    ``safety_stock`` is part of ``reorder_point``; ``order_up_to`` is what on hand and on order
    should reach together. ``daily`` is the mean demand a day until the goods arrive, float64.
    """

    safety_stock: np.ndarray
    reorder_point: np.ndarray
    order_up_to: np.ndarray
    daily: np.ndarray


def reorder_levels(
    means: np.ndarray,
    deviations: np.ndarray,
    lead_times: np.ndarray,
    *,
    shares: np.ndarray | None = None,
    spreads: np.ndarray | None = None,
    service_level: float = SERVICE_LEVEL,
) -> ReorderLevels:
    """Compute reorder points and order-up-to levels.

    Parameters
    ----------
    means : float (n_levels, horizon)
        Expected units a day of the product, from tomorrow on.
    deviations : float (n_levels,)
        Standard deviation of one day's units of the product.
    lead_times : int (n_levels,)
        Days from order to arrival.
    shares : float (n_levels,), optional
        The part of the product's demand that this level serves. Thinning demand at random by
        ``p`` keeps ``p`` of the mean; its standard deviation is taken as ``sqrt(p)`` of the
        product's, which is exact for Poisson demand.
    spreads : float (n_levels, n_weeks), optional
        The product's demand quantile at ``service_level`` of the first 1, 2, ... weeks less its
        mean; nan where it is not known, and the normal distribution is used.

    Returns
    -------
    ReorderLevels
    """
    n_levels, horizon = means.shape
    part = np.ones(n_levels) if shares is None else np.asarray(shares, dtype=np.float64)
    until = np.minimum(np.asarray(lead_times) + REVIEW_DAYS, horizon)
    sums = np.concatenate([np.zeros((n_levels, 1)), np.cumsum(means, axis=1)], axis=1)
    rows = np.arange(n_levels)
    expected = sums[rows, until] * part
    cover = (sums[rows, np.minimum(until + COVER_DAYS, horizon)] - sums[rows, until]) * part
    spread = deviations * np.sqrt(part) * np.sqrt(until)
    margin = norm.ppf(service_level) * spread
    if spreads is not None:
        learnt = spread_at(spreads, until) * np.sqrt(part)
        margin = np.where(np.isnan(learnt), margin, np.maximum(learnt, 0.0))
    safety = np.ceil(margin)
    point = np.ceil(expected + safety)
    return ReorderLevels(
        safety_stock=safety.astype(np.int64),
        reorder_point=point.astype(np.int64),
        order_up_to=np.ceil(point + np.maximum(cover, 1)).astype(np.int64),
        daily=np.where(until > 0, expected / until, 0.0),
    )


def spread_at(spreads: np.ndarray, days: np.ndarray) -> np.ndarray:
    """What weekly spreads (n, n_weeks) are after ``days`` (n,), float64 (n,).

    Between whole weeks the spread grows with the root of time, as for independent days.
    """
    n_rows, n_weeks = spreads.shape
    known = np.concatenate([np.zeros((n_rows, 1)), spreads], axis=1)
    place = np.minimum(np.asarray(days) / WEEK, n_weeks)
    low = np.minimum(place.astype(int), n_weeks - 1)
    rows = np.arange(n_rows)
    part = (np.sqrt(place) - np.sqrt(low)) / (np.sqrt(low + 1) - np.sqrt(low))
    return known[rows, low] * (1 - part) + known[rows, low + 1] * part


def total_quantile(
    totals: np.ndarray, deviations: np.ndarray, *, days: int, q: float
) -> np.ndarray:
    """Quantile of the demand of ``days`` days by the normal approximation, float64 (n_series,).

    ``totals`` are expected units of all days, ``deviations`` standard deviations of one day.
    """
    return np.maximum(totals + norm.ppf(q) * deviations * np.sqrt(days), 0.0)
