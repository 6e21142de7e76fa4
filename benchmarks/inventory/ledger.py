"""10,000 random stock operations by 16 processes, some of which are killed: nothing may drift.

Needs PostgreSQL: ``DATABASE_URL`` names a server on which a database of its own is made and
dropped. At the end no level may be negative and every level must be what its ledger, its holds and
its purchase orders say. A worker is this module run with a seed and a number of operations.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from benchmarks.inventory.report import Row, row

PROCESSES = 16
OPERATIONS = 10_000
KILLS = 12
VARIANTS, WAREHOUSES = 12, 3
DATABASE = "mercato_ledger_benchmark"


def run(*, quick: bool) -> list[Row]:
    """Make the database, let the workers loose, kill some, compare; one row a figure."""
    import psycopg2

    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        print("ledger: set DATABASE_URL to a PostgreSQL server; skipped", file=sys.stderr)
        return []
    parts = urlsplit(server)
    admin = urlunsplit(parts._replace(path="/postgres"))
    connection = psycopg2.connect(admin)
    connection.autocommit = True
    drop = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
    with connection.cursor() as cursor:
        cursor.execute(drop)
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{DATABASE}"))
    try:
        return _measure(OPERATIONS // 10 if quick else OPERATIONS)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(drop)


def _measure(operations: int) -> list[Row]:
    _setup()
    _stock()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done, kills = _workers(Path(folder), operations)
    seconds = time.perf_counter() - started
    figures = {"operations": done, "kills": kills, **_state()}
    return [
        row("ledger", "mercato", name, value, n=done, seconds=seconds)
        for name, value in figures.items()
    ]


def _workers(folder: Path, operations: int) -> tuple[int, int]:
    """Start the processes, kill some in the middle, restart each for what it still had to do."""
    dice, kills = random.Random(1), 0
    share = -(-operations // PROCESSES)
    left = dict.fromkeys(range(PROCESSES), share)
    running = {index: _start(folder, index, share, 0) for index in left}
    while running:
        time.sleep(0.2)
        for index, process in list(running.items()):
            done = _done(folder, index)
            if process.poll() is not None:
                if process.returncode == 0:
                    del running[index]
                else:
                    running[index] = _start(folder, index, max(share - done, 1), done)
            elif kills < KILLS and done > share // 10 and dice.random() < 0.03:
                process.kill()
                kills += 1
    return sum(_done(folder, index) for index in left), kills


def _start(folder: Path, index: int, operations: int, round_: int) -> subprocess.Popen:
    file = folder / f"{index}.done"
    command = [sys.executable, "-m", "benchmarks.inventory.ledger"]
    return subprocess.Popen([*command, str(index * 1_000_003 + round_), str(operations), str(file)])


def _done(folder: Path, index: int) -> int:
    file = folder / f"{index}.done"
    return file.stat().st_size if file.is_file() else 0


def _setup() -> None:
    os.environ.setdefault("SECRET_KEY", "benchmark-of-the-ledger")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()


def _stock() -> None:
    from django.core.management import call_command

    from inventory import services
    from inventory.models import Warehouse
    from shop.models import Category, Channel, Department, Product, Variant

    call_command("migrate", verbosity=0)
    channel = Channel.objects.create(code="online", kind="online", name_en="Online", name_zh="网上")
    department = Department.objects.create(slug="d", name_en="D", name_zh="D", icon="1F4E6")
    category = Category.objects.create(
        department=department, slug="c", name_en="C", name_zh="C", icon="1F4E6"
    )
    product = Product.objects.create(category=category, slug="p", title_en="P", title_zh="P")
    for index in range(WAREHOUSES):
        Warehouse.objects.create(code=f"w{index}", name_en="W", name_zh="W", channel=channel)
    for number in range(VARIANTS):
        variant = Variant.objects.create(
            product=product, sku=f"v{number}", price=1, position=number
        )
        for warehouse in Warehouse.objects.all():
            services.receive(
                variant=variant, warehouse=warehouse, quantity=40, reference=f"start {number}"
            )


def _state() -> dict[str, float]:
    from inventory import selectors
    from inventory.models import LedgerEntry, StockLevel

    levels = list(StockLevel.objects.all())
    return {
        "ledger_entries": LedgerEntry.objects.count(),
        "negative_levels": sum(
            min(level.on_hand, level.reserved, level.free) < 0 for level in levels
        ),
        "differences": len(selectors.differences()),
    }


def work(seed: int, operations: int, progress: Path) -> None:
    """Do random operations; refusals (nothing left) are part of them."""
    from inventory.models import Warehouse
    from shop.models import Variant
    from shop.refusals import Refused

    dice = random.Random(seed)
    variants, warehouses = list(Variant.objects.all()), list(Warehouse.objects.all())
    checkouts: list[UUID] = []
    with progress.open("ab", buffering=0) as file:
        for number in range(operations):
            with contextlib.suppress(Refused):
                _operate(dice, variants, warehouses, checkouts, f"{seed}-{number}")
            file.write(b".")


def _operate(dice, variants, warehouses, checkouts, reference) -> None:  # type: ignore[no-untyped-def]
    from inventory import services
    from inventory.services import Wanted

    variant, place = dice.choice(variants), dice.choice(warehouses)
    units, kind = dice.randint(1, 6), dice.random()
    if kind < 0.35 or not checkouts:
        checkout = UUID(int=dice.getrandbits(128), version=4)
        wanted = [Wanted(item, dice.randint(1, 3)) for item in dice.sample(variants, 2)]
        services.reserve(checkout_uuid=checkout, wanted=wanted)
        checkouts.append(checkout)
        if kind < 0.2:
            services.consume(checkout_uuid=checkout, wanted=wanted)
    elif kind < 0.5:
        services.release(checkout_uuid=checkouts.pop(dice.randrange(len(checkouts))))
    elif kind < 0.6:
        services.put_back_cancelled(checkout_uuid=dice.choice(checkouts), reference=reference)
    elif kind < 0.75:
        services.receive(variant=variant, warehouse=place, quantity=units, reference=reference)
    elif kind < 0.85:
        other = dice.choice([w for w in warehouses if w != place])
        services.transfer(
            variant=variant, source=place, target=other, quantity=units, reference=reference
        )
    elif kind < 0.95:
        services.adjust(variant=variant, warehouse=place, quantity=units, reference=reference)
    else:
        services.count(variant=variant, warehouse=place, found=dice.randint(0, 60))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("operations", type=int)
    parser.add_argument("progress", type=Path)
    options = parser.parse_args()
    _setup()
    work(options.seed, options.operations, options.progress)
