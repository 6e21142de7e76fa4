"""``manage.py simulate_fraud``: labelled campaigns in the shop's past, for demos and trials."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from risk import fraud, simulation
from risk.learning.campaigns import CAMPAIGNS


class Command(BaseCommand):
    help = (
        "Write the shop's past orders with made-up identities and campaigns of fraud as signals, "
        "and learn from them. Orders and figures of the shop stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=120)
        parser.add_argument("--share", type=float, default=0.005, help="of all orders")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--boldness", type=float, default=1.0, help="below 1 is more careful")
        parser.add_argument(
            "--kinds", nargs="+", choices=sorted(CAMPAIGNS), default=sorted(CAMPAIGNS)
        )
        parser.add_argument(
            "--hold-out", nargs="+", choices=sorted(CAMPAIGNS), default=[], metavar="KIND",
            help="kinds that are there but not learned from",
        )  # fmt: skip
        parser.add_argument("--no-training", action="store_true")

    def handle(self, *args: object, **options) -> None:
        if not 0 < options["share"] < 0.5:
            raise CommandError("--share lies between 0 and 0.5.")
        frauds = simulation.simulate(
            days=options["days"],
            share=options["share"],
            seed=options["seed"],
            boldness=options["boldness"],
            kinds=tuple(options["kinds"]),
        )
        if not frauds:
            raise CommandError("There are too few orders; load the demo first.")
        self.stdout.write(f"{frauds} fraudulent orders in the last {options['days']} days.")
        if options["no_training"]:
            return
        version = fraud.train(without=tuple(options["hold_out"]))
        if version is None:
            raise CommandError("Too few frauds to learn from; take more days or a larger share.")
        self.stdout.write(f"{version} {version.get_status_display()}: {version.metrics}")
