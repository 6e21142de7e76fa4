"""The Celery application: tasks are found in each app's ``tasks.py``."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.file_queue:Transport"

app = Celery("mercato")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def trace(**kwargs: Any) -> None:
    """A worker's spans, if the settings want any."""
    from config import tracing

    tracing.start("worker")
