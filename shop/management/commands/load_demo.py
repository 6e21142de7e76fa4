"""``manage.py load_demo``: the year of shopping data becomes the shop's past."""

import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum
from django.utils import timezone
from django.utils.module_loading import import_string
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from shop.demo import coldload, importer
from shop.demo.source import LAST_DAY
from shop.demo.steps import DemoPlan
from shop.models import DemoStage, Order, OrderLine

STAGES: list[tuple[str, str, Callable]] = [
    ("staff", "Staff", importer.load_staff),
    ("hand-written", "Sports shoes, outdoor, electronics", coldload.load_hand_written),
    ("channels", "Sales channels", importer.load_channels),
    ("catalogue", "Catalogue", importer.load_catalogue),
    ("households", "Customers", importer.load_households),
    ("orders", "A year of orders", importer.load_orders),
    ("promotions", "Promotions and deals", importer.load_promotions),
    ("campaigns", "Campaigns and coupons", importer.load_campaigns),
    ("reviews", "Sample reviews", coldload.load_reviews),
]


class Command(BaseCommand):
    help = "Import the Complete Journey data set and the hand-written catalogue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small", "full"], default="full")

    def handle(self, *args: object, **options: object) -> None:
        started = time.monotonic()
        self.console = Console()
        context = importer.new_context(str(options["size"]), timezone.localdate())
        if context.size != options["size"]:
            self.console.print(
                f"The database already holds the {context.size} data; "
                "`make clean` first to load the other size."
            )
        worked = False
        for name, label, stage in STAGES:
            if DemoStage.objects.filter(name=name).exists():
                continue
            worked = True
            with self._bar(label) as progress:
                summary = importer.run_stage(name, stage, context, progress)
            self._say(label, summary)
        if worked:
            self._check(context)
        worked = self._steps(context) or worked
        if worked:
            self.console.print(f"Loaded in {time.monotonic() - started:.0f} s.")
        else:
            self.console.print("The data is loaded; nothing to do.")

    def _steps(self, context: importer.ImportContext) -> bool:
        """What the other apps add to the demo, each once."""
        last = LAST_DAY + timedelta(days=context.shift)
        plan = DemoPlan(size=context.size, day_shift=context.shift, last_day=last)
        worked = False
        for path in settings.DEMO_STEPS:
            if DemoStage.objects.filter(name=path).exists():
                continue
            worked = True
            with self._bar(path) as progress:
                line = import_string(path)(plan, progress)
            DemoStage.objects.get_or_create(name=path, defaults={"summary": {"line": line}})
            if line:
                self.console.print(f"  {line}")
        return worked

    @contextmanager
    def _bar(self, label: str):
        columns = (
            TextColumn("{task.description:<36}"),
            BarColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as bars:
            task = bars.add_task(label, total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)

    def _say(self, label: str, summary: dict | None) -> None:
        figures = ", ".join(f"{value:,} {name}" for name, value in (summary or {}).items())
        self.console.print(f"  {label}: {figures}")

    def _check(self, context: importer.ImportContext) -> None:
        """Compare what is stored with the source, to the cent, and say both."""
        source = context.data().lines
        wanted = (
            len(source),
            int(source["quantity"].sum()),
            int(source["total"].sum()),
            source["basket_id"].nunique(),
        )
        imported = Order.objects.exclude(source_basket_id=None)
        stored_lines = OrderLine.objects.filter(order__in=imported)
        sums = stored_lines.aggregate(units=Sum("quantity"), revenue=Sum("total"))
        order_sum = imported.aggregate(revenue=Sum("total"))["revenue"]
        stored = (
            stored_lines.count(),
            sums["units"],
            round((sums["revenue"] or 0) * 100),
            imported.count(),
        )
        self.console.print(
            f"  Totals: {stored[3]:,} orders, {stored[0]:,} lines, {stored[1]:,} units, "
            f"{stored[2] / 100:,.2f} dollars"
        )
        if stored != wanted or round(order_sum * 100) != wanted[2]:
            raise CommandError(f"The import does not match its source: {stored} against {wanted}.")
        self.console.print("  They agree with the source to the cent.")
