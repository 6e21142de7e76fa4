"""``manage.py train_intents``: what the worker does, at the command line."""

from django.core.management.base import BaseCommand

from foundation.runs import training_run
from support import training
from support.serving import INTENTS


class Command(BaseCommand):
    help = "Train the assistant's intent model from its utterances and the agents' corrections."

    def handle(self, *args, **options) -> None:
        with training_run(INTENTS) as run:
            version = training.train_intents(run.report)
            run.finish_with(version)
        self.stdout.write(f"{version}: {version.metrics} ({version.status})")
