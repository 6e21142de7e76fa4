"""The audit log: append-only, each entry sealed by a hash over itself and the one before.

When the time of its oldest entries is over they go from the front, and an entry at the end says
where the chain begins now (:func:`trim`). So a front that went otherwise is still seen.
"""

import hashlib
import json
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from risk.models import AuditEntry
from shop.models import User

ATTEMPTS = 20
TRIMMED = "retention"
"""Action of the entry that says up to which number the chain's front went."""


def record(*, by: User | None, action: str, subject: object, **data: object) -> AuditEntry:
    """Add an entry. ``data`` is JSON-ready; two writers get two numbers."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _append(by.email if by else "system", action, str(subject)[:80], data)
        except IntegrityError:
            # Somebody else took the number between our looking and our writing.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _append(actor: str, action: str, subject: str, data: dict) -> AuditEntry:
    last = AuditEntry.objects.order_by("-number").first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        actor=actor,
        action=action,
        subject=subject,
        data=data,
        previous=last.digest if last else "",
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 in hex over everything the entry says, and the digest before it."""
    at: datetime = entry.at
    content = [
        entry.number,
        at.astimezone(timezone.get_fixed_timezone(0)).isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.data,
        entry.previous,
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken() -> int | None:
    """Number of the first entry that was altered or follows a gap; None when the chain is whole."""
    start, previous = 1, ""
    trimmed = AuditEntry.objects.filter(action=TRIMMED).order_by("-number").first()
    if trimmed is not None:
        start, previous = trimmed.data["through"] + 1, trimmed.data["digest"]
    entries = AuditEntry.objects.order_by("number").iterator(chunk_size=2000)
    for number, entry in enumerate(entries, start):
        whole = entry.number == number and entry.previous == previous
        if not whole or entry.digest != digest_of(entry):
            return number
        previous = entry.digest
    return None


def count_over(before: datetime) -> int:
    """How many entries from the front are older than ``before``."""
    young = AuditEntry.objects.filter(at__gte=before).order_by("number").first()
    older = AuditEntry.objects.filter(at__lt=before)
    return (older.filter(number__lt=young.number) if young else older).count()


def trim(before: datetime) -> int:
    """Take entries older than ``before`` from the front of the chain; return how many.

    A chain that is broken is left as it is: what went from it has to be found out first.
    """
    count = count_over(before)
    if not count or first_broken() is not None:
        return 0
    with transaction.atomic():
        over = AuditEntry.objects.order_by("number")[:count]
        last = list(over)[-1]
        record(
            by=None,
            action=TRIMMED,
            subject="audit log",
            through=last.number,
            digest=last.digest,
            entries=count,
        )
        AuditEntry.objects.filter(number__lte=last.number).delete()
    return count
