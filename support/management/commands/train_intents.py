"""``manage.py train_intents``: what the worker does, at the command line."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.encoders import EncoderUnavailable
from foundation.runs import training_run
from support import training
from support.serving import INTENTS


class Command(BaseCommand):
    help = "Train the assistant's intent model from its utterances and the agents' corrections."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--kind",
            choices=[training.KERNEL, training.TRANSFORMER],
            default="",
            help="kernel ridge regression or a tuned transformer; as the active one without it",
        )

    def handle(self, *args, **options) -> None:
        try:
            with training_run(INTENTS) as run:
                version = training.train_intents(run.report, options["kind"])
                run.finish_with(version)
        except EncoderUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version}: {version.metrics} ({version.status})")
