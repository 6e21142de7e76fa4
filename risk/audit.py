"""The audit log: append-only, each entry sealed by a hash over itself and the one before."""

import hashlib
import json
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from risk.models import AuditEntry
from shop.models import User

ATTEMPTS = 20


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
    previous = ""
    entries = AuditEntry.objects.order_by("number").iterator(chunk_size=2000)
    for number, entry in enumerate(entries, 1):
        whole = entry.number == number and entry.previous == previous
        if not whole or entry.digest != digest_of(entry):
            return number
        previous = entry.digest
    return None
