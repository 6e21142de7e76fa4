"""Break the shop's parts for real while customers buy and chat, then look whether anything is lost.

A PostgreSQL cluster and a Redis of its own, web, worker and scheduler as ``make demo`` starts them.
Each fault is waited out, however long that takes on this machine: time is printed, only wrong
figures fail. Where PostgreSQL or Redis is not installed the suite says so and does nothing.

Run as ``python -m tests.faults.live`` (``make test-faults``); ``--json`` appends its figures to
``benchmarks/results/faults.jsonl``.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks.provenance import commit
from scripts.demo import ROOT, ProcessGroup, programs
from tests.faults.live import importing
from tests.faults.live.customers import Buyers, Chatter
from tests.faults.live.services import PATIENCE, Missing, Postgres, Redis, free_port

RESULTS = ROOT / "benchmarks" / "results" / "faults.jsonl"
PAGES = ("/", "/search/?q=milk", "/cart/", "/accounts/login/", "/api/v1/products/")
UNITS = 100_000
VARIANTS = 8


class Shop:
    """The three programs, started again when they were killed, as a supervisor would."""

    def __init__(self, folder: Path, postgres: Postgres, redis: Redis) -> None:
        self.folder, self.port = folder, free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self.group = ProcessGroup()
        self.supervised: set[str] = set()
        self.started_again: list[str] = []
        self.commands = {name: command for name, command, _ in programs("127.0.0.1", self.port)}
        generous = ("POST", "CHECKOUT", "COUPONS", "SEARCH", "SUGGEST", "MESSAGES")
        api = ("ANON", "USER", "CHECKOUT", "COUPONS", "MESSAGES", "OUTCOMES")
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "tests.faults.live.settings",
                "MERCATO_ENV_FILE": os.devnull,
                "MERCATO_VAR": str(folder),
                "SECRET_KEY": "for-tests-only-" + "x" * 50,  # pragma: allowlist secret
                "HTTPS": "off",
                "ALLOWED_HOSTS": "127.0.0.1",
                "DATABASE_URL": postgres.url,
                "REDIS_URL": redis.url(0),
                "CELERY_BROKER_URL": redis.url(1),
                "LOG_LEVEL": "WARNING",
                **{f"RATE_{name}": "1000000/min" for name in generous},
                **{f"API_RATE_{name}": "1000000/min" for name in api},
            }
        )

    def start(self, *names: str) -> None:
        for name in names:
            self.group.start(name, self.commands[name], log=self.folder / f"{name}.log")
            self.supervised.add(name)

    def supervise(self) -> None:
        """Start what ended by itself. A worker may when its broker goes in the middle of an
        acknowledgement (kombu's restoring meets a connection that is half closed)."""
        for name in list(self.supervised):
            if self.group.members[name].poll() is not None:
                self.started_again.append(name)
                self.start(name)

    def kill(self, name: str) -> None:
        self.supervised.discard(name)
        self.group.members[name].kill()
        self.group.members[name].wait(PATIENCE)

    def ready(self) -> dict:
        """What ``/health/ready`` says; empty when nobody answers."""
        try:
            return requests.get(f"{self.site}/health/ready", timeout=30).json()
        except (requests.RequestException, ValueError):
            return {}

    def is_well(self) -> bool:
        self.supervise()
        return self.ready().get("status") == "ok" and self.pages() == {200}

    def pages(self) -> set[int]:
        """The statuses of a few pages; 0 for one that nobody answered."""
        return {self._status(page) for page in PAGES}

    def _status(self, page: str) -> int:
        try:
            return requests.get(self.site + page, timeout=60).status_code
        except requests.RequestException:
            return 0

    def tell(self, part: str, mode: object = "") -> None:
        """Have a part fail, be slow, or work again."""
        (self.folder / "faults" / part).write_text(str(mode))


def wait_until(true: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(0.1)


class Story:
    """Faults in their order, and what they left."""

    def __init__(self, shop: Shop, postgres: Postgres, redis: Redis, buyers: Buyers) -> None:
        self.shop, self.postgres, self.redis, self.buyers = shop, postgres, redis, buyers
        self.recovery: dict[str, float] = {}
        """The longest of each, in seconds."""
        self.killed_workers = 0

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Something breaks and is mended inside; time counts from then until all is well."""
        print(f"  {name} …", end="", flush=True)
        yield
        started = time.monotonic()
        wait_until(self.shop.is_well, f"the shop after: {name}")
        seconds = time.monotonic() - started
        self.recovery[name] = max(seconds, self.recovery.get(name, 0.0))
        print(f" well after {seconds:.1f} s", flush=True)
        self.sold(5)

    def sold(self, more: int) -> None:
        """Wait until so many further orders are acknowledged, or none are wanted any more."""
        goal = min(len(self.buyers.orders) + more, self.buyers.wanted)
        wait_until(lambda: len(self.buyers.orders) >= goal, f"{more} more orders")

    def tell_all(self) -> None:
        from django.db import connection

        from foundation.models import TrainingRun

        with self.fault("web killed in checkouts"):
            self.shop.kill("web")
            self.shop.start("web")
        with self.fault("scheduler killed"):
            self.shop.kill("scheduler")
            self.shop.start("scheduler")
        self.kill_training(TrainingRun)
        self.kill_import()
        with self.fault("Redis gone and back"):
            self.redis.crash()
            pages = self.shop.pages()
            assert pages == {200}, f"pages without Redis: {pages}"
            assert self.shop.ready().get("status") == "degraded"
            self.sold(3)
            self.redis.start()
        with self.fault("PostgreSQL crashed and restarted"):
            self.postgres.crash()
            assert 0 not in self.shop.pages(), "every page answers, if only with an apology"
            assert self.shop.ready().get("status") == "down"
            self.postgres.start()
            # This program's own connection went down too.
            connection.close()
        self.fill_disk(TrainingRun)
        told = {"payment": ("slow", "fail"), "mail": ("slow", "fail"), "model": ("slow", "fail")}
        for part, modes in told.items():
            for mode in modes:
                with self.fault(f"{part}: {mode}"):
                    self.shop.tell(part, mode)
                    pages = self.shop.pages()
                    assert pages == {200}, f"pages with {part}: {mode}: {pages}"
                    if (part, mode) == ("payment", "fail"):
                        time.sleep(3)
                    else:
                        self.sold(5)
                    self.shop.tell(part)
        with self.fault("clock two hours ahead and back"):
            self.shop.tell("clock", 2)
            time.sleep(3)
            self.shop.tell("clock")

    def kill_training(self, runs) -> None:
        from foundation import tasks

        with self.fault("worker killed in a training"):
            self.shop.tell("steps", 600)
            tasks.train.delay("tests.numbers")
            at_it = runs.objects.filter(state=runs.State.RUNNING, done__gt=2)
            wait_until(at_it.exists, "the training to be at work")
            self.shop.kill("trainer")
            self.killed_workers += 1
            self.shop.tell("steps", 1)
            self.shop.start("trainer")
        failed = runs.objects.filter(state=runs.State.FAILED)
        wait_until(failed.exists, "the sweeper to find the dead training")

    def kill_import(self) -> None:
        """A stock count from a file dies before its commit, then is imported once more."""
        from inventory.models import LedgerEntry

        counted = LedgerEntry.objects.filter(reference=importing.REFERENCE)
        if counted.exists():
            # Counted in an earlier round: the same file changes nothing.
            return
        half_way = self.shop.folder / "faults" / "half-way"
        command = [sys.executable, "-m", "tests.faults.live.importing"]
        with self.fault("import killed half-way"):
            dying = subprocess.Popen([*command, "stop"], cwd=ROOT)
            wait_until(half_way.exists, "the import to have written its rows")
            before = counted.count()
            dying.kill()
            dying.wait(PATIENCE)
        assert counted.count() == before, "an import that was killed left rows"
        subprocess.run(command, cwd=ROOT, check=True)

    def fill_disk(self, runs) -> None:
        """A small file system where there may be one, else a limit on the size of a file."""
        from django.conf import settings

        from foundation import tasks
        from foundation.models import ModelVersion

        before = runs.objects.count()
        artefacts = Path(settings.ARTEFACT_DIR)
        artefacts.mkdir(parents=True, exist_ok=True)
        size = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(artefacts)]
        mounted = subprocess.run(size, capture_output=True, check=False).returncode == 0
        name = "artefact folder full" if mounted else "artefact files limited (no right to mount)"
        try:
            with self.fault(name):
                self.shop.tell("disk", "" if mounted else "limit")
                tasks.train.delay("tests.numbers")
                failed = runs.objects.order_by("pk")[before:]

                def has_failed() -> bool:
                    self.shop.supervise()
                    return any(row.state == runs.State.FAILED for row in failed.all())

                wait_until(has_failed, "the training to fail")
                assert self.shop.pages() == {200}
        finally:
            if mounted:
                subprocess.run(["umount", "-l", str(artefacts)], check=False)
            self.shop.tell("disk")
        tasks.train.delay("tests.numbers")
        active = ModelVersion.objects.filter(capability="tests.numbers", status="active")
        wait_until(active.exists, "the next training to succeed")


def seed(folder: Path) -> list[int]:
    """A shop with a few products and stock without end; returns the variants' keys."""
    import django

    (folder / "faults").mkdir()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from tests.inventory.factories import stocked

    rows = []
    for _row in range(importing.ROWS):
        variant, (warehouse,) = stocked(importing.BEFORE)
        rows.append(f"{variant.sku},{warehouse.code},{importing.FOUND}")
    count = "\n".join(["sku,warehouse,found", *rows])
    (folder / "faults" / importing.REFERENCE).write_text(count)
    return [stocked(UNITS)[0].pk for _ in range(VARIANTS)]


def checks(buyers: Buyers, chatter: Chatter, folder: Path) -> dict[str, int]:
    """Everything that has to be 0, counted."""
    from datetime import timedelta

    from django.db.models import F, Q, Sum

    from foundation.models import OutboxMessage
    from inventory import selectors as stock
    from inventory.models import LedgerEntry, StockLevel
    from inventory.services import expire_reservations
    from shop.models import Order, OrderLine, Payment, TestCharge
    from shop.services import checkout
    from support.models import Message

    checkout.recover_stuck(older_than=timedelta(0))
    expire_reservations()
    known = list(Order.objects.values_list("number", flat=True))
    acknowledged = list(buyers.orders.values())
    waiting = OutboxMessage.objects.exclude(state=OutboxMessage.State.SENT)
    wait_until(lambda: not waiting.exists(), "all mails to be out")
    captured = TestCharge.objects.filter(state=TestCharge.State.CAPTURED)
    held = captured.aggregate(sum=Sum(F("amount") - F("refunded")))["sum"] or 0
    owed = Order.objects.aggregate(sum=Sum("total"))["sum"] or 0
    sold = OrderLine.objects.aggregate(sum=Sum("quantity"))["sum"] or 0
    left = StockLevel.objects.aggregate(sum=Sum(F("on_hand") - F("reserved")))["sum"] or 0
    said = list(
        Message.objects.filter(client_id__in=chatter.acknowledged).values_list(
            "client_id", flat=True
        )
    )
    mails = set((folder / "faults" / "sent").read_text().split())
    paid = Payment.objects.filter(state=Payment.State.CAPTURED).exclude(order=None)
    return {
        "orders_lost": len(set(acknowledged) - set(known)),
        "orders_doubled": len(acknowledged) - len(set(acknowledged)),
        "orders_nobody_knows": len(set(known) - set(acknowledged)),
        "orders_not_paid_once": abs(len(known) - paid.count()) + abs(len(known) - captured.count()),
        "cents_too_much_or_little": abs(round(100 * (held - owed))),
        "negative_stock": StockLevel.objects.filter(Q(on_hand__lt=0) | Q(reserved__lt=0)).count(),
        "units_lost": abs(UNITS * VARIANTS + importing.ROWS * importing.FOUND - sold - left),
        "import_rows_not_once": abs(
            LedgerEntry.objects.filter(reference=importing.REFERENCE).count() - importing.ROWS
        ),
        "ledger_differences": len(stock.differences()),
        "chat_messages_lost": len(chatter.acknowledged - set(said)),
        "chat_messages_doubled": len(said) - len(set(said)),
        "mails_lost": max(0, OutboxMessage.objects.filter(kind="shop.order").count() - len(mails)),
    }


def run(options: argparse.Namespace, folder: Path) -> list[dict]:
    postgres, redis = Postgres(folder), Redis()
    shop = None
    started = time.monotonic()
    try:
        postgres.make()
        redis.start()
        shop = Shop(folder, postgres, redis)
        variants = seed(folder)
        shop.start("web", "worker", "trainer", "scheduler")
        wait_until(lambda: shop.group.ended() or shop.is_well(), "the shop to open")
        assert shop.group.ended() is None, f"the {shop.group.ended()} ended by itself"
        print(f"open after {time.monotonic() - started:.0f} s", flush=True)
        buyers = Buyers(shop.site, variants, options.checkouts, options.threads)
        chatter = Chatter(shop.site)
        story = Story(shop, postgres, redis, buyers)
        # What the customers do first is not yet disturbed.
        buyers.start()
        chatter.start()
        story.sold(5)
        rounds = 0
        while not rounds or (len(buyers.orders) < buyers.wanted and rounds < options.rounds):
            story.tell_all()
            rounds += 1
        while len(buyers.orders) < buyers.wanted:
            story.sold(20)
        for thread in buyers.threads:
            thread.join(PATIENCE)
        wait_until(lambda: len(chatter.acknowledged) > 3, "a few lines of the chat")
        chatter.stop.set()
        chatter.thread.join(PATIENCE)
        figures = checks(buyers, chatter, folder)
        figures_more = {
            "checkouts": len(buyers.orders),
            **{f"refused: {code}": times for code, times in sorted(buyers.refused.items())},
            "asked_again": buyers.asked_again,
            "chat_messages": len(chatter.acknowledged),
            "mails_sent_twice": _repeated(folder),
            "programs_started_again": len(shop.started_again),
            "seconds": round(time.monotonic() - started, 1),
        }
        said = f"{len(buyers.orders)} checkouts, all faults {rounds} times"
        return (
            _rows(figures, "must be 0", said)
            + _rows(figures_more, "count", said)
            + _rows(story.recovery, "seconds to recover", said)
        )
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}", file=sys.stderr)
        raise
    finally:
        if shop is not None:
            shop.group.stop()
        redis.crash()
        postgres.stop()


def _repeated(folder: Path) -> int:
    mails = (folder / "faults" / "sent").read_text().split()
    return len(mails) - len(set(mails))


def _rows(figures: dict, kind: str, said: str) -> list[dict]:
    return [
        {"benchmark": "faults", "method": name, "metric": kind, "value": round(value, 2)}
        | {"dataset": said, "commit": commit()}
        for name, value in figures.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkouts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=1, help="how often all faults come")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--json", action="store_true", help=f"append to {RESULTS.name}")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="mercato-faults-") as name:
        folder = Path(name)
        # PostgreSQL's own user has to get in.
        folder.chmod(0o755)
        try:
            rows = run(options, folder)
        except Missing as error:
            print(f"The fault suite was skipped: {error}.", file=sys.stderr)
            return 0
    for row in rows:
        print(json.dumps(row))
    if options.json:
        with RESULTS.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    wrong = [row for row in rows if row["metric"] == "must be 0" and row["value"]]
    for row in wrong:
        print(f"WRONG: {row['method']} is {row['value']}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
