"""Training runs: one code path for the command line, the worker and the demo."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from foundation.models import ModelVersion, TrainingRun

log = logging.getLogger(__name__)


class RunProgress:
    """Handed to the work inside :func:`training_run`; ``report`` is cheap to call often."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run

    def report(self, done: int, total: int, message: str = "") -> None:
        if total == self.run.total and done - self.run.done < max(1, total // 100) and done < total:
            return
        self.run.done, self.run.total, self.run.message = done, total, message[:500]
        self.run.save(update_fields=["done", "total", "message"])

    def finish_with(self, model: ModelVersion) -> None:
        self.run.model = model
        self.run.save(update_fields=["model"])


@contextmanager
def training_run(capability: str) -> Iterator[RunProgress]:
    """Record a run; its state is failed, with the error's text, when the work raises."""
    run = TrainingRun.objects.create(capability=capability)
    try:
        yield RunProgress(run)
    except BaseException as error:
        run.state = TrainingRun.State.FAILED
        run.message = f"{type(error).__name__}: {error}"[:500]
        run.finished_at = timezone.now()
        run.save()
        log.error("%s failed: %s", capability, type(error).__name__)
        raise
    run.state = TrainingRun.State.DONE
    run.finished_at = timezone.now()
    run.save()
