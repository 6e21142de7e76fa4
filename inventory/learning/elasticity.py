"""How much demand follows a product's own price, by category, drawn towards what was published.

Within a product units of its weeks are multinomial given their sum, so its level drops out
(Hausman, Hall & Griliches (1984), Econometrica 52, the conditional Poisson model); promotions, a
trend and the shop's traffic stand beside the price, and errors are those of clusters of products
(Wooldridge (1999), Journal of Econometrics 90). Categories' slopes are then drawn towards their
common mean as far as they are uncertain (Morris (1983), Journal of the American Statistical
Association 78), with the spread between them after Paule & Mandel (1982), Journal of Research of
the National Bureau of Standards 87. The published mean counts as one more category that is known
exactly: where a shop has not changed its prices, it is what remains.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

PUBLISHED = -2.62
"""Per cent of units for a per cent of price: the mean of 1,851 published elasticities (Bijmolt, van
Heerde & Pieters (2005), Journal of Marketing Research 42)."""
CHANGE = 0.05
"""A smaller step of a week's mean price is of the mix of stores and buyers, no change."""
LEAST_SPREAD = 0.3
"""Categories are not taken to be more alike than this, however few there are to tell."""
RANGE = (-8.0, 0.0)
HELD_OUT_WEEKS = 8
Z95 = 1.96
RIDGE = 1.0
STEPS = 25


@dataclass(frozen=True)
class Elasticity:
    """Mean and standard deviation of what is believed; ``changes`` of price it was learnt from."""

    mean: float
    deviation: float
    changes: int = 0

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, cut to ``RANGE``."""
        low, high = self.mean - Z95 * self.deviation, self.mean + Z95 * self.deviation
        return max(low, RANGE[0]), min(high, RANGE[1])


@dataclass(frozen=True)
class Elasticities:
    """By category; ``shop`` stands for categories that nothing was learnt of."""

    shop: Elasticity
    categories: Mapping[int, Elasticity]

    def of(self, category: int) -> Elasticity:
        return self.categories.get(category, self.shop)

    def save(self, path: Path) -> None:
        rows = {str(key): vars(value) for key, value in self.categories.items()}
        content = {"shop": vars(self.shop), "categories": rows}
        path.write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = content["categories"].items()
        found = {int(key): Elasticity(**value) for key, value in rows}
        return cls(Elasticity(**content["shop"]), found)


@dataclass(frozen=True)
class Weeks:
    """Weeks of products: ``units`` (n, n_weeks), ``price`` paid, the same, nan without a sale,
    ``plan`` (n, n_weeks, n_codes) of promotions, ``category`` int (n,)."""

    units: np.ndarray
    price: np.ndarray
    plan: np.ndarray
    category: np.ndarray

    def between(self, first: int, end: int) -> "Weeks":
        kept = slice(first, end)
        return Weeks(self.units[:, kept], self.price[:, kept], self.plan[:, kept], self.category)


@dataclass(frozen=True)
class _Design:
    """Columns (n, n_weeks, k), the price first; ``known`` where the product was on sale."""

    units: np.ndarray
    columns: np.ndarray
    offset: np.ndarray
    known: np.ndarray

    def of(self, rows: np.ndarray) -> "_Design":
        return _Design(self.units[rows], self.columns[rows], self.offset, self.known[rows])

    def shares(self, slopes: np.ndarray) -> np.ndarray:
        """How a product's units are expected to fall on its weeks, (n, n_weeks)."""
        eta = np.where(self.known, self.columns @ slopes + self.offset, -np.inf)
        weight = np.exp(eta - eta.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)


def learn(weeks: Weeks) -> Elasticities:
    """Learn from products that changed their price; the others teach what promotions do."""
    design, changes = _design(weeks), price_changes(weeks)
    slopes, variances, categories = [], [], []
    for category in np.unique(weeks.category[changes > 0]).tolist():
        rows = np.flatnonzero((weeks.category == category) & (design.units.sum(axis=1) > 0))
        if not changes[rows].sum():
            continue
        slope, variance = _slope(design.of(rows))
        slopes.append(slope)
        variances.append(variance)
        categories.append(category)
    shop, drawn = pooled(np.array(slopes), np.array(variances))
    found = {
        category: Elasticity(mean, deviation, int(changes[weeks.category == category].sum()))
        for category, (mean, deviation) in zip(categories, drawn, strict=True)
    }
    return Elasticities(Elasticity(*shop, int(changes.sum())), found)


def loss(weeks: Weeks, known: Weeks, elasticities: Elasticities | None) -> float:
    """Surprise a unit (nats) of how units of later weeks fall on them, given their prices.

    Promotions and trend are learnt from the ``known`` weeks beside the slope in question; without
    ``elasticities`` that is the published mean. Products whose price stays teach nothing here.
    """
    past, later = _design(known), _design(weeks)
    changed = price_changes(weeks) > 0
    total, units = 0.0, 0.0
    for category in np.unique(weeks.category[changed]).tolist():
        inside = weeks.category == category
        fitted = past.of(np.flatnonzero(inside & (past.units.sum(axis=1) > 0)))
        slope = PUBLISHED if elasticities is None else elasticities.of(category).mean
        slopes = _fit(fitted, slope=slope)[0]
        judged = later.of(np.flatnonzero(inside & changed & (later.units.sum(axis=1) > 0)))
        total -= float((judged.units * np.log(np.maximum(judged.shares(slopes), 1e-12))).sum())
        units += float(judged.units.sum())
    return total / units if units else float("nan")


