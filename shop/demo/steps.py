"""What a demo step is: other apps add to the demo without the shop knowing them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True)
class DemoPlan:
    """What ``load_demo`` was asked for.

    ``day_shift`` is the whole number of weeks, in days, by which the data's dates are moved;
    ``last_day`` is the last full day of the moved data, in the shops' time zone.
    """

    size: str
    day_shift: int
    last_day: date


Progress = Callable[[int, int], None]
"""Called with (done, total) so that the command can draw its bar."""


class DemoStep(Protocol):
    """A step is a callable that can be run twice without harm and says what it did.

    It returns one line for the summary, or an empty string when there was nothing to do.
    """

    def __call__(self, plan: DemoPlan, progress: Progress) -> str: ...
