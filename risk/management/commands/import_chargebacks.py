"""``manage.py import_chargebacks FILE``: a bank's list of chargebacks becomes labels.

A CSV with the columns order, reference, amount, and if it likes reason, fraud (yes or no) and date
(YYYY-MM-DD). A reference that is known changes nothing.
"""

import csv
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from risk import services
from shop.models import Order

NEEDED = {"order", "reference", "amount"}


class Command(BaseCommand):
    help = "Import chargebacks from a CSV file: order, reference, amount, reason, fraud, date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: object) -> None:
        path = Path(str(options["file"]))
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                missing = NEEDED - set(reader.fieldnames or ())
                if missing:
                    raise CommandError(f"{path} lacks the columns {', '.join(sorted(missing))}.")
                rows = list(reader)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        taken, wrong = 0, []
        for number, row in enumerate(rows, 2):
            try:
                self._take(row)
                taken += 1
            except (Order.DoesNotExist, InvalidOperation, ValueError) as error:
                wrong.append(f"line {number}: {error}")
        self.stdout.write(f"{taken} chargebacks are in.")
        if wrong:
            raise CommandError("Not taken:\n" + "\n".join(wrong))

    def _take(self, row: dict[str, str]) -> None:
        order = Order.objects.get(number=row["order"].strip())
        day = (row.get("date") or "").strip()
        at = datetime.fromisoformat(day) if day else timezone.now()
        services.charge_back(
            order=order,
            reference=row["reference"].strip()[:80],
            amount=Decimal(row["amount"]),
            reason=(row.get("reason") or "")[:80],
            fraud_found=(row.get("fraud") or "yes").strip().lower() not in ("no", "0", "false"),
            received_at=at if timezone.is_aware(at) else timezone.make_aware(at),
            by=None,
        )
