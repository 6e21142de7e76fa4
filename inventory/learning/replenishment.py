"""When to order and how much.

Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th edition,
chapter 6: the periodic (R, s, S) policy with normal demand over lead time and review period.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

REVIEW_DAYS = 1
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
    safety = np.ceil(norm.ppf(service_level) * spread)
    point = np.ceil(expected + safety)
    return ReorderLevels(
        safety_stock=safety.astype(np.int64),
        reorder_point=point.astype(np.int64),
        order_up_to=np.ceil(point + np.maximum(cover, 1)).astype(np.int64),
        daily=np.where(until > 0, expected / until, 0.0),
    )


def total_quantile(
    totals: np.ndarray, deviations: np.ndarray, *, days: int, q: float
) -> np.ndarray:
    """Quantile of the demand of ``days`` days by the normal approximation, float64 (n_series,).

    ``totals`` are expected units of all days, ``deviations`` standard deviations of one day.
    """
    return np.maximum(totals + norm.ppf(q) * deviations * np.sqrt(days), 0.0)
