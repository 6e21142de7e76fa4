"""``manage.py load_demo``: the year of shopping data becomes the shop's past."""

import fcntl
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.module_loading import import_string
from rich.console import Console

from shop.demo.console import progress_of
from shop.demo.context import ImportContext, TotalsDiffer, new_context, run_stage
from shop.demo.deals import refresh_deals
from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL, HOUSEHOLD_EMAIL, demo_password
from shop.demo.stages import STAGES
from shop.models import DemoStage

log = logging.getLogger(__name__)
INCOMPLETE = 3
"""Exit code when the data is complete but another app's step failed."""
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Import the Complete Journey data set and the hand-written catalogue, then let the other "
        "apps add to the demo. A second run does only what is missing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small", "full"], default="full")
        parser.add_argument("--migrate", action="store_true", help="migrate the database first")

    def handle(self, *args: object, **options: object) -> None:
        started = time.monotonic()
        self.console = Console(highlight=False, soft_wrap=True)
        try:
            with only_one():
                if options["migrate"]:
                    self._migrate()
                worked, ran, failed = self._load(str(options["size"]))
        except KeyboardInterrupt:
            self.console.print("Stopped; the next run goes on from here.")
            sys.exit(INTERRUPTED)
        if worked or ran:
            self.console.print(f"Loaded in {time.monotonic() - started:.0f} s.")
            self._say_logins()
        elif not failed:
            self.console.print("The demo's data is complete; nothing to do.")
        if failed:
            raise CommandError(
                f"Not done: {', '.join(failed)}. The shop works without; the next run tries again.",
                returncode=INCOMPLETE,
            )

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            with progress_of("Database tables", self.console):
                call_command("migrate", interactive=False, verbosity=0)
            self.console.print("  Database tables: up to date")

    def _load(self, size: str) -> tuple[bool, int, list[str]]:
        """Whether data was imported, how many steps were run, and which of them failed."""
        context = new_context(size, timezone.localdate())
        if context.size != size:
            self.console.print(
                f"The database holds the {context.size} data already and keeps it; "
                "`make clean` first to load the other size."
            )
        worked = self._import(context)
        ran, failed = self._steps(context)
        from shop.demo.stages.people import renew_consents

        renew_consents()
        renewed = refresh_deals()
        if renewed:
            self.console.print(f"  Deals: {renewed} renewed for this week and the next")
        return worked, ran, failed

    def _import(self, context: ImportContext) -> bool:
        """Run the stages that are missing; tell whether there were any."""
        done = set(DemoStage.objects.values_list("name", flat=True))
        missing = [stage for stage in STAGES if stage[0] not in done]
        if not missing:
            return False
        with progress_of("Reading the data set", self.console) as progress:
            context.data(progress)
        for name, label, path in missing:
            stage = import_string(f"shop.demo.stages.{path}")
            try:
                with progress_of(label, self.console) as progress:
                    summary = run_stage(name, stage, context, progress)
            except TotalsDiffer as error:
                raise CommandError(str(error)) from error
            self.console.print(f"  {label}: {figures(summary or {})}")
        return True

    def _steps(self, context: ImportContext) -> tuple[int, list[str]]:
        """What the other apps add, each once: how many were run, and which could not be."""
        done = set(DemoStage.objects.values_list("name", flat=True))
        ran, failed = 0, []
        for path in settings.DEMO_STEPS:
            if path in done:
                continue
            try:
                step = import_string(path)
            except ImportError as error:
                self.console.print(f"  Left out: {path} is not there ({error}).")
                continue
            try:
                with progress_of(path, self.console) as progress:
                    line = step(context.plan, progress)
            except Exception as error:
                # One capability that cannot start must not keep the shop closed.
                log.exception("demo step %s failed", path)
                self.console.print(f"  Failed: {path}: {error}")
                failed.append(path)
                continue
            DemoStage.objects.get_or_create(name=path, defaults={"summary": {"line": line}})
            ran += 1
            if line:
                self.console.print(f"  {line}")
        return ran, failed

    def _say_logins(self) -> None:
        if settings.DEMO:
            self.console.print(
                f"Sign in as {HOUSEHOLD_EMAIL.format('<number>')}, {ADMIN_EMAIL} or "
                f"{AGENT_EMAIL}; the password is {demo_password()}",
                markup=False,
            )


def figures(summary: dict) -> str:
    """A stage's counts as text; lists and texts are for the machine."""
    return ", ".join(
        f"{value:,.2f} {name}" if isinstance(value, float) else f"{value:,} {name}"
        for name, value in summary.items()
        if isinstance(value, int | float)
    )


@contextmanager
def only_one() -> Iterator[None]:
    """Refuse a second import beside a running one; a lock of a killed one is free again."""
    path = Path(settings.VAR_DIR) / "load_demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("Another import is running; wait until it is done.") from None
        yield
