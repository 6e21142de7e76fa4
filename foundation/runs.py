"""Training runs: one code path for the command line, the worker and the demo.

A run is at work as long as its process writes a heartbeat. One run of a model at a time, which the
database holds to; who comes second gets AlreadyRunning. A killed worker's run is marked failed by
:func:`sweep`, and the model that was active goes on serving, as nothing of it was touched.
"""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation.failures import sentence
from foundation.models import ModelVersion, TrainingRun
from foundation.sayings import LOST, Said, log_line, parts_of

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 5.0
REPORT_SECONDS = 2.0
"""A step of less than a percent is written after so long: the time left is told from it."""
LOST_SECONDS = 30.0
"""Without a heartbeat for so long a run's process is gone."""
CURVE_POINTS = 300
LOG_LINES = 200
TRACE_FRAMES = 8
STOPPED = gettext_noop("stopped by request")
UNCHANGED = gettext_noop("Nothing is new since version %(version)s was trained, so it stays.")


class AlreadyRunning(Exception):
    """Another run of this model is at work. Wait for it, or cancel it in the admin."""


class RunCancelled(Exception):
    """Somebody asked this run to stop."""


class RunProgress:
    """Handed to the work inside :func:`training_run`; ``report`` is cheap to call often."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        self.cancelled = threading.Event()
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self.written_at = time.monotonic()

    def note(self, text: str) -> None:
        """Add a line to the run's log; it is written with the next report."""
        self.lines.append(f"{timezone.localtime():%H:%M:%S} {log_line(text)}")
        self.run.log = "\n".join(self.lines)

    def report(self, done: int, total: int, message: str = "") -> None:
        """Show how far the work is. Raises RunCancelled when it should stop.

        The loss that a message tells is a point of the run's curve.
        """
        if self.cancelled.is_set():
            raise RunCancelled(STOPPED)
        little = done - self.run.done < max(1, total // 100) and done < total
        soon = time.monotonic() - self.written_at < REPORT_SECONDS
        if total == self.run.total and little and soon:
            return
        self.written_at = time.monotonic()
        if message and message != self.run.message:
            self.note(message)
        if isinstance(message, Said) and "loss" in message.data:
            self._add_loss(done, float(str(message.data["loss"])))
        self.run.done, self.run.total = done, total
        self.run.message, self.run.message_parts = message[:500], parts_of(message)
        self.run.heartbeat_at = timezone.now()
        self.run.save(
            update_fields=[
                "done",
                "total",
                "message",
                "message_parts",
                "log",
                "curve",
                "heartbeat_at",
            ]
        )
        if TrainingRun.objects.filter(pk=self.run.pk, cancel_requested=True).exists():
            raise RunCancelled(STOPPED)

    def _add_loss(self, step: int, loss: float) -> None:
        """Add a point to the run's curve; every other one is dropped when there are too many."""
        self.run.curve.append([step, round(loss, 5)])
        if len(self.run.curve) > CURVE_POINTS:
            self.run.curve = self.run.curve[::2]

    def finish_with(self, model: ModelVersion) -> None:
        self.run.model = model
        self.run.save(update_fields=["model"])


@contextmanager
def training_run(capability: str) -> Iterator[RunProgress]:
    """Record a run; its state is failed, with the error's text, when the work raises.

    Raises AlreadyRunning when another run of the model is at work.
    """
    run = _begin(capability)
    progress = RunProgress(run)
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(run.pk, progress.cancelled, stop), daemon=True)
    heart.start()
    heard = _Listener(progress)
    logging.getLogger().addHandler(heard)
    try:
        yield progress
    except RunCancelled as error:
        progress.note(str(error))
        _end(run, TrainingRun.State.CANCELLED, str(error))
        raise
    except BaseException as error:
        for frame in traceback.extract_tb(error.__traceback__)[-TRACE_FRAMES:]:
            progress.note(f"{frame.filename}:{frame.lineno} in {frame.name}")
        message = f"{type(error).__name__}: {error}"
        _end(run, TrainingRun.State.FAILED, message, parts_of(Said(sentence(error))))
        log.error("%s failed: %s", capability, type(error).__name__)
        raise
    finally:
        logging.getLogger().removeHandler(heard)
        stop.set()
        heart.join(timeout=HEARTBEAT_SECONDS)
    _end(run, TrainingRun.State.DONE, _unchanged(run))


class _Listener(logging.Handler):
    """Puts what the run's own thread logs into the run's log."""

    def __init__(self, progress: RunProgress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.thread_id = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread_id:
            self.progress.note(f"{record.levelname} {record.name}: {record.getMessage()}")


def _begin(capability: str) -> TrainingRun:
    sweep(capability)
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(capability=capability)
    except IntegrityError as error:
        raise AlreadyRunning(
            f"Another run of {capability} is at work. Wait for it, or cancel it in the admin."
        ) from error


def _unchanged(run: TrainingRun) -> str | None:
    """What to say when the version of the run is older than the run; else None."""
    if run.model is None or run.model.created_at >= run.started_at:
        return None
    return Said(UNCHANGED, version=run.model.version)


def _end(
    run: TrainingRun,
    state: TrainingRun.State,
    message: str | None = None,
    parts: dict | None = None,
) -> None:
    """Close a run; without a message it keeps its last one.

    ``parts`` are told instead of a message that is not for everybody.
    """
    run.state, run.finished_at = state, timezone.now()
    if message is not None:
        run.message, run.message_parts = message[:500], parts or parts_of(message)
    run.save(
        update_fields=["state", "message", "message_parts", "finished_at", "done", "total", "log"]
    )


def _beat(pk: int, cancelled: threading.Event, stop: threading.Event) -> None:
    """Show that the process lives, and hear whether it should stop."""
    try:
        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                TrainingRun.objects.filter(pk=pk).update(heartbeat_at=timezone.now())
                if TrainingRun.objects.filter(pk=pk, cancel_requested=True).exists():
                    cancelled.set()
            except DatabaseError as error:
                # The work may hold the only write lock for a while; the next beat tries again.
                log.debug("heartbeat of run %s: %s", pk, error)
    finally:
        connection.close()


def sweep(capability: str | None = None) -> int:
    """Mark runs whose process is gone as failed; return how many there were."""
    lost = TrainingRun.objects.filter(
        state=TrainingRun.State.RUNNING,
        heartbeat_at__lt=timezone.now() - timedelta(seconds=LOST_SECONDS),
    )
    if capability:
        lost = lost.filter(capability=capability)
    count = lost.update(
        state=TrainingRun.State.FAILED,
        finished_at=timezone.now(),
        message=LOST,
        message_parts={},
    )
    if count:
        log.error("%s training runs lost their process", count)
    return count


def cancel(run: TrainingRun) -> None:
    """Ask a run to stop; it does so at its next step."""
    TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.RUNNING).update(
        cancel_requested=True
    )