def price_changes(weeks: Weeks) -> np.ndarray:
    """How often each product's price changed, int (n,)."""
    return (np.abs(np.diff(steady(weeks.price), axis=1)) > 0).sum(axis=1)


def steady(price: np.ndarray) -> np.ndarray:
    """Log price of each week: the last one known, until another differs by ``CHANGE``."""
    logs = np.log(np.where(price > 0, price, np.nan))
    result = np.zeros_like(logs)
    first = np.argmax(~np.isnan(logs), axis=1)
    last = np.nan_to_num(logs[np.arange(len(logs)), first])
    for week in range(logs.shape[1]):
        # A comparison with nan is false: without a sale the price is the one before.
        moved = np.abs(logs[:, week] - last) > CHANGE
        last = np.where(moved, logs[:, week], last)
        result[:, week] = last
    return result


def pooled(
    slopes: np.ndarray, variances: np.ndarray
) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """The shop's mean and deviation for a new category, and each category's, drawn together."""
    all_slopes = np.append(slopes, PUBLISHED)
    all_variances = np.append(variances, 0.0)

    def centre(spread: float) -> tuple[float, float]:
        weight = 1 / (all_variances + spread)
        return float(weight @ all_slopes / weight.sum()), float(1 / weight.sum())

    def excess(spread: float) -> float:
        mean, _ = centre(spread)
        return float(((all_slopes - mean) ** 2 / (all_variances + spread)).sum()) - len(slopes)

    low, high = LEAST_SPREAD**2, 16.0
    spread = low if excess(low) <= 0 else high
    if spread == high:
        for _ in range(60):
            spread = (low + high) / 2
            low, high = (spread, high) if excess(spread) > 0 else (low, spread)
    mean, doubt = centre(spread)
    trust = spread / (variances + spread)
    drawn = np.clip(trust * slopes + (1 - trust) * mean, *RANGE)
    deviations = np.sqrt(trust * variances + (1 - trust) ** 2 * doubt)
    shop = (float(np.clip(mean, *RANGE)), float(np.sqrt(spread + doubt)))
    return shop, list(zip(drawn.tolist(), deviations.tolist(), strict=True))


def _design(weeks: Weeks) -> _Design:
    n_weeks = weeks.units.shape[1]
    price = steady(weeks.price)
    price = price - price.mean(axis=1, keepdims=True)
    trend = np.broadcast_to(np.linspace(-1, 1, n_weeks)[None, :, None], (*price.shape, 1))
    columns = np.concatenate([price[:, :, None], weeks.plan, trend], axis=2)
    known = np.cumsum(weeks.units, axis=1) > 0
    # A product that never sold says nothing; it must not divide by nothing either.
    known |= ~known.any(axis=1, keepdims=True)
    traffic = np.log(weeks.units.sum(axis=0) + 1.0)
    return _Design(weeks.units, columns, traffic - traffic.mean(), known)


def _slope(design: _Design) -> tuple[float, float]:
    """The price's slope and its variance: the wider of clusters' and of counts' with excess."""
    slopes, information = _fit(design)
    shares = design.shares(slopes)
    total = design.units.sum(axis=1, keepdims=True)
    error = design.units - total * shares
    scores = np.einsum("nt,ntk->nk", error, design.columns)
    inverse = np.linalg.inv(information)
    clusters = len(scores) / max(len(scores) - 1, 1)
    robust = (inverse @ (scores.T @ scores) @ inverse)[0, 0] * clusters
    freedom = max(int(design.known.sum()) - len(scores) - len(slopes), 1)
    pearson = (error**2 / np.maximum(total * shares, 0.05))[design.known].sum() / freedom
    return float(slopes[0]), float(max(robust, inverse[0, 0] * max(pearson, 1.0)))


def _fit(design: _Design, *, slope: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Newton's steps; slopes and information. With ``slope`` the price's is given."""
    width = design.columns.shape[2]
    slopes = np.zeros(width)
    penalty = np.full(width, RIDGE)
    penalty[0] = 1e-3
    free = np.arange(width) if slope is None else np.arange(1, width)
    if slope is not None:
        slopes[0] = slope
    total = design.units.sum(axis=1)
    information = np.diag(penalty)
    for _ in range(STEPS):
        shares = design.shares(slopes)
        weighted = shares[:, :, None] * design.columns
        means = weighted.sum(axis=1)
        information = np.einsum("n,ntk,ntl->kl", total, weighted, design.columns)
        information -= np.einsum("n,nk,nl->kl", total, means, means)
        information += np.diag(penalty)
        error = design.units - total[:, None] * shares
        gradient = np.einsum("nt,ntk->k", error, design.columns) - penalty * slopes
        step = np.zeros(width)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
        slopes = slopes + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            break
    return slopes, information
