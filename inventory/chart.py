"""The picture of a forecast: numbers in, coordinates of an SVG out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.models import Forecast

WIDTH, HEIGHT = 640, 160
LEFT, BOTTOM, TOP = 40, 24, 10


@dataclass(frozen=True)
class Bar:
    """One day: its rectangle in the chart's own units and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    day: date
    units: float


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
    """Bars of the daily means. A stored value that is not a number counts as 0."""
    values = [float(value) if isinstance(value, int | float) else 0.0 for value in forecast.daily]
    highest = max([*values, 0.0])
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(len(values), 1)
    bars = []
    for index, value in enumerate(values):
        height = room * value / highest if highest > 0 else 0.0
        bars.append(
            Bar(
                x=round(LEFT + index * step + step * 0.1, 2),
                y=round(HEIGHT - BOTTOM - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
                day=forecast.made_on + timedelta(days=index + 1),
                units=value,
            )
        )
    return Chart(WIDTH, HEIGHT, HEIGHT - BOTTOM, LEFT, TOP, highest, bars)
