"""A copy of everything about one customer: a zip with JSON for programs and HTML for people.

Each app says what it knows through ``PERSONAL_COPY`` of the settings. The file is encrypted where
it lies and is gone after ``DOWNLOAD_HOURS``. Nothing in it is a secret of the shop: no password,
no key, no rule of screening; nor does it name members of staff.
"""

import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.encryption import open_bytes, seal_bytes
from foundation.queueing import queue
from shop.models import Customer, DataDownload, Event, OrderLine
from shop.privacy.people import Person, person_of
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
MOST_OPEN = 3
"""Copies of one customer that can be fetched at the same time; the oldest goes."""
LOST_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Section:
    """One kind of data: ``columns`` are labels by key, ``rows`` hold values by the same keys."""

    key: str
    title: str | Promise
    columns: Mapping[str, str | Promise]
    rows: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def sections(person: Person) -> list[Section]:
    """Everything the apps know of a person, in the order of the settings."""
    found: list[Section] = []
    for path in settings.PERSONAL_COPY:
        part: Callable[[Person], Iterable[Section]] = import_string(path)
        found += part(person)
    return found


def table(
    key: str, title: str | Promise, rows: Iterable[Any], columns: Mapping[str, tuple[Any, Any]]
) -> Section:
    """A section from rows of a model: by key a label and an attribute's name or a function."""
    made = [
        {name: _value(row, source) for name, (_label, source) in columns.items()} for row in rows
    ]
    return Section(key, title, {name: label for name, (label, _source) in columns.items()}, made)


def _value(row: Any, source: Any) -> Any:
    if callable(source):
        return source(row)
    value = row
    for name in source.split("."):
        value = getattr(value, name) if value is not None else None
    return value


def request(*, customer: Customer) -> DataDownload:
    """Ask for a copy: a small one is made at once, a large one by a worker."""
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        waiting = customer.downloads.filter(state=DataDownload.State.WAITING).first()
        if waiting is not None:
            return waiting
        for old in customer.downloads.filter(state=DataDownload.State.READY)[MOST_OPEN - 1 :]:
            discard(old)
        download = DataDownload.objects.create(customer=customer)
    rows = Event.objects.filter(customer=customer).count()
    rows += OrderLine.objects.filter(order__customer=customer).count()
    if rows > settings.DOWNLOAD_ROWS_AT_ONCE:
        queue("shop.tasks.make_download", download.pk)
        return download
    return make(download.pk)


def make(pk: int) -> DataDownload:
    """Write the file of a download; one that is written is left as it is."""
    download = DataDownload.objects.select_related("customer__user").get(pk=pk)
    if download.state == DataDownload.State.READY:
        return download
    try:
        with override(download.customer.language):
            content = zipped(person_of(download.customer))
        default_storage.delete(download.place)
        default_storage.save(download.place, ContentFile(seal_bytes(content)))
    except Exception:
        DataDownload.objects.filter(pk=pk).update(state=DataDownload.State.FAILED)
        log.exception("the copy of data %s could not be made", pk)
        raise
    now = timezone.now()
    download.state, download.ready_at, download.size = DataDownload.State.READY, now, len(content)
    download.expires_at = now + timedelta(hours=settings.DOWNLOAD_HOURS)
    download.save(update_fields=["state", "ready_at", "expires_at", "size"])
    log.info("a copy of data was made: %d bytes", len(content))
    return download


def zipped(person: Person) -> bytes:
    """The copy itself: ``data.json``, ``data.html`` and the customer's own pictures."""
    found, at = sections(person), timezone.now()
    plain = {
        "shop": settings.SITE_NAME,
        "made_at": at,
        "sections": {part.key: {"title": str(part.title), "rows": part.rows} for part in found},
    }
    page = render_to_string(
        "shop/privacy/data.html",
        {"shop": settings.SITE_NAME, "at": at, "sections": [_readable(part) for part in found]},
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "data.json", json.dumps(plain, default=_json, ensure_ascii=False, indent=1)
        )
        archive.writestr("data.html", page)
        for part in found:
            for name, content in part.files.items():
                archive.writestr(name, content)
    return written.getvalue()


def _readable(part: Section) -> dict[str, Any]:
    rows = [[_said(row.get(name)) for name in part.columns] for row in part.rows]
    labels = list(part.columns.values())
    one = list(zip(labels, rows[0], strict=True)) if len(rows) == 1 else []
    return {"key": part.key, "title": part.title, "columns": labels, "rows": rows, "one": one}


def _said(value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal | float):
        return formats.number_format(value, 2, force_grouping=True)
    if isinstance(value, dict):
        return "; ".join(
            f"{key}: {_said(one)}" for key, one in value.items() if one not in (None, "")
        )
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    return str(value)


def _json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def own(customer: Customer, key: UUID) -> DataDownload:
    """A copy of this customer; any other is not found."""
    download = customer.downloads.filter(key=key).first()
    if download is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return download


def fetch(*, customer: Customer, key: UUID) -> bytes:
    """The zip. It is counted how often and when it was fetched. Refused when it is over."""
    download = own(customer, key)
    if not download.is_open or not default_storage.exists(download.place):
        raise Refused(RefusalCode.NOT_FOUND)
    with default_storage.open(download.place) as file:
        content = open_bytes(file.read())
    DataDownload.objects.filter(pk=download.pk).update(
        fetched=F("fetched") + 1, fetched_at=timezone.now()
    )
    log.info("a copy of data was fetched")
    return content


def discard(download: DataDownload) -> None:
    """Remove a copy and its file."""
    default_storage.delete(download.place)
    download.delete()


def make_waiting() -> int:
    """Make what no worker has made: the broker was away, or the worker was killed."""
    lost = DataDownload.objects.filter(
        state=DataDownload.State.WAITING, requested_at__lt=timezone.now() - LOST_AFTER
    )
    pks = list(lost.values_list("pk", flat=True)[:20])
    for pk in pks:
        make(pk)
    return len(pks)
