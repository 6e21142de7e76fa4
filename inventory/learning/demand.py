"""Daily means, medians and quantiles of 28 days: weeks, days and counts put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inventory.learning.counts import NegativeBinomialHead
from inventory.learning.features import WeeklyFeatures, WeeklyPanel
from inventory.learning.profile import WEEK, DayProfile
from inventory.learning.weekly import Origin, Recipe, training_origins

AHEAD = 4


@dataclass(frozen=True)
class Calendar:
    """Days that are not like others, as columns of the daily units.

    ``holidays`` by sort, ``closed`` without trade.
    """

    holidays: Mapping[str, Sequence[int]]
    closed: Sequence[int] = ()


@dataclass
class Tables:
    """Tables of every origin, made once: an origin's table does not depend on who asks.

    ``panel_at`` returns what was known after so many weeks, with ``ahead`` weeks of plan.
    """

    panel_at: Callable[[int], WeeklyPanel]

    def __post_init__(self) -> None:
        self._features = WeeklyFeatures()
        self._made: dict[int, np.ndarray] = {}

    @property
    def names(self) -> list[str]:
        return self._features.names

    def at(self, origin: int) -> np.ndarray:
        if origin not in self._made:
            self._made[origin] = self._features.table(self.panel_at(origin))
        return self._made[origin]

    def training(self, units: np.ndarray, recipe: Recipe, ahead: int = AHEAD) -> list[Origin]:
        """Origins before the end of ``units`` (n_series, n_weeks), oldest first."""
        n_weeks = units.shape[1]
        return [
            Origin(self.at(origin), units[:, origin : origin + ahead], n_weeks - origin)
            for origin in sorted(training_origins(n_weeks, recipe))
        ]


@dataclass(frozen=True)
class DailyForecast:
    """float64 arrays: ``mean`` and ``median`` (n_series, n_days)."""

    mean: np.ndarray
    median: np.ndarray


def daily_forecast(
    weekly: np.ndarray,
    daily: np.ndarray,
    group: np.ndarray,
    calendar: Calendar,
    head: NegativeBinomialHead,
) -> DailyForecast:
    """Split weekly means (n_series, ahead) on days after ``daily`` (n_series, 7 * n_weeks)."""
    profile = DayProfile().fit(daily, group, calendar.holidays)
    mean = profile.split(
        weekly,
        first_day=daily.shape[1],
        holidays=calendar.holidays,
        closed=calendar.closed,
    )
    return DailyForecast(mean, head.quantile(mean, 0.5))


def fit_head(
    weekly: np.ndarray,
    daily: np.ndarray,
    group: np.ndarray,
    calendar: Calendar,
    *,
    by: str = "median",
) -> NegativeBinomialHead:
    """Learn the count distribution from weekly means that were made for the last known weeks.

    ``weekly`` (n_series, ahead) belongs to the last ``ahead`` weeks of ``daily``.
    """
    ahead = weekly.shape[1]
    past, actual = daily[:, : -ahead * WEEK], daily[:, -ahead * WEEK :]
    profile = DayProfile().fit(past, group, calendar.holidays)
    means = profile.split(weekly, first_day=past.shape[1], holidays=calendar.holidays)
    return NegativeBinomialHead(by=by).fit(means, actual)
