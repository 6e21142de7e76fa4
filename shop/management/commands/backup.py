"""``manage.py backup``: database, models and media in one file, while the shop goes on."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.services.backup import BackupRefused, back_up


class Command(BaseCommand):
    help = "Write database, models and media to one tar file. The shop may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Path) -> None:
        try:
            manifest = back_up(options["file"])
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        size = options["file"].stat().st_size / 1e6
        self.stdout.write(f"{len(manifest['files'])} files, {size:.1f} MB: {options['file']}")
