"""Moving the data's dates to now without touching weekday or time of day."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

ZONE = "America/New_York"
"""The data set's shops; its timestamps are UTC, its days and weeks are theirs."""
LAST_DAY = date(2017, 12, 31)
FIRST_MONDAY = date(2016, 12, 26)
"""Monday of week 1, of which the data has only the Sunday."""


def day_shift(today: date) -> int:
    """Days, a whole number of weeks, by which dates move so that the data ends before ``today``.

    >>> day_shift(date(2018, 1, 1)), day_shift(date(2018, 1, 7)), day_shift(date(2018, 1, 8))
    (0, 0, 7)
    """
    return (today - timedelta(days=1) - LAST_DAY).days // 7 * 7


def moved(timestamps: pd.Series, shift: int) -> pd.Series:
    """Move naive UTC timestamps so that weekday and clock time in New York stay what they were.

    Only an hour that does not exist on its new day moves on by the hour that was skipped; in an
    hour that comes twice, the second is meant. Returns aware UTC timestamps.
    """
    local = timestamps.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    later = local + pd.Timedelta(days=shift)
    zoned = later.dt.tz_localize(
        ZONE, nonexistent=pd.Timedelta(hours=1), ambiguous=np.zeros(len(later), bool)
    )
    return zoned.dt.tz_convert("UTC")


def week_start(week: int, shift: int) -> date:
    """Monday of a week of the data, moved.

    >>> week_start(2, 0), week_start(53, 7)
    (datetime.date(2017, 1, 2), datetime.date(2018, 1, 1))
    """
    return FIRST_MONDAY + timedelta(weeks=int(week) - 1, days=shift)
