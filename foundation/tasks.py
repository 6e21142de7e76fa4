"""Celery entry points."""

import logging

from celery import shared_task

log = logging.getLogger(__name__)


@shared_task
def train(name: str) -> None:
    """Run a training of ``MODEL_TRAINERS``; nothing when one is at work or somebody stops it."""
    from foundation import runs, trainers

    try:
        trainers.trainer(name)()
    except (runs.AlreadyRunning, runs.RunCancelled) as error:
        log.info("%s", error)


@shared_task
def sweep_runs() -> None:
    """Mark runs whose worker was killed as failed."""
    from foundation import runs

    runs.sweep()


@shared_task
def watch() -> None:
    """Measure what ``MODEL_WATCHERS`` name; raise and close alerts."""
    from foundation import watching

    watching.watch()


@shared_task
def train_outdated() -> None:
    """Train anew what still knows somebody who was erased."""
    from foundation import retraining

    retraining.train_outdated()


@shared_task
def deliver(key: str) -> None:
    """Send one message of the outbox."""
    from foundation import outbox

    outbox.deliver(key)


@shared_task
def deliver_due() -> None:
    """Send what is due in the outbox: what is tried again, and what no worker was told of."""
    from foundation import outbox

    outbox.deliver_due()


@shared_task
def forget_messages() -> None:
    """Remove old messages from the outbox."""
    from foundation import outbox

    outbox.forget_old()
