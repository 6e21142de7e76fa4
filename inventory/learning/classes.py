"""Which products matter (ABC) and which are hard to foresee (XYZ).

Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th edition,
section 2.2 (ABC by the share of sales); XYZ by the coefficient of variation of weekly units, which
Scholz-Reiter et al. (2012), Procedia CIRP 3, join to it.
"""

import numpy as np

SHARES = (0.8, 0.95)
"""A sells the first four fifths of the money, B up to nineteen twentieths, C the rest."""
VARIATIONS = (0.5, 1.0)
"""X varies less than half of its mean from week to week, Y less than the mean, Z more."""


def abc(money: np.ndarray) -> np.ndarray:
    """Letters of products by their sales, ``<U1`` (n,); what sold nothing is C.

    >>> abc(np.array([1.0, 80.0, 15.0, 4.0, 0.0])).tolist()
    ['C', 'A', 'B', 'C', 'C']
    """
    order = np.argsort(-money, kind="stable")
    total = money.sum()
    before = np.cumsum(money[order]) - money[order]
    letters = np.full(len(money), "C")
    if total > 0:
        # A product belongs where its sales begin, so that one that sells nearly all is an A.
        rank = np.searchsorted(SHARES, np.round(before / total, 9), side="right")
        letters[order] = np.array(["A", "B", "C"])[rank]
    letters[money <= 0] = "C"
    return letters


def xyz(weekly: np.ndarray) -> np.ndarray:
    """Letters of products by weekly units (n, n_weeks), ``<U1`` (n,); what sold nothing is Z.

    >>> xyz(np.array([[5.0, 5.0, 6.0], [0.0, 0.0, 9.0], [2.0, 4.0, 9.0]])).tolist()
    ['X', 'Z', 'Y']
    """
    mean = weekly.mean(axis=1)
    varied = np.divide(weekly.std(axis=1), mean, out=np.full(len(weekly), np.inf), where=mean > 0)
    return np.array(["X", "Y", "Z"])[np.searchsorted(VARIATIONS, varied, side="right")]
