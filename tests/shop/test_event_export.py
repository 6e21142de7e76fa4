"""Events leave the database a day at a time, once, and without saying who anybody is."""

from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from foundation.learning import shards
from shop.models import Event
from shop.services import event_export
from tests.shop.factories import CustomerFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 4)
COLUMNS = ["kind", "at", "customer", "visitor", "product", "query"]


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def event(day: int, hour: int = 12, **fields) -> Event:
    at = datetime(2026, 3, day, hour, tzinfo=UTC)
    return Event.objects.create(**{"kind": "view", "at": at, "visitor": "browser-1", **fields})


def rows() -> list[dict]:
    return [
        row for batch in shards.batches(event_export.folder(), COLUMNS) for row in batch.to_pylist()
    ]


def test_whole_days_are_written_once() -> None:
    event(1, 23), event(1, 1), event(3), event(4)
    assert event_export.export_events(TODAY) == [date(2026, 3, day) for day in (1, 2, 3)]
    assert [row["at"].day for row in rows()] == [1, 1, 3]
    assert [row["at"].hour for row in rows()][:2] == [1, 23]
    before = {path: path.stat().st_mtime_ns for path in shards.files(event_export.folder())}
    assert event_export.export_events(TODAY) == []
    assert before == {p: p.stat().st_mtime_ns for p in shards.files(event_export.folder())}
    assert event_export.export_events(TODAY + timedelta(days=1)) == [TODAY]


def test_nobody_can_be_told_from_it() -> None:
    customer = CustomerFactory(name="Ada Byron", user__email="ada@example.com")
    event(1, customer_id=customer.pk, query="oat milk", kind="search")
    event(2, customer_id=customer.pk, query="ada@example.com", kind="search")
    event(2, customer_id=None, visitor="browser-2", query="+1 (212) 555-0100", kind="search")
    event_export.export_events(TODAY)
    first, second, third = rows()
    assert first["customer"] == second["customer"] != None  # noqa: E711
    assert first["visitor"] != third["visitor"]
    assert (first["query"], second["query"], third["query"]) == ("oat milk", None, None)
    content = b"".join(path.read_bytes() for path in shards.files(event_export.folder()))
    assert b"browser" not in content
    assert len(first["customer"]) == 32
    assert first["customer"] != str(customer.pk)


def test_a_day_whose_writing_failed_is_written_the_next_time(monkeypatch) -> None:
    event(1)

    def full(*args: object, **options: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OSError, match="space"):
            event_export.export_events(TODAY)
    assert not shards.files(event_export.folder())
    event_export.export_events(TODAY)
    assert len(rows()) == 1


def test_days_are_read_in_batches_and_shared_by_processes(monkeypatch) -> None:
    monkeypatch.setattr(event_export, "CHUNK", 4)
    for number in range(10):
        event(1 + number % 2, product_id=number + 1)
    event_export.export_events(TODAY)
    folder = event_export.folder()
    sizes = [batch.num_rows for batch in shards.batches(folder, ["product"], rows=3)]
    assert max(sizes) <= 3
    assert sum(sizes) == 10
    shares = [
        {n for b in shards.batches(folder, ["product"], share=(me, 2)) for n in b[0].to_pylist()}
        for me in (0, 1)
    ]
    assert shares[0] | shares[1] == set(range(1, 11))
    assert not shares[0] & shares[1]
