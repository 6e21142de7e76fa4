"""Handing work to the worker."""

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def queue(task: str, *args: object) -> None:
    """Hand a task to the worker after the commit; a broker that is down is logged, not raised.

    A process that is killed right after the commit has told nobody: what must not be lost is
    written down first and found by a scheduled task, as :mod:`foundation.outbox` does.
    """

    def send() -> None:
        try:
            current_app.send_task(task, args=args)
        except Exception as error:
            log.error("task %s could not be queued: %s", task, type(error).__name__)

    transaction.on_commit(send)
