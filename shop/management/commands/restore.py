"""``manage.py restore``: put a backup back; stop web, worker and scheduler before."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.privacy import erasure
from shop.services.backup import BackupRefused, restore


class Command(BaseCommand):
    help = "Put back what `manage.py backup` wrote. Stop web, worker and scheduler before."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="lose what is there now")

    def handle(self, *args: object, **options: object) -> None:
        source = options["file"]
        assert isinstance(source, Path)
        try:
            manifest = restore(source, replace=bool(options["replace"]))
        except (BackupRefused, OSError) as error:
            raise CommandError(str(error)) from error
        again = erasure.again()
        self.stdout.write(f"Restored {len(manifest['files'])} files of {manifest['at']}.")
        if again:
            self.stdout.write(f"Erased anew: {again} people whom the backup brought back.")
