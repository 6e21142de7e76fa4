"""Stock counts from a CSV or XLSX file: every row is checked, all errors said, all or nothing."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import openpyxl
from django.db import transaction
from django.utils.translation import gettext as _

from inventory.locks import lock_levels_at
from inventory.models import LedgerEntry, StockLevel, Warehouse
from inventory.services._ledger import MAX_UNITS, Change, _move
from shop.models import User, Variant

COLUMNS = ("sku", "warehouse", "found")
EXPORT_COLUMNS = (*COLUMNS, "reserved", "inbound", "reorder_point")
MAX_BYTES = 5_000_000
MAX_ROWS, MAX_COLUMNS = 50_000, 30
Row = dict[str, str]


@dataclass(frozen=True)
class RowError:
    """What is wrong in a row of the file; row 1 is the header."""

    row: int
    text: str

    def __str__(self) -> str:
        return _("Row %(row)d: %(text)s") % {"row": self.row, "text": self.text}


class SheetRefused(Exception):
    """The file changes nothing; ``errors`` has one entry for each mistake."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__("; ".join(map(str, errors[:5])))
        self.errors = errors


def read_sheet(content: bytes, name: str) -> list[Row]:
    """Rows of a CSV (UTF-8, comma or semicolon) or XLSX file as text by column name.

    Raises SheetRefused for files that are too large, unreadable or without the needed columns.
    """
    if len(content) > MAX_BYTES:
        raise SheetRefused([RowError(1, _("The file is larger than 5 MB."))])
    try:
        cells = list(_xlsx(content) if name.lower().endswith(".xlsx") else _csv(content))
    except Exception as error:
        # Readers of hostile files raise whatever they trip over, from ParseError to IndexError.
        raise SheetRefused([RowError(1, _("The file cannot be read as a table."))]) from error
    header = [cell.strip().lower() for cell in cells[0]] if cells else []
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        text = _("Columns are missing: %(names)s") % {"names": ", ".join(missing)}
        raise SheetRefused([RowError(1, text)])
    return [
        {name: cell for name, cell in zip(header, row, strict=False) if name} for row in cells[1:]
    ]


def _csv(content: bytes) -> Iterator[list[str]]:
    text = content.decode("utf-8-sig")
    separator = ";" if ";" in text.partition("\n")[0] else ","
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator, strict=True)):
        if number > MAX_ROWS:
            raise ValueError("too many rows")
        yield row


def _xlsx(content: bytes) -> Iterator[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 20 * MAX_BYTES:
            raise ValueError("unpacks to too much")
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    # A row with one cell far to the right would be filled up with thousands of empty ones.
    rows = book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True)
    for number, row in enumerate(rows):
        if number > MAX_ROWS:
            raise ValueError("too many rows")
        yield ["" if cell is None else str(cell) for cell in row]


@transaction.atomic
def import_counts(*, rows: list[Row], reference: str, by: User | None = None) -> int:
    """Set levels to what was counted; return how many changed.

    Raises SheetRefused with every error of every row, and nothing is changed then. Units held for
    checkouts cannot be counted away.
    """
    found, errors = _checked(rows)
    levels = lock_levels_at(found) if not errors else {}
    changes = []
    for key, (row, units) in found.items():
        if key not in levels:
            continue
        level = levels[key]
        if units < level.reserved:
            text = _("%(held)d units are held for checkouts.") % {"held": level.reserved}
            errors.append(RowError(row, text))
        elif units != level.on_hand:
            changes.append(Change(level, on_hand=units - level.on_hand))
    if errors:
        raise SheetRefused(sorted(errors, key=lambda error: error.row))
    if changes:
        _move(changes, reason=LedgerEntry.Reason.COUNT, reference=reference[:80], by=by)
    return len(changes)


Counted = dict[tuple[int, int], tuple[int, int]]


def _checked(rows: list[Row]) -> tuple[Counted, list[RowError]]:
    """Row number and units by (variant, warehouse), and what is wrong with the rows."""
    skus = {row.get("sku", "").strip() for row in rows}
    variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    warehouses = dict(Warehouse.objects.values_list("code", "pk"))
    found: Counted = {}
    errors = []
    for number, row in enumerate(rows, start=2):
        sku, code = row.get("sku", "").strip(), row.get("warehouse", "").strip()
        units = _whole(row.get("found", ""))
        texts = []
        if sku not in variants:
            texts.append(_("The SKU “%(sku)s” does not exist.") % {"sku": sku})
        if code not in warehouses:
            texts.append(_("The warehouse “%(code)s” does not exist.") % {"code": code})
        if units is None:
            texts.append(
                _("Units must be a whole number from 0 to %(most)d.") % {"most": MAX_UNITS}
            )
        if texts or units is None:
            errors += [RowError(number, text) for text in texts]
            continue
        key = (variants[sku], warehouses[code])
        if key in found:
            errors.append(RowError(number, _("Counted twice: see row %d.") % found[key][0]))
        found.setdefault(key, (number, units))
    return found, errors


def _whole(text: str) -> int | None:
    """The number in a cell; spreadsheets write whole numbers as ``12.0`` too."""
    text = text.strip().removesuffix(".0")
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        return None
    return int(text) if int(text) <= MAX_UNITS else None


def export_levels() -> Iterator[str]:
    """All stock levels as lines of CSV with the columns that an import reads."""
    line = io.StringIO()
    writer = csv.writer(line)
    levels = StockLevel.objects.order_by("variant__sku", "warehouse__code").values_list(
        "variant__sku", "warehouse__code", "on_hand", "reserved", "inbound", "reorder_point"
    )
    writer.writerow(EXPORT_COLUMNS)
    for level in levels.iterator(2000):
        writer.writerow(level)
        if line.tell() > 8192:
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()
