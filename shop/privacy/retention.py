"""Periods of the register, enforced: what is older than it may be goes, in batches.

Fields that are deleted when a person is erased are deleted when their time is over, and so are the
logs of staff. Books and what is unlinked or emptied with them are not touched here: their periods
are of years that no shop has lived yet, and end by hand (docs/privacy-operations.md).
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from shop.models import DataDownload, RetentionRun
from shop.privacy.download import discard
from shop.privacy.register import Erasure, Personal, register

BATCH = 1000
LOGS = frozenset({"shop.PersonalRead", "admin.LogEntry"})
"""Kept when a person is erased, deleted when their own time is over."""
STILL_NEEDED = {"risk.Freeze": {"is_active": True}}
"""Rows that stay however old: a freeze ends when somebody lifts it."""


def overdue() -> Iterator[tuple[Personal, QuerySet]]:
    """By entry of the register, the rows whose time is over; each model once."""
    now, seen = timezone.now(), set()
    for entry in register():
        if entry.period.days is None or entry.model in seen:
            continue
        if entry.erased != Erasure.DELETE and entry.model not in LOGS:
            continue
        seen.add(entry.model)
        before = now - timedelta(days=entry.period.days)
        rows = entry.table._base_manager.filter(**{f"{entry.since}__lt": before})
        yield entry, rows.exclude(**STILL_NEEDED.get(entry.model, {"pk": None}))


def due() -> dict[str, int]:
    """How many rows of each table a run would remove now."""
    found = {entry.model: rows.count() for entry, rows in overdue()}
    found["shop.DataDownload"] = _expired().count()
    return {name: count for name, count in found.items() if count}


def run() -> RetentionRun:
    """Remove what is overdue; a run that is killed loses nothing and the next one goes on."""
    row = RetentionRun.objects.create()
    for entry, rows in overdue():
        row.removed[entry.model] = _remove(rows)
        row.save(update_fields=["removed"])
    count = 0
    for copy in _expired():
        discard(copy)
        count += 1
    row.removed["shop.DataDownload"] = count
    row.removed = {name: count for name, count in row.removed.items() if count}
    row.finished_at = timezone.now()
    row.save()
    return row


def _expired() -> QuerySet[DataDownload]:
    return DataDownload.objects.filter(expires_at__lt=timezone.now())


def _remove(rows: QuerySet) -> int:
    """Delete in short transactions, so that nobody waits for them."""
    model: type[models.Model] = rows.model
    count = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        model._base_manager.filter(pk__in=pks).delete()
        count += len(pks)
    return count
