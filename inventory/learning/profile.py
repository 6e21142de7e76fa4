"""How a week's demand falls on its days.

Weekday shares of a series lean on its group's and those on everybody's, as a Dirichlet prior would
have it (Gelman et al., 2013, Bayesian Data Analysis, section 3.4). Days around holidays shift
demand; their factors are learnt from earlier holidays of the same sort and drawn towards 1.
"""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

WEEK = 7
REACH = (-3, 1)
"""Days before and after a holiday whose demand it shifts."""


class DayProfile:
    """Shares of a week's units by day.

    Parameters
    ----------
    own, grouped
        Units that the prior of a series, and of a group, is worth.
    weeks
        Weeks of history that count.
    pull
        How many holidays the prior (no effect) is worth.

    Attributes
    ----------
    shares_ : float64 (n_series, 7)
        Of a plain week.
    factors_ : dict
        (sort of holiday, days after it) to the factor on that day's demand.
    """

    def __init__(
        self, *, own: float = 1500.0, grouped: float = 3000.0, weeks: int = 26, pull: float = 1.0
    ) -> None:
        self.own, self.grouped, self.weeks, self.pull = own, grouped, weeks, pull

    def fit(
        self, daily: np.ndarray, group: np.ndarray, holidays: Mapping[str, Sequence[int]]
    ) -> Self:
        """Learn from whole weeks.

        Parameters
        ----------
        daily : float (n_series, 7 * n_weeks)
            Units a day, oldest first, beginning with the week's first day.
        group : int (n_series,)
        holidays
            Columns of ``daily`` by sort of holiday; those outside are passed over.
        """
        recent = daily[:, -self.weeks * WEEK :].reshape(len(daily), -1, WEEK).sum(axis=1)
        everybody = (recent.sum(axis=0) + 1.0) / (recent.sum() + WEEK)
        by_group = np.zeros((int(group.max()) + 1, WEEK))
        np.add.at(by_group, group, recent)
        by_group = _lean(by_group, everybody, self.grouped)
        self.shares_ = _lean(recent, by_group[group], self.own)
        self.factors_ = self._learn_factors(daily.sum(axis=0), holidays)
        return self

    def _learn_factors(
        self, totals: np.ndarray, holidays: Mapping[str, Sequence[int]]
    ) -> dict[tuple[str, int], float]:
        weeks = totals.reshape(-1, WEEK)
        usual = np.median(weeks / np.maximum(weeks.sum(axis=1, keepdims=True), 1.0), axis=0)
        expected = weeks.sum(axis=1, keepdims=True) * usual
        ratio = (totals + 1.0) / (expected.reshape(-1) + 1.0)
        factors = {}
        for sort, days in holidays.items():
            for offset in range(REACH[0], REACH[1] + 1):
                seen = [ratio[d + offset] for d in days if 7 <= d + offset < len(totals)]
                log = np.log(seen).sum() / (len(seen) + self.pull) if seen else 0.0
                factors[sort, offset] = float(np.exp(log))
        return factors

    def split(
        self,
        weekly: np.ndarray,
        *,
        first_day: int,
        holidays: Mapping[str, Sequence[int]],
        closed: Sequence[int] = (),
    ) -> np.ndarray:
        """Daily units, float64 (n_series, 7 * ahead), of weekly units (n_series, ahead).

        ``first_day`` is the column of the first day in the count that ``holidays`` and ``closed``
        (days without trade) use. A closed day's demand is lost, not moved.
        """
        n_series, ahead = weekly.shape
        factor = np.ones(ahead * WEEK)
        for sort, days in holidays.items():
            for day in days:
                for offset in range(REACH[0], REACH[1] + 1):
                    place = day + offset - first_day
                    if 0 <= place < len(factor):
                        factor[place] *= self.factors_.get((sort, offset), 1.0)
        shares = self.shares_[:, None, :] * factor.reshape(ahead, WEEK)
        shares /= shares.sum(axis=2, keepdims=True)
        daily = (weekly[:, :, None] * shares).reshape(n_series, ahead * WEEK)
        shut = [day - first_day for day in closed if 0 <= day - first_day < daily.shape[1]]
        daily[:, shut] = 0.0
        return daily


def _lean(counts: np.ndarray, prior: np.ndarray, worth: float) -> np.ndarray:
    return (counts + worth * prior) / (counts.sum(axis=1, keepdims=True) + worth)
