"""``manage.py train <name>``: what the schedule and the admin run, in this process."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation import trainers
from foundation.models import TrainingRun
from foundation.runs import AlreadyRunning, RunCancelled


class Command(BaseCommand):
    help = "Train a model now. Without a name, list what can be trained."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?")

    def handle(self, *args: object, **options: object) -> None:
        name = options["name"]
        if not name:
            self.stdout.write("\n".join(trainers.names()))
            return
        newest = TrainingRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            trainers.trainer(str(name))()
        except (trainers.UnknownTrainer, AlreadyRunning, RunCancelled) as error:
            raise CommandError(str(error)) from error
        for run in TrainingRun.objects.filter(pk__gt=newest).order_by("pk"):
            made = f", {run.model} is {run.model.status}" if run.model else ""
            self.stdout.write(f"{run.capability}: {run.state}{made}. {run.message}")
