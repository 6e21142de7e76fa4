"""Whether this process lives, and whether what it depends on answers.

``/health/live`` asks nothing of anybody. ``/health/ready`` asks the database, the cache, the broker
and the folder of models. Only without the database is the answer 503: the shop serves its pages
without the others, and the answer says ``degraded``. Answers are words, never addresses or errors;
those are in the log.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
TIMEOUT = 2
NEEDED = "database"


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    found = {name: answers(name, check) for name, check in CHECKS.items()}
    words = {name: "ok" if fine else "away" for name, fine in found.items()}
    if not found[NEEDED]:
        return JsonResponse({"status": "down", **words}, status=503)
    return JsonResponse({"status": "ok" if all(found.values()) else "degraded", **words})


def answers(name: str, check: Callable[[], None]) -> bool:
    """Whether a dependency answers; why not is in the log."""
    try:
        check()
    except Exception as error:
        log.warning("%s does not answer: %s", name, type(error).__name__)
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations")


def _cache() -> None:
    """Asked directly: the cache the pages use hides that Redis is away."""
    if settings.REDIS_URL:
        import redis

        options = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT}
        redis.Redis.from_url(settings.REDIS_URL, **options).ping()


def _broker() -> None:
    with current_app.connection_for_write(connect_timeout=TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, timeout=TIMEOUT)


def _models() -> None:
    """The folder itself, or the one in which it will be made, can be written."""
    folder = Path(settings.ARTEFACT_DIR)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        raise NotADirectoryError(existing)


CHECKS = {NEEDED: _database, "cache": _cache, "broker": _broker, "models": _models}
TITLES = {
    NEEDED: gettext_lazy("Database"),
    "cache": gettext_lazy("Cache"),
    "broker": gettext_lazy("Queue of tasks"),
    "models": gettext_lazy("Folder of models"),
}
