"""What a promotion multiplies a product's weekly demand by.

A Poisson regression with a level for each product and multiplicative effects of the promotion's
codes (mailer pages, display places): one effect for all, one for the product's group and one for
the product itself, each drawn towards the one above it by a ridge penalty. Cooper et al. (1999),
PromoCast: A New Forecasting Method for Promotion Planning, Marketing Science 18(3), use the same
kind of log-linear effects; the shrinkage is that of Gelman & Hill (2007), chapter 12.
"""

from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

LIMIT = (-1.0, 3.0)
"""Log effects are cut to this range: a promotion is at most twentyfold."""


class PromotionUplift:
    """Log uplift of each product and week.

    Parameters
    ----------
    half_life
        Weeks after which a week counts half.
    shared, grouped, own
        Ridge penalties of the effects for all, for a group and for a product.
    iterations
        Steps of L-BFGS at most.

    Attributes
    ----------
    parameters_ : float64
        Level of each product, then the effects; reused as a start by the next ``fit``.
    """

    def __init__(
        self,
        *,
        half_life: float = 26.0,
        shared: float = 1.0,
        grouped: float = 8.0,
        own: float = 30.0,
        iterations: int = 60,
    ) -> None:
        self.half_life = half_life
        self.shared, self.grouped, self.own = shared, grouped, own
        self.iterations = iterations
        self.parameters_: np.ndarray | None = None

    def fit(self, weekly: np.ndarray, plan: np.ndarray, group: np.ndarray) -> Self:
        """Learn the effects.

        Parameters
        ----------
        weekly : float (n_series, n_weeks)
            Units a week, oldest first.
        plan : float (n_series, n_weeks, n_codes)
            Share of the stores, weighted by sales, that carry each code in each week, 0 to 1.
        group : int (n_series,)
            Whose effects a series leans on, such as its category.
        """
        n_series, n_weeks, _ = plan.shape
        if weekly.shape != (n_series, n_weeks):
            raise ValueError(f"weekly must be {(n_series, n_weeks)}, not {weekly.shape}")
        design, penalty = self._design(plan, group)
        age = np.arange(n_weeks - 1, -1, -1)
        recency = np.tile(0.5 ** (age / self.half_life), n_series)
        units = weekly.reshape(-1).astype(np.float64)
        series = np.repeat(np.arange(n_series), n_weeks)
        level = _ratio(series, units * recency, recency, n_series)
        # Large series would own the effects; their weight grows with the root of their units.
        weights = recency / np.sqrt(level[series])
        promoted = np.flatnonzero(np.diff(design.indptr))
        plain = np.ones(len(units), dtype=bool)
        plain[promoted] = False
        quiet = np.bincount(series[plain], weights[plain], minlength=n_series)
        quiet_units = np.bincount(series[plain], (weights * units)[plain], minlength=n_series)
        rows, row_series = design[promoted], series[promoted]
        row_units, row_weights = units[promoted], weights[promoted]

        def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
            base, effects = values[:n_series], values[n_series:]
            eta = np.clip(base[row_series] + rows @ effects, -8.0, 8.0)
            mean = np.exp(eta)
            plain_mean = np.exp(np.clip(base, -8.0, 8.0))
            total = float(row_weights @ (mean - row_units * eta))
            total += float(quiet @ plain_mean - quiet_units @ base)
            total += 0.5 * float(penalty @ effects**2)
            error = row_weights * (mean - row_units)
            # Not added in place: of nothing promoted at all, bincount makes whole numbers.
            of_base = np.bincount(row_series, error, minlength=n_series) + (
                quiet * plain_mean - quiet_units
            )
            return total, np.concatenate([of_base, rows.T @ error + penalty * effects])

        start = self.parameters_
        if start is None or len(start) != n_series + len(penalty):
            start = np.concatenate([np.log(level), np.zeros(len(penalty))])
        options = {"maxiter": self.iterations}
        self.parameters_ = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
        return self

    def predict(self, plan: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Log uplift, float64 (n_series, n_weeks), of any weeks' plan; 0 without promotion."""
        if self.parameters_ is None:
            raise ValueError("fit comes before predict")
        design, _ = self._design(plan, group)
        effects = self.parameters_[len(plan) :]
        return np.clip((design @ effects).reshape(plan.shape[:2]), *LIMIT)

    def _design(self, plan: np.ndarray, group: np.ndarray) -> tuple[csr_matrix, np.ndarray]:
        """A row for each series and week; columns for all, for groups, and one for the series."""
        n_series, n_weeks, n_codes = plan.shape
        n_groups = int(group.max()) + 1
        series, week, code = np.nonzero(plan)
        value = plan[series, week, code]
        row = series * n_weeks + week
        columns = [
            code,
            n_codes + group[series] * n_codes + code,
            n_codes * (1 + n_groups) + series,
        ]
        n_columns = n_codes * (1 + n_groups) + n_series
        design = csr_matrix(
            (np.tile(value, 3), (np.tile(row, 3), np.concatenate(columns))),
            shape=(n_series * n_weeks, n_columns),
        )
        sizes = [n_codes, n_codes * n_groups, n_series]
        return design, np.repeat([self.shared, self.grouped, self.own], sizes)


def _ratio(series: np.ndarray, top: np.ndarray, bottom: np.ndarray, n_series: int) -> np.ndarray:
    sums = np.bincount(series, top, minlength=n_series)
    return (sums + 0.1) / (np.bincount(series, bottom, minlength=n_series) + 0.1)
