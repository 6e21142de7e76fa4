"""``manage.py rotate_encryption``: bring all personal data under the newest key."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.encryption import KeyMissing
from shop.privacy.rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypt personal data with the first of ENCRYPTION_KEYS. May be stopped and started "
        "again; the shop goes on meanwhile. The old keys can go when it prints 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: object, **options: object) -> None:
        def report(name: str, seen: int, changed: int) -> None:
            self.stdout.write(f"{name}: {changed} of {seen} rows")

        try:
            total = rotate(dry_run=bool(options["dry_run"]), report=report)
        except KeyMissing as error:
            raise CommandError(str(error)) from error
        said = "were not under the newest key" if options["dry_run"] else "encrypted anew"
        self.stdout.write(f"{total} rows {said}.")
