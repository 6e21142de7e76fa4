"""Bringing everything under the newest key: in batches, while the shop runs, from where it was."""

import json
from collections.abc import Callable, Iterator

from django.apps import apps
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Cast

from foundation.encryption import ENCRYPTED, INSIDE, MARK, EncryptedJSONField, is_current

BATCH = 500
Report = Callable[[str, int, int], None]


def fields() -> Iterator[tuple[type[models.Model], list[models.Field]]]:
    """Every model with encrypted fields, in a fixed order."""
    for model in sorted(apps.get_models(), key=lambda one: one._meta.label):
        found = [field for field in model._meta.concrete_fields if isinstance(field, ENCRYPTED)]
        if found:
            yield model, found  # type: ignore[misc]


def rotate(*, dry_run: bool = False, report: Report = lambda name, seen, changed: None) -> int:
    """Seal every value with the newest key; return how many rows were not.

    Rows under the newest key are passed over, so a run that was cut short is simply started
    again. Rows are locked while they are written; nobody waits longer than for one batch.
    """
    total = 0
    for model, found in fields():
        last, seen, changed = 0, 0, 0
        while pks := _next(model, last):
            seen, last = seen + len(pks), pks[-1]
            changed += _batch(model, found, pks, dry_run=dry_run)
        report(model._meta.label, seen, changed)
        total += changed
    return total


def _next(model: type[models.Model], after: int) -> list[int]:
    rows = model._base_manager.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _batch(
    model: type[models.Model], found: list[models.Field], pks: list[int], *, dry_run: bool
) -> int:
    raw = {f"raw_{field.name}": Cast(F(field.name), models.TextField()) for field in found}
    names = [field.name for field in found]
    with transaction.atomic():
        locked = model._base_manager.select_for_update().filter(pk__in=pks).order_by("pk")
        list(locked.values_list("pk", flat=True))
        stored = model._base_manager.filter(pk__in=pks).annotate(**raw).values("pk", *raw)
        old = [
            row["pk"]
            for row in stored
            if not all(_current(field, row[f"raw_{field.name}"]) for field in found)
        ]
        if old and not dry_run:
            rows = list(model._base_manager.filter(pk__in=old).only("pk", *names))
            model._base_manager.bulk_update(rows, names)
    return len(old)


def _current(field: models.Field, stored: str | None) -> bool:
    if stored is None:
        return True
    if not isinstance(field, EncryptedJSONField):
        return is_current(stored)
    value = json.loads(stored)
    if isinstance(value, dict) and value.keys() == {INSIDE}:
        return is_current(MARK + value[INSIDE])
    return not value
