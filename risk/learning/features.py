"""Features of an order: one definition, computed for one order or for a table of them.

Serving builds one :class:`OrderFacts`; training builds a data frame with the same columns by
:func:`history_columns`. Both go through :func:`feature_matrix`, so they cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

DAY = 86_400.0
NO_HISTORY_DAYS = 365.0
"""Days since the last order of somebody who never ordered."""


@dataclass(frozen=True)
class OrderFacts:
    """What is known of an order at the moment it is placed.

    Amounts in dollars, times in days; ``past_*`` count only orders placed before this one.
    """

    total: float
    lines: int
    units: int
    max_quantity: int
    max_unit_price: float
    hour: float
    past_orders: int
    past_mean_total: float
    days_since_last: float
    orders_last_day: int


FACTS = tuple(OrderFacts.__dataclass_fields__)
FEATURES = (
    "log_total",
    "log_lines",
    "log_units",
    "log_max_quantity",
    "log_max_unit_price",
    "night",
    "log_past_orders",
    "log_total_to_usual",
    "log_days_since_last",
    "orders_last_day",
)


def feature_matrix(facts: Mapping[str, ArrayLike] | pd.DataFrame) -> np.ndarray:
    """Turn facts (one row per order, columns of OrderFacts) into float64 ``(n, len(FEATURES))``."""
    known = {name: np.asarray(facts[name], dtype=np.float64) for name in FACTS}
    total = np.maximum(known["total"], 0)
    usual = np.where(known["past_orders"] > 0, known["past_mean_total"], known["total"])
    columns = [
        np.log1p(total),
        np.log1p(known["lines"]),
        np.log1p(known["units"]),
        np.log1p(known["max_quantity"]),
        np.log1p(np.maximum(known["max_unit_price"], 0)),
        ((known["hour"] < 6) | (known["hour"] >= 23)).astype(np.float64),
        np.log1p(known["past_orders"]),
        np.log1p(total) - np.log1p(np.maximum(usual, 0)),
        np.log1p(known["days_since_last"]),
        known["orders_last_day"],
    ]
    return np.column_stack(columns)


def feature_vector(facts: OrderFacts) -> np.ndarray:
    """Features of one order, float64 ``(len(FEATURES),)``; a data frame for one row is slow."""
    return feature_matrix({name: [getattr(facts, name)] for name in FACTS})[0]


def history_columns(orders: pd.DataFrame) -> pd.DataFrame:
    """Add what each customer had done before each order.

    Parameters
    ----------
    orders
        Columns ``customer`` (int), ``at`` (seconds since the epoch), ``total`` (dollars).

    Returns
    -------
    The same rows and index with ``past_orders``, ``past_mean_total``, ``days_since_last`` and
    ``orders_last_day`` added. Two orders at the same second do not see each other.
    """
    result = orders.sort_values(["customer", "at"], kind="stable")
    columns = {
        name: np.zeros(len(result))
        for name in ("past_orders", "past_mean_total", "days_since_last", "orders_last_day")
    }
    at, total = result["at"].to_numpy(float), result["total"].to_numpy(float)
    customers = result["customer"].to_numpy()
    starts: np.ndarray = (
        np.flatnonzero(np.r_[True, customers[1:] != customers[:-1]])
        if len(result)
        else np.zeros(0, np.int64)
    )
    for start, end in zip(starts, [*starts[1:], len(result)], strict=True):
        times = at[start:end]
        before = np.searchsorted(times, times, side="left")
        sums = np.r_[0.0, np.cumsum(total[start:end])]
        columns["past_orders"][start:end] = before
        columns["past_mean_total"][start:end] = sums[before] / np.maximum(before, 1)
        last = times[np.maximum(before - 1, 0)]
        columns["days_since_last"][start:end] = np.where(
            before > 0, (times - last) / DAY, NO_HISTORY_DAYS
        )
        day_ago = np.searchsorted(times, times - DAY, side="left")
        columns["orders_last_day"][start:end] = before - np.minimum(day_ago, before)
    return result.assign(**columns).loc[orders.index]
