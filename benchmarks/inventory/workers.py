"""The day's forecasts by one and by two worker processes, over the real broker and database.

Needs PostgreSQL (``DATABASE_URL``) and Redis (``CELERY_BROKER_URL``); a database of its own is made
and dropped. Series are made up by the database: a level each, a mailer in a fifth of the weeks. A
worker is one Celery process with one thread of arithmetic.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.inventory.report import Row, row

DATABASE = "mercato_workers_benchmark"
SERIES, WEEKS, TIMES = 8000, 30, 3
PATIENCE = 300.0
QUEUE = "workers-benchmark"
PLANNED = """
    INSERT INTO shop_plannedpromotion
        (variant_id, week_start, mailer_share, display_share, mailer_channels, display_channels)
    SELECT v.id, %s::date + 7 * w, 1, 0, '[]', '[]'
    FROM shop_variant v, generate_series(0, %s) w WHERE random() < 0.2"""
LINES = """
    INSERT INTO shop_orderline
        (order_id, variant_id, quantity, unit_price, total, discount, coupon_discount)
    SELECT o.id, v.id, 1 + (random() * random() * 4)::int + 3 * (p.id IS NOT NULL)::int, 2, 2, 0, 0
    FROM shop_variant v CROSS JOIN shop_order o
    LEFT JOIN shop_plannedpromotion p
        ON p.variant_id = v.id AND p.week_start = date_trunc('week', o.placed_at)::date
    WHERE random() < 0.15 + 0.3 * ((v.id * 7919) % 100) / 100.0"""


def run(*, quick: bool) -> list[Row]:
    """Both times and what the second worker brings."""
    import psycopg2

    server = os.environ.get("DATABASE_URL", "")
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if not (server.startswith("postgres") and broker.startswith("redis")):
        print("workers: set DATABASE_URL and CELERY_BROKER_URL; skipped", file=sys.stderr)
        return []
    parts = urlsplit(server)
    connection = psycopg2.connect(urlunsplit(parts._replace(path="/postgres")))
    connection.autocommit = True
    drop = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
    with connection.cursor() as cursor, tempfile.TemporaryDirectory() as folder:
        cursor.execute(drop)
        cursor.execute(f"CREATE DATABASE {DATABASE}")
        os.environ |= {
            "DATABASE_URL": urlunsplit(parts._replace(path=f"/{DATABASE}")),
            "CELERY_QUEUE": QUEUE,
            "MERCATO_VAR": folder,
            "OMP_NUM_THREADS": "1",
            "SECRET_KEY": os.environ.get("SECRET_KEY") or "benchmark-of-the-workers",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        try:
            return _measure(Path(folder), SERIES // 4 if quick else SERIES)
        finally:
            cursor.execute(drop)


def _measure(folder: Path, series: int) -> list[Row]:
    import django

    django.setup()
    _fill(series)
    seconds = {}
    for workers in (1, 2):
        seconds[workers] = _timed(folder, workers)
    rows = [
        row("speed", f"workers_{workers}", "seconds_batch", took, n=series, seconds=took)
        for workers, took in seconds.items()
    ]
    speedup = seconds[1] / seconds[2]
    return [*rows, row("speed", "mercato", "worker_speedup", speedup, n=series, seconds=0)]


def _fill(series: int) -> None:
    """A shop with sales of ``WEEKS`` weeks up to last Sunday, and a model that was taught them."""
    from datetime import datetime, timedelta
    from datetime import time as hour

    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from foundation import registry
    from inventory.services.training import train_demand_model
    from shop.models import Category, Channel, Department, Order, Product, Variant

    call_command("migrate", verbosity=0)
    channel = Channel.objects.create(code="online", kind="online", name_en="Online", name_zh="网上")
    department = Department.objects.create(slug="d", name_en="D", name_zh="D", icon="1F4E6")
    categories = Category.objects.bulk_create(
        Category(department=department, slug=f"c{i}", name_en="C", name_zh="C", icon="1F4E6")
        for i in range(40)
    )
    products = Product.objects.bulk_create(
        (
            Product(category=categories[i % 40], slug=f"p{i}", title_en=f"P {i}", title_zh=f"P {i}")
            for i in range(series)
        ),
        batch_size=1000,
    )
    Variant.objects.bulk_create(
        (Variant(product=product, sku=product.slug, price=2, position=0) for product in products),
        batch_size=1000,
    )
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday() + 7 * WEEKS)
    noon = timezone.make_aware(datetime.combine(monday, hour(12)))
    Order.objects.bulk_create(
        Order(
            number=f"W-{day}",
            channel=channel,
            placed_at=noon + timedelta(days=day),
            subtotal=1,
            total=1,
        )
        for day in range(WEEKS * 7)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(PLANNED, [monday, WEEKS + 4])
        cursor.execute("ANALYZE")
        cursor.execute(LINES)
        cursor.execute("ANALYZE")
    version = train_demand_model(force=True)
    if version is None:
        raise RuntimeError("the sales made up are too few to learn from")
    registry.activate(version)


def _timed(folder: Path, workers: int) -> float:
    """Median seconds of batches, from the first look at the sales to the last forecast stored.

    The batch before them is not counted: in it the processes load their libraries and the model.
    """
    from celery import current_app
    from django.db import connection

    from foundation.models import TrainingRun
    from inventory.models import Forecast
    from inventory.services.forecasting import LEARNT_METHOD

    current_app.control.purge()
    TrainingRun.objects.all().delete()
    Forecast.objects.all().delete()
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo"]
    logs = [folder / f"{workers}-{number}.log" for number in range(workers)]
    running = [
        subprocess.Popen(
            [*command, "-n", log.stem, "-l", "info"],
            stdout=subprocess.DEVNULL,
            stderr=log.open("w"),
        )
        for log in logs
    ]
    try:
        _until(lambda: all("ready." in log.read_text() for log in logs))
        took = []
        for number in range(1 + TIMES):
            current_app.send_task("inventory.tasks.forecast_demand")
            done = TrainingRun.objects.filter(capability="inventory.forecast", state="done")
            _until(lambda number=number, done=done: done.count() > number)
            run = done.latest("started_at")
            took.append((run.finished_at - run.started_at).total_seconds())
        if not Forecast.objects.filter(method=LEARNT_METHOD).exists():
            raise RuntimeError("the forecasts are not of the demand model")
        return statistics.median(took[1:])
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        connection.close()


def _until(true) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the workers did not do what they were asked for")
        time.sleep(0.05)
