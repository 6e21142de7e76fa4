"""``manage.py rotate_pseudonyms``: take the newest key into use and write old exports anew."""

from django.core.management.base import BaseCommand

from shop.privacy.pseudonyms import key_name
from shop.services import event_export


class Command(BaseCommand):
    help = (
        "After a new key was put in front of PSEUDONYM_KEYS: remove what was exported under the "
        "old one and write it anew from the database, as far as that still has the days."
    )

    def handle(self, *args: object, **options: object) -> None:
        removed = event_export.drop_other_keys()
        written = event_export.export_events()
        self.stdout.write(
            f"Key {key_name()}: {removed} days under another key removed, {len(written)} written."
        )
