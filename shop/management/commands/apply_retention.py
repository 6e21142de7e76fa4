"""``manage.py apply_retention``: remove what is older than the register of personal data allows."""

from django.core.management.base import BaseCommand, CommandParser

from shop.privacy import retention


class Command(BaseCommand):
    help = "Remove personal data whose time is over; the schedule does it every day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: object, **options: object) -> None:
        found = retention.due() if options["dry_run"] else retention.run().removed
        for name, count in sorted(found.items()):
            self.stdout.write(f"{name}: {count}")
        if not found:
            self.stdout.write("Nothing is overdue.")
