"""What runs once a day also runs where the day ends early; mails wait behind no training."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django_celery_beat.models import PeriodicTask

from config import schedule
from foundation import tasks
from foundation.models import TrainingRun
from scripts.demo import ProcessGroup, programs
from tests.worker.conftest import at_work, settings_of_other, wait_until

DAILY, OFTEN = "recommend-train", "foundation-sweep"


def started(monkeypatch: pytest.MonkeyPatch, seconds_ago: float) -> schedule.Scheduler:
    """A scheduler that was started so long ago, with the rows as a start leaves them."""
    began = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    monkeypatch.setattr(schedule, "STARTED", began)
    return schedule.Scheduler(current_app, lazy=False)


@pytest.mark.django_db(transaction=True)
def test_what_never_ran_is_due_some_minutes_after_the_start_and_then_a_day_later(monkeypatch):
    soon = started(monkeypatch, 0).schedule[DAILY].is_due()
    assert not soon.is_due
    assert soon.next <= settings.FIRST_RUN_SECONDS
    # Started anew, as every morning: the row has changed, and the task still never ran.
    scheduler = started(monkeypatch, settings.FIRST_RUN_SECONDS + 1)
    assert scheduler.schedule[DAILY].is_due().is_due
    scheduler.schedule[DAILY] = scheduler.reserve(scheduler.schedule[DAILY])
    assert not scheduler.schedule[DAILY].is_due().is_due
    scheduler.sync()
    again = started(monkeypatch, settings.FIRST_RUN_SECONDS + 1)
    assert not again.schedule[DAILY].is_due().is_due
    # The day is counted from the run, not from the start.
    day_before = datetime.now(UTC) - timedelta(hours=25)
    PeriodicTask.objects.filter(name=DAILY).update(last_run_at=day_before)
    assert started(monkeypatch, 0).schedule[DAILY].is_due().is_due


@pytest.mark.django_db(transaction=True)
def test_what_staff_switched_off_or_begin_later_is_not_begun(monkeypatch):
    scheduler = started(monkeypatch, settings.FIRST_RUN_SECONDS + 1)
    entry = scheduler.schedule[DAILY]
    entry.model.start_time = datetime.now(UTC) + timedelta(hours=1)
    assert not entry.is_due().is_due
    entry.model.start_time = None
    entry.model.enabled = False
    assert not entry.is_due().is_due


def test_trainings_have_a_queue_of_their_own_and_nothing_else_is_in_it():
    route = current_app.amqp.router.route
    current_app.loader.import_default_modules()
    to = {name: route({}, name)["queue"].name for name in current_app.tasks if "celery" not in name}
    apart = {name for name, queue in to.items() if queue == settings.CELERY_TRAINING_QUEUE}
    assert {
        "foundation.tasks.train",
        "inventory.tasks.forecast_demand",
        "risk.tasks.train",
    } <= apart
    words = ("train", "forecast", "learn")
    assert apart == {name for name in to if any(word in name for word in words)}
    assert set(to.values()) == {settings.CELERY_TASK_DEFAULT_QUEUE, settings.CELERY_TRAINING_QUEUE}


@pytest.mark.slow
def test_mail_is_delivered_while_trainings_wait_for_each_other(
    shared_database: str, tmp_path: Path
) -> None:
    slow = {"DJANGO_SETTINGS_MODULE": "tests.worker.slow_settings"}
    with (
        at_work(shared_database, tmp_path, program="trainer", **slow),
        at_work(shared_database, tmp_path, program="worker", **slow) as worker,
    ):
        for _ in range(4):
            tasks.train.delay("tests.numbers")
        running = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING)
        wait_until(running.exists, "the training to be at work")
        worker.runs("foundation.tasks.deliver_due")
        assert running.exists()
        assert not worker.says(r"foundation\.tasks\.train\[")
    current_app.control.purge()


@pytest.mark.slow
def test_the_scheduler_begins_what_never_ran_once(shared_database: str, tmp_path: Path) -> None:
    command = next(command for name, command, _ in programs("127.0.0.1", 0) if name == "scheduler")
    extra = {**settings_of_other(shared_database), "FIRST_RUN_SECONDS": "2"}
    for number in range(2):
        group, log = ProcessGroup(), tmp_path / f"scheduler-{number}.log"
        group.start("scheduler", command, log=log, extra=extra)
        try:
            said = log.read_text
            wait_until(lambda said=said: f"Sending due task {OFTEN}" in said(), OFTEN)
            if not number:
                wait_until(lambda said=said: f"Sending due task {DAILY}" in said(), DAILY)
        finally:
            group.stop()
        assert (f"Sending due task {DAILY}" in log.read_text()) == (number == 0)
    current_app.control.purge()
