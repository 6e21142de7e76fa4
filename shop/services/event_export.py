"""Behaviour events as Parquet, one folder for each whole day, for training away from the database.

Customers and browsers are pseudonyms (:mod:`shop.privacy.pseudonyms`) that hold across days;
searches that look like an address or a number of somebody are left out. A day that has been written
is not written again, and a file appears whole. Two things take days away, and the next export
writes them anew from the table: somebody took back a consent (:func:`forget`), and the key of the
pseudonyms was rotated, so that no two files name one person by two names.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from shop.models import Event
from shop.privacy.pseudonyms import key_name, known_keys, pseudonym

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("customer", pa.string()),
        ("visitor", pa.string()),
        ("product", pa.int64()),
        ("surface", pa.string()),
        ("query", pa.string()),
    ]
)
CHUNK = 20_000
LATE = timedelta(hours=1)
"""Events wait in memory for a moment before they are written; a day is whole an hour after it."""
KEY_FILE = "key"
"""Names the key of the pseudonyms beside it."""
PERSONAL = re.compile(r"@|\d[\d\s().-]{6,}\d|https?://", re.IGNORECASE)


def folder() -> Path:
    return Path(settings.VAR_DIR) / "exports" / "events"


def export_events(today: date | None = None) -> list[date]:
    """Write every whole day (UTC) that is not there yet; return those that were written."""
    drop_other_keys()
    first = Event.objects.aggregate(first=Min("at"))["first"]
    if first is None:
        return []
    end = today or (timezone.now() - LATE).astimezone(UTC).date()
    written = []
    day = first.astimezone(UTC).date()
    while day < end:
        if not _place(day).exists():
            _write(day)
            written.append(day)
        day += timedelta(days=1)
    return written


def forget(days: Iterable[date]) -> None:
    """Remove exported days; the next export writes those that the table still has."""
    for day in days:
        shutil.rmtree(_place(day), ignore_errors=True)


def days_before(first: date) -> list[Path]:
    """Folders of days before ``first``; their names sort as their days do."""
    return sorted(place for place in folder().glob("day=*") if place.name < _place(first).name)


def forget_before(first: date) -> int:
    """Remove exported days before ``first``; return how many. What they held is over."""
    old = days_before(first)
    for place in old:
        shutil.rmtree(place, ignore_errors=True)
    return len(old)


def files() -> list[Path]:
    """Every exported file, oldest day first."""
    return sorted(folder().glob("day=*/*.parquet"))


def keys_written_with() -> list[str]:
    """The keys that exported files may name people by: all that the settings know.

    When what is there was written with a key that the settings no longer name, nobody can be
    found in it any more. It is removed then; the next export writes anew what the table has.
    """
    mark = folder() / KEY_FILE
    found = known_keys()
    if files() and (not mark.exists() or mark.read_text() not in map(key_name, found)):
        drop_other_keys()
    return found


def drop_other_keys() -> int:
    """Remove what was written under another key than today's; return how many days that were."""
    mark = folder() / KEY_FILE
    if mark.exists() and mark.read_text() == key_name():
        return 0
    old = list(folder().glob("day=*"))
    for place in old:
        shutil.rmtree(place, ignore_errors=True)
    folder().mkdir(parents=True, exist_ok=True)
    mark.write_text(key_name())
    return len(old)


def _place(day: date) -> Path:
    return folder() / f"day={day:%Y-%m-%d}"


def _write(day: date) -> None:
    place = _place(day)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".day-", dir=place.parent))
    try:
        with pq.ParquetWriter(temporary / "events.parquet", SCHEMA, compression="zstd") as writer:
            for rows in _chunks(day):
                writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        # Another worker may have written the same day meanwhile; its folder holds the same.
        if not place.exists():
            os.replace(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _chunks(day: date) -> Iterator[list[dict]]:
    begin = datetime.combine(day, time(), UTC)
    events = Event.objects.filter(at__gte=begin, at__lt=begin + timedelta(days=1)).order_by(
        "at", "pk"
    )
    columns = ("kind", "at", "customer_id", "visitor", "product_id", "surface", "query")
    rows = []
    for kind, at, customer, visitor, product, surface, query in (
        events.order_by("at", "pk").values_list(*columns).iterator(chunk_size=CHUNK)
    ):
        rows.append(
            {
                "kind": kind,
                "at": at,
                "customer": pseudonym("customer", customer) if customer else None,
                "visitor": pseudonym("visitor", visitor) if visitor else None,
                "product": product,
                "surface": surface,
                "query": None if not query or PERSONAL.search(query) else query,
            }
        )
        if len(rows) == CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows
