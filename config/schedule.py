"""The schedule in the database, which also begins what has never run.

django-celery-beat counts a task that has never run from the last change of its row, and every start
of the scheduler changes the rows of the settings' schedule: in a shop that is started anew each day
what runs once in 24 hours would never run. Here such a task is due ``FIRST_RUN_SECONDS`` after the
start, so that the first pages are served before the first trainings begin.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import schedstate
from django.conf import settings
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

STARTED = datetime.now(UTC)
"""When this process began; only the scheduler's own reads it."""


class Entry(ModelEntry):
    """A row of the schedule that knows whether it has ever run."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        self.never_ran = model.last_run_at is None  # the base class fills it in
        super().__init__(model, app=app)

    def is_due(self) -> schedstate:
        usual = super().is_due()
        model = self.model
        waits = model.start_time is not None and model.start_time > datetime.now(UTC)
        if not self.never_ran or usual.is_due or waits or not model.enabled or not model.interval:
            return usual
        first = STARTED + timedelta(seconds=settings.FIRST_RUN_SECONDS)
        left = (first - datetime.now(UTC)).total_seconds()
        if left <= 0:
            return schedstate(True, self.schedule.run_every.total_seconds())
        return schedstate(False, min(left, usual.next))


class Scheduler(DatabaseScheduler):
    Entry = Entry
