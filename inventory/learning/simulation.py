"""Replaying real demand against ordering rules: lead times, lost sales, packs, costs.

Zipkin (2000), Foundations of Inventory Management, chapter 9, has the base-stock and (s, S) rules;
lost sales with a lead time have no simple optimum, so rules are compared by replay.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Costs:
    """Money: ``holding`` a unit and day, ``lost`` a unit not sold, ``order`` a line ordered."""

    holding: float = 0.015
    lost: float = 1.0
    order: float = 0.25


@dataclass(frozen=True)
class Rule:
    """Order up to ``order_up_to`` when the position is at or under ``reorder_point``.

    Both int or float (n_products, n_days), known at the end of each day.
    """

    reorder_point: np.ndarray
    order_up_to: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """Of the days after the warm-up, over all products.

    ``fill_rate`` is units sold over units wanted; ``stock`` the mean units on hand at the end of a
    day; ``stock_out`` the share of days with a lost sale; ``orders`` lines a product and week;
    ``cost`` money a product over all these days.
    """

    fill_rate: float
    stock: float
    stock_out: float
    orders: float
    cost: float


@dataclass
class Store:
    """Stock of many products at the end of a day, moved on a day at a time.

    Attributes
    ----------
    on_hand : float64 (n_products,)
    coming : float64 (n_products, longest lead time + 1)
        Column ``i`` arrives in the morning ``i + 1`` days from now.
    """

    lead_times: np.ndarray
    packs: np.ndarray
    on_hand: np.ndarray
    coming: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.coming = np.zeros((len(self.lead_times), int(self.lead_times.max()) + 1))

    @property
    def position(self) -> np.ndarray:
        """On hand and on order, (n_products,)."""
        return self.on_hand + self.coming.sum(axis=1)

    def order(self, wanted: np.ndarray) -> np.ndarray:
        """Order at least the wanted units, in whole packs; return what was ordered."""
        ordered = np.ceil(np.maximum(wanted, 0.0) / self.packs) * self.packs
        self.coming[np.arange(len(ordered)), self.lead_times - 1] += ordered
        return ordered

    def day(self, demand: np.ndarray) -> np.ndarray:
        """Receive in the morning, then sell; return the units sold. What is short is lost."""
        self.on_hand = self.on_hand + self.coming[:, 0]
        self.coming = np.concatenate([self.coming[:, 1:], np.zeros((len(demand), 1))], axis=1)
        sold = np.minimum(demand, self.on_hand)
        self.on_hand = self.on_hand - sold
        return sold


def replay(
    demand: np.ndarray,
    rule: Rule,
    lead_times: np.ndarray,
    *,
    packs: np.ndarray | None = None,
    costs: Costs = Costs(),
    warm_up: int = 14,
) -> Outcome:
    """Run a rule over daily demand (n_products, n_days); the store begins at the first target.

    Lead times are whole days, 1 or more: an order of the evening arrives that many mornings later.
    """
    n_products, n_days = demand.shape
    sizes = np.ones(n_products) if packs is None else packs
    store = Store(lead_times, sizes, np.ceil(np.asarray(rule.order_up_to[:, 0], dtype=np.float64)))
    sold, held, lines = (np.zeros((n_products, n_days)) for _ in range(3))
    for day in range(n_days):
        sold[:, day] = store.day(demand[:, day])
        held[:, day] = store.on_hand
        position = store.position
        low = position <= rule.reorder_point[:, day]
        wanted = np.where(low, rule.order_up_to[:, day] - position, 0.0)
        lines[:, day] = store.order(wanted) > 0
    kept = slice(warm_up, None)
    wanted_units, lost = demand[:, kept].sum(), (demand - sold)[:, kept]
    money = costs.holding * held[:, kept] + costs.lost * lost + costs.order * lines[:, kept]
    return Outcome(
        fill_rate=float(1 - lost.sum() / wanted_units),
        stock=float(held[:, kept].mean()),
        stock_out=float((lost > 0).mean()),
        orders=float(lines[:, kept].mean() * 7),
        cost=float(money.sum() / n_products),
    )


def base_stock(targets: np.ndarray) -> Rule:
    """Order what is missing to the target, every day."""
    whole = np.ceil(targets)
    return Rule(whole - 1, whole)


def economic_quantity(daily: np.ndarray, costs: Costs) -> np.ndarray:
    """Units that balance ordering and holding (Harris, 1913), of the mean units a day."""
    return np.sqrt(2 * costs.order * np.maximum(daily, 0.0) / costs.holding)
