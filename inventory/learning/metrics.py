"""How far forecasts are off."""

import numpy as np


def wape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Weighted absolute percentage error: sum of absolute errors over the sum of demand.

    Kolassa & Schütz (2007), Advantages of the MAD/Mean ratio over the MAPE, Foresight 6. Both
    arrays have the same shape, usually (n_series, horizon). Raises ValueError without any demand.

    >>> wape(np.array([[2.0, 0.0]]), np.array([[1.0, 1.0]]))
    1.0
    """
    total = float(np.abs(actual).sum())
    if total == 0:
        raise ValueError("WAPE is not defined when nothing was sold")
    return float(np.abs(actual - forecast).sum()) / total
