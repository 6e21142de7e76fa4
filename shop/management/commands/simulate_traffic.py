"""``manage.py simulate_traffic``: virtual customers, so that dashboards and models have work."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.live import Live
from rich.table import Table

from shop.demo.traffic.patterns import NothingToImitate, read_patterns
from shop.demo.traffic.simulation import Plan, Simulation, Standing

LINE_SECONDS = 10.0
COUNTED = ("visits", "searches", "views", "added", "abandoned", "orders", "units", "on_hold")
OPTIONS = {
    "customers": "how many take part",
    "minutes": "how long, on the simulated clock; 0 goes on until Ctrl-C",
    "speed": "simulated seconds in one of ours; 0 is as fast as it can",
    "pause": "mean minutes between two visits of one customer",
    "seed": "who comes, and what they choose",
}


class Command(BaseCommand):
    help = (
        "Let virtual customers browse and buy as the data's households do. Ctrl-C ends it cleanly. "
        "It may run beside the shop, and again and again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name, text in OPTIONS.items():
            default = getattr(Plan, name)
            parser.add_argument(f"--{name}", type=type(default), default=default, help=text)

    def handle(self, *args: object, **options: object) -> None:
        plan = Plan(**{name: options[name] for name in OPTIONS})  # type: ignore[arg-type]
        if plan.customers < 1 or plan.pause <= 0 or plan.minutes < 0 or plan.speed < 0:
            raise CommandError("--customers and --pause must be above 0, no other below 0.")
        if not plan.minutes and not plan.speed:
            raise CommandError("Without an end (--minutes 0) a --speed is needed.")
        try:
            patterns = read_patterns()
        except NothingToImitate as error:
            raise CommandError(str(error)) from error
        with until_asked() as stop:
            simulation = Simulation(patterns, plan, stop)
            self._show(simulation)
        if failed := simulation.standing.tally.counts["failed"]:
            raise CommandError(f"{failed} visits broke off; the log says why.")

    def _show(self, simulation: Simulation) -> None:
        """Run it: a table that follows on a terminal, a line now and then elsewhere."""
        console = Console(file=cast(IO[str], self.stdout._out), highlight=False, soft_wrap=True)
        if console.is_terminal:
            with Live(console=console, refresh_per_second=2) as live:
                simulation.run(lambda standing: live.update(table(standing)))
            return
        told = 0.0

        def tell(standing: Standing) -> None:
            nonlocal told
            if time.monotonic() - told > LINE_SECONDS:
                told = time.monotonic()
                console.print(line(standing))

        simulation.run(tell)
        console.print(line(simulation.standing))


@contextmanager
def until_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the program at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def line(standing: Standing) -> str:
    """Everything counted, in one line."""
    return f"  {clock(standing)}: " + ", ".join(f"{value} {name}" for name, value in rows(standing))


def table(standing: Standing) -> Table:
    """Everything counted, one row each."""
    grid = Table(title=clock(standing), show_header=False)
    grid.add_column()
    grid.add_column(justify="right")
    for name, value in rows(standing):
        grid.add_row(name, value)
    return grid


def clock(standing: Standing) -> str:
    late = f", {standing.behind:.0f} s late" if standing.behind > 60 else ""
    return (
        f"{standing.simulated / 60:.0f} min simulated in {standing.elapsed:.0f} s"
        f"{late}, {standing.shopping} shopping now"
    )


def rows(standing: Standing) -> Iterator[tuple[str, str]]:
    """Name and figure of all that was counted; refusals are part of a shop's day."""
    tally = standing.tally
    for name in COUNTED:
        yield name.replace("_", " "), f"{tally.counts[name]:,}"
    yield "dollars", f"{tally.revenue:,.2f}"
    for code, number in tally.refusals.most_common():
        yield f"refused: {code.replace('_', ' ')}", f"{number:,}"
    if tally.counts["failed"]:
        yield "broke off", f"{tally.counts['failed']:,}"
