"""The day on the shop's clock of moments, as numbers that learning can subtract."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.conf import settings

EPOCH = date(1970, 1, 1)


def ordinals(moments: Iterable) -> npt.NDArray[np.int32]:
    """Return the shop's day of each moment, as proleptic ordinals like ``date.toordinal``."""
    local = pd.to_datetime(list(moments), utc=True).tz_convert(settings.TIME_ZONE)
    days = (local.tz_localize(None).normalize() - pd.Timestamp(EPOCH)).days.to_numpy()
    return (days + EPOCH.toordinal()).astype(np.int32)
