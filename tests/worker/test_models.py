"""Models over several processes: a killed training, and a promotion that all of them notice."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from foundation import registry, runs, tasks
from foundation.models import ModelVersion, TrainingRun
from scripts.demo import ProcessGroup
from tests.foundation.test_registry import save
from tests.worker.conftest import at_work, settings_of_other, wait_until

PROCESSES = ("first", "second")
NOTICED_SECONDS = 10.0


@pytest.mark.slow
def test_a_worker_killed_half_way_leaves_the_model_and_its_run_is_failed(
    shared_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.activate(save(1.0))
    slow = {"DJANGO_SETTINGS_MODULE": "tests.worker.slow_settings"}
    with at_work(shared_database, tmp_path, **slow) as worker:
        tasks.train.delay("tests.numbers")
        at_it = TrainingRun.objects.filter(capability="tests.numbers", done__gt=2)
        wait_until(at_it.exists, "the training to be at work")
        os.kill(worker.pid, signal.SIGKILL)
    monkeypatch.setattr(runs, "LOST_SECONDS", 1.0)
    wait_until(runs.sweep, "the sweeper to find it")
    run = TrainingRun.objects.get(capability="tests.numbers")
    assert run.state == TrainingRun.State.FAILED
    assert "active model is untouched" in run.message
    active = ModelVersion.objects.get(capability="tests.numbers")
    assert (active.version, active.status) == (1, ModelVersion.Status.ACTIVE)
    assert registry.intact(active)
    with runs.training_run("tests.numbers"):
        """The next one may begin."""


def test_a_lost_run_is_marked_within_a_minute() -> None:
    every = settings.CELERY_BEAT_SCHEDULE["foundation-sweep"]["schedule"]
    assert runs.HEARTBEAT_SECONDS + runs.LOST_SECONDS + every < 60


@pytest.mark.slow
def test_every_process_serves_a_promoted_model_within_ten_seconds(
    shared_database: str, tmp_path: Path
) -> None:
    registry.activate(save(1.0))
    group = ProcessGroup()
    logs = {name: tmp_path / f"{name}.log" for name in PROCESSES}
    for name in PROCESSES:
        command = [sys.executable, "-m", "tests.worker.serving", "90"]
        extra = settings_of_other(shared_database)
        group.start(name, command, log=logs[name], extra=extra)
    try:
        for name in PROCESSES:
            wait_until(lambda name=name: "1.0" in served(logs[name]), f"the {name} to serve")
        registry.activate(save(2.0))
        promoted = time.monotonic()
        for name in PROCESSES:
            wait_until(lambda name=name: "2.0" in served(logs[name]), f"the {name} to notice")
        assert time.monotonic() - promoted < NOTICED_SECONDS
        registry.roll_back("tests.numbers")
    finally:
        group.stop()
    for log in logs.values():
        assert set(served(log)) <= {"1.0", "2.0"}, "a request failed"


def served(log: Path) -> list[str]:
    return log.read_text().split()
