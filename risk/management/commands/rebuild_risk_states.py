"""``manage.py rebuild_risk_states``: what risk remembers of identities, from the records."""

from django.core.management.base import BaseCommand

from risk import simulation


class Command(BaseCommand):
    help = "Make the states of customers, cards, browsers, addresses and domains again."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{simulation.rebuild_states()} identities.")
