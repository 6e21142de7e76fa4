"""What the stages of an import share, and the rule that a stage is whole or not there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from shop.demo.calendar import LAST_DAY, day_shift
from shop.demo.steps import DemoPlan, Progress
from shop.models import DemoStage

if TYPE_CHECKING:
    from shop.demo.source import Source

BEGIN = "begin"


class TotalsDiffer(Exception):
    """What is stored is not what the source holds."""


@dataclass
class ImportContext:
    """``shift`` is in days, a whole number of weeks; the source is read when a stage needs it."""

    size: str
    shift: int
    source: "Source | None" = None

    def data(self, progress: Progress = lambda done, total: None) -> "Source":
        """Return the source, read on first use."""
        if self.source is None:
            # pandas and pyarrow take a second to load; a run with nothing to do never needs them.
            from shop.demo.source import read_source

            self.source = read_source(self.size, progress)
        return self.source

    @property
    def plan(self) -> DemoPlan:
        last_day = LAST_DAY + timedelta(days=self.shift)
        return DemoPlan(size=self.size, day_shift=self.shift, last_day=last_day)


Stage = Callable[[ImportContext, Progress], dict]
"""A stage writes its rows and returns what it counted: ``{"orders": 125048, …}``."""


def new_context(size: str, today: date) -> ImportContext:
    """The first import fixes size and shift; later runs keep them."""
    mark, _ = DemoStage.objects.get_or_create(
        name=BEGIN, defaults={"summary": {"size": size, "shift": day_shift(today)}}
    )
    return ImportContext(mark.summary["size"], mark.summary["shift"])


def run_stage(name: str, stage: Stage, context: ImportContext, progress: Progress) -> dict | None:
    """Run a stage that is not marked yet and return its summary; None when it was done before.

    Rows and mark are one transaction: after a kill the stage is as if it had never begun.
    """
    with transaction.atomic():
        if DemoStage.objects.filter(name=name).exists():
            return None
        summary = stage(context, progress)
        DemoStage.objects.create(name=name, summary=summary)
    return summary
