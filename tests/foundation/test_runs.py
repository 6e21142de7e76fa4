"""Runs: one of a model at a time, lost ones are found, people can stop them."""

import logging
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from foundation import registry, runs, selectors, tasks, trainers
from foundation.consumers import TrainingConsumer, language_of
from foundation.learning.loop import EPOCH
from foundation.learning.said import Said
from foundation.models import ModelVersion, TrainingRun
from foundation.runs import AlreadyRunning, RunCancelled, training_run
from tests.foundation.test_registry import save
from tests.shop.factories import UserFactory

pytestmark = pytest.mark.django_db
State = TrainingRun.State


def train_well() -> None:
    with training_run("tests.numbers") as run:
        run.report(1, 2, Said(EPOCH, epoch=1, epochs=2, loss="0.500"))
        version = save(1.0)
        registry.activate(version)
        run.finish_with(version)


def train_while_another_is_at_work() -> None:
    TrainingRun.objects.create(capability="tests.numbers")
    train_well()


@pytest.fixture
def trainer(settings) -> None:
    settings.MODEL_TRAINERS = {
        "well": "tests.foundation.test_runs.train_well",
        "twice": "tests.foundation.test_runs.train_while_another_is_at_work",
    }


def lost_run() -> TrainingRun:
    """What a worker leaves that was killed half-way."""
    run = TrainingRun.objects.create(capability="tests.numbers", done=5, total=10)
    long_ago = timezone.now() - timedelta(seconds=runs.LOST_SECONDS + 1)
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=long_ago)
    return run


def test_two_runs_of_one_model_do_not_overlap() -> None:
    with training_run("tests.numbers"):
        with pytest.raises(AlreadyRunning, match="Wait for it, or cancel it"), _run():
            pass
        with training_run("tests.other"):
            pass
    assert TrainingRun.objects.filter(state=State.DONE).count() == 2


def _run():
    return training_run("tests.numbers")


def test_only_one_of_two_at_the_same_moment_begins(in_threads) -> None:
    found = in_threads([lambda: runs._begin("tests.numbers") for _ in range(4)])
    assert sum(isinstance(item, TrainingRun) for item in found) == 1
    assert sum(isinstance(item, AlreadyRunning) for item in found) == 3


def test_a_killed_run_is_marked_failed_and_the_active_model_stays(monkeypatch) -> None:
    registry.activate(save(1.0))
    run = lost_run()
    tasks.sweep_runs()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "start it again" in run.message
    assert ModelVersion.objects.get(status=ModelVersion.Status.ACTIVE).version == 1


def test_a_run_with_a_heartbeat_is_left_alone() -> None:
    TrainingRun.objects.create(capability="tests.numbers")
    assert runs.sweep() == 0


def test_a_lost_run_does_not_keep_the_next_from_starting(trainer) -> None:
    run = lost_run()
    tasks.train("well")
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert TrainingRun.objects.filter(state=State.DONE).count() == 1


def test_a_heart_beats_while_the_work_goes_on(monkeypatch, in_threads) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.05)

    def work() -> float:
        with training_run("tests.numbers") as run:
            before = run.run.heartbeat_at
            for _ in range(100):
                runs.threading.Event().wait(0.05)
                after = TrainingRun.objects.get(pk=run.run.pk).heartbeat_at
                if after > before:
                    break
            return (after - before).total_seconds()

    assert in_threads([work])[0] > 0


def test_a_run_that_should_stop_stops_at_its_next_step() -> None:
    def work() -> None:
        with training_run("tests.numbers") as run:
            run.report(1, 10)
            runs.cancel(run.run)
            run.report(5, 10)
            raise AssertionError("it went on")

    with pytest.raises(RunCancelled):
        work()
    assert TrainingRun.objects.get().state == State.CANCELLED


def test_the_command_says_what_came_of_it(trainer, capsys) -> None:
    call_command("train", "well")
    assert "tests.numbers: done, tests.numbers v1 is active" in capsys.readouterr().out
    call_command("train")
    assert capsys.readouterr().out.split() == ["twice", "well"]
    with pytest.raises(CommandError, match="No training is called nothing"):
        call_command("train", "nothing")
    with pytest.raises(CommandError, match="at work"):
        call_command("train", "twice")


