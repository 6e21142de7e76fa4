"""The picture of a forecast: numbers in, coordinates of an SVG out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inventory import selectors
from inventory.models import Forecast

WIDTH, HEIGHT = 640, 160
LEFT, BOTTOM, TOP = 40, 24, 10


@dataclass(frozen=True)
class Bar:
    """One day: its rectangle in the chart's own units and what it stands for.

    ``low`` and ``high`` are what one day in ten sells less and more than, with the height of the
    band between them; ``promotion`` says whether mailer or display are planned.
    """

    x: float
    y: float
    width: float
    height: float
    day: date
    units: float
    low: float | None = None
    high: float | None = None
    band_y: float = 0.0
    band_height: float = 0.0
    promotion: bool = False


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    baseline: int
    left: int
    top: int
    highest: float
    bars: Sequence[Bar]


def forecast_chart(forecast: Forecast) -> Chart:
    """Bars of the daily means, bands around them, promotions marked.

    A stored value that is not a number counts as 0.
    """
    values = [float(value) if isinstance(value, int | float) else 0.0 for value in forecast.daily]
    banded = len(forecast.low) == len(forecast.high) == len(values) > 0
    highest = max([*values, *(forecast.high if banded else []), 0.0])
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(len(values), 1)
    first = forecast.made_on + timedelta(days=1)
    planned = {day for day, _, _ in selectors.planned_days(forecast.variant_id, first, len(values))}

    def height_of(value: float) -> float:
        return room * value / highest if highest > 0 else 0.0

    bars = []
    for index, value in enumerate(values):
        height, day = height_of(value), first + timedelta(days=index)
        low, high = (forecast.low[index], forecast.high[index]) if banded else (None, None)
        bars.append(
            Bar(
                x=round(LEFT + index * step + step * 0.1, 2),
                y=round(HEIGHT - BOTTOM - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
                day=day,
                units=value,
                low=low,
                high=high,
                band_y=round(HEIGHT - BOTTOM - height_of(high or 0.0), 2),
                band_height=round(height_of((high or 0.0) - (low or 0.0)), 2),
                promotion=day in planned,
            )
        )
    return Chart(WIDTH, HEIGHT, HEIGHT - BOTTOM, LEFT, TOP, highest, bars)
