"""What another promotion, price, lead time or service level would do to demand, stock and cost.

The plan and the changed plan meet the same luck: demand of both is the same quantile of a negative
binomial around each day's mean (common random numbers; Law (2015), Simulation Modeling and
Analysis, 5th edition, section 11.2), so that what differs is the change and not chance.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import nbinom

from inventory.learning.elasticity import PUBLISHED
from inventory.learning.replenishment import SERVICE_LEVEL, ReorderLevels, reorder_levels
from inventory.learning.simulation import Costs, Rule, replay

HORIZON = 28
WARM_UP = 14
ROWS = 2400
"""Products times paths that are replayed at most."""
PATHS = 60
SEED = 11
COSTS = Costs()


@dataclass(frozen=True)
class Situation:
    """Products and what is decided for them; arrays have a row per product.

    ``means`` float (n, 28) units a day, ``deviations`` float (n,) of one day's units, ``prices``
    float (n,), ``lead_times`` int (n,) days; ``spreads`` float (n, n_weeks) the quantile of the
    first weeks' units at ``service_level`` less the mean, nan where it is not known.
    """

    means: np.ndarray
    deviations: np.ndarray
    spreads: np.ndarray
    prices: np.ndarray
    lead_times: np.ndarray
    service_level: float = SERVICE_LEVEL


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of a situation.

    ``daily`` float (28,) units of all products a day, ``levels`` reorder points of each product,
    ``stock`` mean units on hand, ``lost`` units not sold in 28 days, ``fill_rate`` the share of
    demand that is met, ``orders`` order lines in 28 days, ``sales`` money in 28 days, ``cost``
    holding, orders and lost sales of 28 days, all of all products together.
    """

    daily: np.ndarray
    levels: ReorderLevels
    stock: float
    lost: float
    fill_rate: float
    orders: float
    sales: float
    cost: float


def changed(
    situation: Situation,
    lift: np.ndarray,
    price: float,
    elasticity: np.ndarray | float = PUBLISHED,
) -> Situation:
    """The situation with demand times ``lift`` (n, 28) and prices times ``price``.

    Demand follows the price with ``elasticity``, one or one a product (n,). The spread follows the
    mean as it does for counts with a fixed excess: variance = mean + mean^2 / k.
    """
    factor = lift * np.reshape(price ** np.asarray(elasticity), (-1, 1))
    means = situation.means * factor
    before, after = situation.means.mean(axis=1), means.mean(axis=1)
    variance = situation.deviations**2
    excess = np.divide(
        np.maximum(variance - before, 0.0), before**2, out=np.zeros_like(before), where=before > 0
    )
    wide = np.sqrt(after + excess * after**2)
    was = np.sqrt(before + excess * before**2)
    ratio = np.divide(wide, was, out=np.ones_like(was), where=was > 0)
    return Situation(
        means=means,
        deviations=situation.deviations * ratio,
        spreads=situation.spreads * ratio[:, None],
        prices=situation.prices * price,
        lead_times=situation.lead_times,
        service_level=situation.service_level,
    )


def outlook(situation: Situation, costs: Costs = COSTS) -> Outlook:
    """Replay the plan of a situation over 28 days, many times, as if all stock lay in one place."""
    levels = reorder_levels(
        situation.means,
        situation.deviations,
        situation.lead_times,
        spreads=situation.spreads,
        service_level=situation.service_level,
    )
    n = len(situation.means)
    paths = int(np.clip(ROWS // max(n, 1), 4, PATHS))
    luck = np.random.default_rng(SEED).random((n * paths, WARM_UP + HORIZON))
    means = np.repeat(situation.means, paths, axis=0)
    means = np.concatenate([means[:, :WARM_UP], means], axis=1)
    demand = _units(means, np.repeat(situation.deviations, paths), luck)

    def each_day(values: np.ndarray) -> np.ndarray:
        return np.repeat(np.repeat(values, paths)[:, None], WARM_UP + HORIZON, axis=1)

    rule = Rule(each_day(levels.reorder_point), each_day(levels.order_up_to))
    result = replay(
        demand, rule, np.repeat(np.maximum(situation.lead_times, 1), paths), costs=costs,
        warm_up=WARM_UP,
    )  # fmt: skip
    wanted = situation.means.sum(axis=1)
    return Outlook(
        daily=situation.means.sum(axis=0),
        levels=levels,
        stock=result.stock * n,
        lost=float(wanted.sum() * (1 - result.fill_rate)),
        fill_rate=result.fill_rate,
        orders=result.orders * n * HORIZON / 7,
        sales=float((wanted * situation.prices).sum() * result.fill_rate),
        cost=result.cost * n,
    )


def _units(means: np.ndarray, deviations: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Quantiles ``luck`` of negative binomials with these means, float64 (n, n_days)."""
    mean = means.mean(axis=1)
    excess = np.maximum(deviations**2 - mean, 1e-3 * np.maximum(mean, 1e-6))
    size = np.maximum(mean, 1e-6) ** 2 / excess
    chance = size[:, None] / (size[:, None] + np.maximum(means, 1e-9))
    return nbinom.ppf(luck, size[:, None], chance)