def test_a_second_start_is_no_error_of_the_worker(trainer) -> None:
    tasks.train("twice")
    assert not TrainingRun.objects.filter(state=State.DONE).exists()


def test_every_training_of_the_settings_is_there() -> None:
    for name in trainers.names():
        assert callable(trainers.trainer(name))


def test_the_page_starts_shows_and_cancels(admin_client, trainer, monkeypatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.train, "delay", sent.append)
    admin_client.post(reverse("admin:foundation_training_start"), {"name": "well"})
    admin_client.post(reverse("admin:foundation_training_start"), {"name": "; rm"})
    assert sent == ["well"]
    run = TrainingRun.objects.create(capability="tests.numbers", done=3, total=4)
    page = admin_client.get(reverse("admin:foundation_training")).content.decode()
    assert "tests.numbers" in page
    state = selectors.run_states()[0]
    assert (state["percent"], state["state"]) == (75, "running")
    admin_client.post(reverse("admin:foundation_training_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.cancel_requested


def test_a_failed_run_says_where_and_can_be_tried_again(admin_client, settings) -> None:
    settings.MODEL_TRAINERS = {"tests.numbers": "tests.foundation.test_runs.train_well"}

    def work() -> None:
        with training_run("tests.numbers") as run:
            run.report(1, 2, "dividing")
            logging.getLogger("tests").warning("nearly there")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        work()
    run = TrainingRun.objects.get()
    assert "dividing" in run.log
    assert "WARNING tests: nearly there" in run.log
    assert "test_runs.py" in run.log
    assert "in work" in run.log
    page = admin_client.get(reverse("admin:foundation_training")).content.decode()
    assert "Try again" in page
    tasks.train("tests.numbers")
    assert selectors.run_states()[0]["points"] == "", "one point is no curve"


def test_the_losses_a_training_tells_are_its_curve_and_its_steps_the_time_left(
    monkeypatch,
) -> None:
    monkeypatch.setattr(runs, "REPORT_SECONDS", 0.0)
    with training_run("tests.numbers") as run:
        for step in (1, 2, 3):
            run.report(step, 1000, Said(EPOCH, epoch=1, epochs=9, loss=f"{1 / step:.3f}"))
        state = selectors.run_states()[0]
        # Not yet a percent, and still something can be said of the time.
        assert (state["percent"], state["loss"]) == (0, 0.333)
        assert state["left"]
        assert len(state["points"].split()) == 3


def test_a_loss_curve_falls_from_left_to_right() -> None:
    assert selectors.curve_points([[0, 1.0], [5, 0.5], [10, 0.0]]) == "0.0,0.0 80.0,20.0 160.0,40.0"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("allowed", [True, False])
def test_progress_comes_over_a_websocket_to_staff_alone(allowed: bool) -> None:
    user = UserFactory(is_staff=True, is_superuser=allowed)
    run = TrainingRun.objects.create(capability="tests.numbers", done=1, total=4)

    async def watch() -> list[int]:
        socket = WebsocketCommunicator(TrainingConsumer.as_asgi(), "/ws/training/")
        socket.scope["user"] = user
        socket.scope["cookies"] = {"django_language": "zh-hans"}
        connected, _ = await socket.connect(timeout=5)
        if not connected:
            return []
        first = (await socket.receive_json_from(timeout=5))["runs"][0]
        assert first["state_name"] == "进行中"
        seen = [first["percent"]]
        await TrainingRun.objects.filter(pk=run.pk).aupdate(done=2)
        seen.append((await socket.receive_json_from(timeout=5))["runs"][0]["percent"])
        await socket.disconnect()
        return seen

    assert async_to_sync(watch)() == ([25, 50] if allowed else [])


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("zh-hans", b"en-US", "zh-hans"),
        ("", b"zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("xx", b"fr, en;q=0.5", "en"),
        ("", b"", "en"),
    ],
)
def test_a_socket_speaks_the_language_of_its_page(cookie, accepted, language) -> None:
    scope = {"cookies": {"django_language": cookie}, "headers": [(b"accept-language", accepted)]}
    assert language_of(scope) == language


def test_customers_see_nothing_of_it(client) -> None:
    for name in ("training", "watch"):
        assert client.get(reverse(f"admin:foundation_{name}")).status_code == 302
