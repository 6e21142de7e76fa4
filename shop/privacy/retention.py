"""Periods of the register, enforced: what is older than it may be ends, in batches.

What is deleted with its person is deleted when its time is over. Of books and logs the row stays
with its amounts and dates, and loses what tells who it was, as the entry's ``ends`` says. Exported
days of behaviour end with the events they were written from.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from foundation.encryption import ENCRYPTED
from shop.models import ConsentDecision, DataDownload, ErasureRequest, RetentionRun
from shop.privacy.download import discard
from shop.privacy.register import BEHAVIOUR, Ending, Personal, register
from shop.services import event_export

BATCH = 1000
EXPORTS, DOWNLOADS = "exports", "shop.DataDownload"


def _newest_choices() -> Q:
    """What a customer's consent rests on has to be shown as long as it is obeyed."""
    of_customers = ConsentDecision._base_manager.exclude(customer=None)
    newest = of_customers.order_by().values("customer").annotate(last=Max("pk"))
    return Q(pk__in=newest.values("last"))


STILL_NEEDED: dict[str, Callable[[], Q]] = {
    "risk.Freeze": lambda: Q(is_active=True),
    "risk.Case": lambda: Q(state="open"),
    "risk.Assessment": lambda: Q(cases__state="open"),
    "shop.Cart": lambda: Q(lines__isnull=False),
    "shop.ConsentDecision": _newest_choices,
    "shop.ErasureRequest": lambda: Q(
        state__in=[
            ErasureRequest.State.WAITING,
            ErasureRequest.State.APPROVAL,
            ErasureRequest.State.RUNNING,
        ]
    ),
}
"""Rows that stay however old: a freeze ends when somebody lifts it, a case when it is decided,
a cart when nothing is left in it."""


@dataclass(frozen=True)
class Overdue:
    """What one entry of the register has to do: ``name`` in the report, and both ways to ask."""

    name: str
    count: Callable[[], int]
    end: Callable[[], int]


def overdue() -> Iterator[Overdue]:
    """Files before the rows they hang on, deletions once for each model, then what is emptied."""
    now = timezone.now()
    dated = [entry for entry in register() if entry.period.days is not None]
    gone = {entry.model: entry for entry in reversed(dated) if entry.deleted_at_end}
    for entry in sorted(gone.values(), key=lambda entry: not _files(entry.table)):
        rows = _rows(entry, now)
        yield Overdue(entry.model, rows.count, lambda rows=rows: _remove(rows))  # type: ignore[misc]
    for entry in dated:
        if entry.deleted_at_end or not entry.ends:
            continue
        name = f"{entry.model}: {', '.join(entry.fields)}"
        if isinstance(entry.ends, Ending):
            before, by = _before(entry, now), entry.ends
            yield Overdue(
                name,
                lambda by=by, before=before: by.count(before),  # type: ignore[misc]
                lambda by=by, before=before: by.end(before),  # type: ignore[misc]
            )
            continue
        values: Mapping[str, Any] = entry.ends  # type: ignore[assignment]
        left = _rows(entry, now).alias(**_raw(entry, values)).filter(_not_ended(entry, values))
        yield Overdue(
            name,
            left.count,
            lambda left=left, values=values: _empty(left, values),  # type: ignore[misc]
        )
    first = timezone.localdate(now) - timedelta(days=BEHAVIOUR.days or 0)
    yield Overdue(
        EXPORTS,
        lambda: len(event_export.days_before(first)),
        lambda: event_export.forget_before(first),
    )
    yield Overdue(DOWNLOADS, lambda: _expired().count(), _discard_expired)


def due() -> dict[str, int]:
    """How much a run would end now: rows by table, or by table and fields where rows stay."""
    found = {one.name: one.count() for one in overdue()}
    return {name: count for name, count in found.items() if count}


def run() -> RetentionRun:
    """End what is overdue; a run that is killed loses nothing and the next one goes on."""
    row = RetentionRun.objects.create()
    for one in overdue():
        count = one.end()
        if count:
            row.removed[one.name] = count
            row.save(update_fields=["removed"])
    row.finished_at = timezone.now()
    row.save()
    return row


def _before(entry: Personal, now: datetime) -> datetime:
    return now - timedelta(days=entry.period.days or 0)


def _rows(entry: Personal, now: datetime) -> QuerySet:
    rows = entry.table._base_manager.filter(**{f"{entry.since}__lt": _before(entry, now)})
    needed = STILL_NEEDED.get(entry.model)
    return rows.exclude(needed()) if needed else rows


# --- rows that stay ----------------------------------------------------------------------------
def _raw(entry: Personal, values: Mapping[str, Any]) -> dict[str, Cast]:
    """Encrypted columns as they are stored: only that shows whether one is empty."""
    table = entry.table
    sealed = [name for name in values if isinstance(table._meta.get_field(name), ENCRYPTED)]
    return {f"raw_{name}": Cast(F(name), models.TextField()) for name in sealed}


def _not_ended(entry: Personal, values: Mapping[str, Any]) -> Q:
    """Rows in which a value still stands. A part that stays (a function) tells nothing: its
    neighbours do, as all are emptied in one."""
    left, sealed = Q(), {name.removeprefix("raw_") for name in _raw(entry, values)}
    for name, value in values.items():
        if callable(value):
            continue
        if name in sealed:
            left |= ~Q(**{f"raw_{name}__in": ["{}", "[]", ""]})
        elif value is None:
            left |= Q(**{f"{name}__isnull": False})
        else:
            left |= ~Q(**{name: value})
    return left


def _empty(left: QuerySet, values: Mapping[str, Any]) -> int:
    """Give rows the values of an end, in short transactions, so that nobody waits for them."""
    model: type[models.Model] = left.model
    kept = {name: value for name, value in values.items() if callable(value)}
    plain = {name: value for name, value in values.items() if name not in kept}
    last, count = 0, 0
    while pks := list(left.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = pks[-1]
        with transaction.atomic():
            rows = model._base_manager.filter(pk__in=pks)
            if kept:
                locked = list(rows.select_for_update().order_by("pk"))
                for row in locked:
                    for name, function in kept.items():
                        setattr(row, name, function(getattr(row, name)))
                model._base_manager.bulk_update(locked, list(kept))
            count += rows.update(**plain)
    return count


# --- rows that go ------------------------------------------------------------------------------
def _files(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [field.name for field in fields if isinstance(field, models.FileField)]


def _remove(rows: QuerySet) -> int:
    """Delete in short transactions, so that nobody waits for them; files before their rows."""
    model: type[models.Model] = rows.model
    count = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        batch = model._base_manager.filter(pk__in=pks)
        for name in _files(model):
            for row in batch.only("pk", name):
                getattr(row, name).delete(save=False)
        batch.delete()
        count += len(pks)
    return count


def _expired() -> QuerySet[DataDownload]:
    return DataDownload.objects.filter(expires_at__lt=timezone.now())


def _discard_expired() -> int:
    copies = list(_expired())
    for copy in copies:
        discard(copy)
    return len(copies)
