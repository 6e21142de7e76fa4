"""Stock counts from files: all errors at once, all rows or none."""

import io
import tracemalloc
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory import selectors, services
from inventory.models import LedgerEntry, StockLevel
from inventory.services import Wanted
from tests.inventory.factories import stocked

pytestmark = pytest.mark.django_db
URL = "admin:inventory_stocklevel_import_counts"


def sheet(*rows: tuple[object, ...], header: str = "sku,warehouse,found") -> bytes:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]).encode()


def test_an_export_that_is_imported_again_changes_nothing() -> None:
    stocked(7, 3)
    stocked(5)
    content = "".join(services.export_levels()).encode()
    assert services.import_counts(rows=services.read_sheet(content, "a.csv"), reference="c") == 0
    changed = content.replace(b",7,", b",9,")
    assert services.import_counts(rows=services.read_sheet(changed, "a.csv"), reference="c") == 1
    assert StockLevel.objects.filter(on_hand=9).count() == 1
    entry = LedgerEntry.objects.get(reason=LedgerEntry.Reason.COUNT)
    assert (entry.on_hand_change, entry.reference) == (2, "c")
    assert selectors.differences() == []


def test_every_error_of_every_row_is_said_and_nothing_is_changed() -> None:
    variant, (online, store) = stocked(7, 3)
    services.reserve(
        checkout_uuid="6b1c7e0a-5f0e-4c26-9d2a-0a8f3c1d2e4f", wanted=[Wanted(variant, 7)]
    )
    content = sheet(
        (variant.sku, store.code, 2),
        ("nope", "nowhere", -1),
        (variant.sku, store.code, 4),
        (variant.sku, online.code, 1),
    )
    with pytest.raises(services.SheetRefused) as caught:
        services.import_counts(rows=services.read_sheet(content, "a.csv"), reference="c")
    assert [error.row for error in caught.value.errors] == [3, 3, 3, 4]
    held = sheet((variant.sku, store.code, 2), (variant.sku, online.code, 1))
    with pytest.raises(services.SheetRefused, match="held"):
        services.import_counts(rows=services.read_sheet(held, "a.csv"), reference="c")
    assert StockLevel.objects.get(warehouse=store).on_hand == 3


def test_xlsx_and_semicolons_are_read_too() -> None:
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Warehouse", "Found"])
    book.active.append(["a", "online", 12.0])
    file = io.BytesIO()
    book.save(file)
    wanted = [{"sku": "a", "warehouse": "online", "found": "12"}]
    assert services.read_sheet(file.getvalue(), "a.XLSX") == wanted
    content = "\ufeffsku;warehouse;found\na;online;12".encode()
    assert services.read_sheet(content, "a.csv") == wanted


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"),
        (b"\xff\xfe\x00", "a.csv"),
        (b"sku,found\na,1", "a.csv"),
        (b"not a zip", "a.xlsx"),
        (b"sku,warehouse,found\n" + b"x" * 5_000_001, "a.csv"),
    ],
)
def test_files_that_are_no_table_are_refused(content: bytes, name: str) -> None:
    with pytest.raises(services.SheetRefused):
        services.read_sheet(content, name)


def rewritten(name: str, old: bytes, new: bytes) -> bytes:
    """A workbook in which one file inside was changed by hand; without ``old`` it is left out."""
    book, plain, out = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["sku", "warehouse", "found"])
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.namelist():
            if old or not entry.endswith(name):
                content = source.read(entry)
                made.writestr(entry, content.replace(old, new) if entry.endswith(name) else content)
    return out.getvalue()


LAUGHS = b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 1000 if name > 97 else b"ha" * 1000)
    for name in b"abcd"
)


@pytest.mark.parametrize(
    "content",
    [
        rewritten("sheet1.xml", b"</worksheet>", b""),
        rewritten("sheet1.xml", b"", b""),
        rewritten("sheet1.xml", b"<worksheet", b"<!DOCTYPE x [" + LAUGHS + b"]><worksheet>&d;"),
    ],
    ids=["cut off", "without its sheet", "a billion laughs"],
)
def test_workbooks_that_lead_astray_are_refused(content: bytes) -> None:
    with pytest.raises(services.SheetRefused):
        services.read_sheet(content, "a.xlsx")


def test_a_sheet_that_says_it_is_wide_costs_no_memory() -> None:
    content = rewritten("sheet1.xml", b'"A1:C1"', b'"A1:XFD2000"')
    tracemalloc.start()
    services.read_sheet(content, "a.xlsx")
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()


def test_staff_import_in_the_administration(admin_client) -> None:
    variant, (online,) = stocked(7)
    good = SimpleUploadedFile("count.csv", sheet((variant.sku, online.code, 4)))
    bad = SimpleUploadedFile("count.csv", sheet(("<b>x", online.code, 4)))
    answer = admin_client.post(reverse(URL), {"file": bad})
    assert answer.status_code == 422
    assert "&lt;b&gt;x" in answer.content.decode()
    answer = admin_client.post(reverse(URL), {"file": good}, follow=True)
    assert "1 stock level was changed." in answer.content.decode()
    assert StockLevel.objects.get().on_hand == 4
    export = admin_client.get(reverse("admin:inventory_stocklevel_export"))
    assert b"sku,warehouse,found" in b"".join(export.streaming_content)


def test_who_may_not_change_stock_may_not_import(client) -> None:
    assert client.post(reverse(URL)).status_code in (302, 403)
