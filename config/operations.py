"""How the machinery is: dependencies, queue, disk, outbox, last runs, versions.

For the administration's page ``/admin/operations/`` and as gauges for Prometheus. Nothing here
raises: what cannot be asked is "away" or unknown.
"""

import logging
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import celery
import django
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_celery_beat.models import PeriodicTask
from prometheus_client.core import GaugeMetricFamily

from config import health
from foundation.models import OutboxMessage, TrainingRun

log = logging.getLogger(__name__)
LAST = 10
PERMISSION = "foundation.view_trainingrun"


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system that the shop writes to."""

    free: int
    total: int

    @property
    def percent_used(self) -> int:
        return round(100 * (1 - self.free / self.total)) if self.total else 0


def dependencies() -> dict[str, bool]:
    """Whether each of what the shop depends on answers."""
    return {name: health.answers(name, check) for name, check in health.CHECKS.items()}


def queue_length() -> int | None:
    """Tasks that wait for a worker; None when the broker does not say."""
    try:
        if settings.CELERY_BROKER_URL.startswith("filesystem://"):
            return sum(1 for _file in Path(settings.CELERY_QUEUE_DIR, "messages").iterdir())
        with celery.current_app.connection_for_read(connect_timeout=health.TIMEOUT) as broker:
            broker.ensure_connection(max_retries=1, timeout=health.TIMEOUT)
            waiting = 0
            for queue in settings.CELERY_TASK_QUEUES:
                try:
                    told = broker.channel().queue_declare(queue.name, passive=True)
                except broker.channel_errors:
                    # Nobody has made the queue yet, or Redis has let go of an empty one.
                    continue
                waiting += int(told.message_count)
            return waiting
    except Exception as error:
        log.warning("the queue's length is unknown: %s", type(error).__name__)
        return None


def disk() -> Disk:
    path = Path(settings.VAR_DIR)
    existing = next(one for one in (path, *path.parents) if one.exists())
    usage = shutil.disk_usage(existing)
    return Disk(usage.free, usage.total)


def gauges() -> Iterator[GaugeMetricFamily]:
    """Prometheus: dependencies, the queue, the disk."""
    up = GaugeMetricFamily("mercato_dependency_up", "Whether it answers", labels=["dependency"])
    for name, fine in dependencies().items():
        up.add_metric([name], fine)
    yield up
    waiting = queue_length()
    if waiting is not None:
        yield GaugeMetricFamily("mercato_queue_length", "Tasks that wait", value=waiting)
    yield GaugeMetricFamily(
        "mercato_disk_free_bytes", "Free where the shop writes", value=disk().free
    )


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The administration's page."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    messages = OutboxMessage.objects
    plan = MigrationExecutor(connection)
    context = {
        **admin.site.each_context(request),
        "title": _("Operations"),
        "dependencies": [(health.TITLES[name], fine) for name, fine in dependencies().items()],
        "queue": queue_length(),
        "disk": disk(),
        "outbox": [
            (state.label, messages.filter(state=state).count()) for state in OutboxMessage.State
        ],
        "dead": messages.filter(state=OutboxMessage.State.DEAD).count(),
        "runs": TrainingRun.objects.order_by("-started_at")[:LAST],
        "schedule": PeriodicTask.objects.filter(enabled=True).order_by("name"),
        "versions": [
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            ("Celery", celery.__version__),
            (connection.display_name, database_version()),
        ],
        "migrations": len(plan.migration_plan(plan.loader.graph.leaf_nodes())),
    }
    return TemplateResponse(request, "admin/operations.html", context)


def database_version() -> str:
    return ".".join(str(part) for part in connection.get_database_version())
