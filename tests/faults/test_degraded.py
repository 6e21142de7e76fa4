"""Parts are missing; the shop stays open. Shoppers see a shop, staff see what is missing."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as configuration
from django.core.checks import run_checks
from django.urls import reverse

from foundation import registry
from foundation.models import OutboxMessage
from shop import events
from shop.models import Order
from shop.services import checkout
from tests.inventory.factories import stocked
from tests.shop.conftest import charged, given
from tests.shop.factories import (
    CartFactory,
    CartLineFactory,
    CustomerFactory,
    OrderFactory,
    ProductFactory,
    StaffFactory,
    VariantFactory,
)

ROOT = Path(configuration.BASE_DIR)
BACKEND = "django.contrib.auth.backends.ModelBackend"
LEAKS = (b"Traceback", b"Exception", b"ConnectionError", b"artefact", b"OperationalError")
ADMIN_LISTS = (
    "shop_order",
    "shop_product",
    "inventory_stocklevel",
    "risk_case",
    "foundation_modelversion",
    "foundation_trainingrun",
)


@pytest.fixture(autouse=True)
def clean_process(settings, tmp_path: Path) -> Iterator[None]:
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    registry.forget_loaded()
    events._waiting.clear()
    yield
    events._waiting.clear()
    registry.forget_loaded()


@pytest.fixture
def pages(db) -> list[str]:
    """An address of every type of page, those of a signed-in customer too."""
    variant, _ = stocked(9, variant=VariantFactory(product=ProductFactory(title_en="Oat milk")))
    product = variant.product
    order = OrderFactory(lines=1)
    return [
        "/",
        product.category.get_absolute_url(),
        product.category.department.get_absolute_url(),
        product.get_absolute_url(),
        "/search/",
        "/search/?q=milk",
        "/search/suggest/?q=mi",
        "/compare/",
        "/cart/",
        "/about/data/",
        "/accounts/login/",
        "/accounts/signup/",
        "/api/v1/search/?q=milk",
        "/api/v1/recommendations/",
        f"/api/v1/recommendations/?surface=product&product={product.pk}",
        f"customer:{order.customer.pk}:/account/",
        f"customer:{order.customer.pk}:/orders/",
        f"customer:{order.customer.pk}:/orders/{order.number}/",
        f"customer:{order.customer.pk}:/wishlist/",
    ]


def read_all(client, addresses: list[str]) -> None:
    """Every page answers with 200 and tells shoppers nothing of the machinery."""
    for address in addresses:
        if address.startswith("customer:"):
            _, pk, address = address.split(":", 2)
            from shop.models import Customer

            client.force_login(Customer.objects.get(pk=pk).user, backend=BACKEND)
        for language in ("en", "zh-hans"):
            page = client.get(address, headers={"accept-language": language})
            assert page.status_code == 200, address
            found = [leak for leak in LEAKS if leak in page.content]
            assert not found, f"{address} says {found}"


def read_admin(client) -> bytes:
    """The start page and the lists of staff; returns the start page."""
    client.force_login(StaffFactory(), backend=BACKEND)
    for name in ADMIN_LISTS:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
    page = client.get(reverse("admin:index"))
    assert page.status_code == 200
    return page.content


def place_order(customer=None) -> Order:
    variant, _ = stocked(5)
    cart = CartFactory(customer=customer)
    CartLineFactory(cart=cart, variant=variant)
    order = checkout.run(cart=cart, customer=customer, given=given()).order
    assert order is not None
    return order


def test_nothing_was_ever_trained(client, pages):
    read_all(client, pages)
    assert b"Active models" in read_admin(client)


def test_every_model_is_damaged(client, pages, settings):
    """Versions are active, their files are cut short: as if the disk had been full."""
    for capability in ("recommend.orders", "recommend.search", "risk.orders", "risk.fraud"):
        version = registry.save_version(
            capability=capability, suffix=".npz", write=lambda path: path.write_bytes(b"whole")
        )
        registry.activate(version)
        (Path(settings.ARTEFACT_DIR) / version.artefact).write_bytes(b"half")
    read_all(client, pages)
    order = place_order(CustomerFactory())
    assert order.status == Order.Status.ON_HOLD
    read_admin(client)


def test_the_folder_of_models_is_gone(client, pages, settings):
    version = registry.save_version(
        capability="risk.orders", suffix=".npz", write=lambda path: path.write_bytes(b"whole")
    )
    registry.activate(version)
    settings.ARTEFACT_DIR = Path("/nonexistent/artefacts")
    read_all(client, pages)
    assert place_order().status == Order.Status.ON_HOLD
    read_admin(client)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_when_django_starts(settings, tmp_path):
    tmp_path.chmod(0o500)
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    assert [message.id for message in run_checks()] == ["foundation.E001"]


def test_a_file_where_the_folder_should_be_is_said_when_django_starts(settings, tmp_path):
    (tmp_path / "artefacts").write_text("not a folder")
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    said = [message for message in run_checks() if message.id == "foundation.E001"]
    assert str(settings.ARTEFACT_DIR) in said[0].msg
    assert said[0].hint


def test_the_encoder_is_missing(client, pages, settings, caplog):
    settings.ENCODER_MODEL = "/nonexistent/encoder"
    read_all(client, pages)
    page = client.get("/search/", {"q": "oat milk"})
    assert b"Oat milk" in page.content


def test_a_model_missing_at_the_checkout_means_a_person_looks(db):
    order = place_order()
    assert order.status == Order.Status.ON_HOLD
    assert charged() == order.total > Decimal(0)


def test_the_database_is_empty(client, db):
    read_all(
        client,
        [
            "/",
            "/search/",
            "/search/?q=milk",
            "/compare/",
            "/cart/",
            "/about/data/",
            "/accounts/login/",
            "/api/v1/search/?q=milk",
            "/api/v1/recommendations/",
        ],
    )
    read_admin(client)


@pytest.mark.django_db(transaction=True)
def test_an_order_is_placed_while_the_broker_is_away(settings, monkeypatch, caplog):
    """The mail waits for nobody: the order stands, and the log says what was not queued."""
    from celery import Celery

    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.task_publish_retry_policy = settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    monkeypatch.setattr("foundation.queueing.current_app", away)
    started = time.monotonic()
    order = place_order()
    assert time.monotonic() - started < 15
    assert Order.objects.get() == order
    assert charged() == order.total
    assert "foundation.tasks.deliver could not be queued" in caplog.text
    assert OutboxMessage.objects.get().kind == "shop.order"


CLEAN_STOP = """
    import asyncio, os, sys, threading
    import django
    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    from shop import events
    for number in range(250):
        events.record("view", visitor=f"v{number}", product_id=number)
    import signal, time
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("recorded", flush=True)
    time.sleep(60)
"""


def test_a_clean_stop_writes_every_event(tmp_path):
    """Two hundred and fifty events are in memory alone when the process is told to stop."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MERCATO_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/events.sqlite3",
        "EVENTS_FLUSH_SECONDS": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CLEAN_STOP)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "recorded\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    import sqlite3

    with sqlite3.connect(tmp_path / "events.sqlite3") as connection:
        assert connection.execute("SELECT COUNT(*) FROM shop_event").fetchone() == (250,)


async def test_the_web_process_writes_its_events_when_it_is_stopped(transactional_db):
    """The server's lifespan message is the clean stop of a web process."""
    from asgiref.sync import sync_to_async

    from config.lifespan import Lifespan
    from shop.models import Event

    events.record("view", visitor="last one")
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said = []

    async def receive() -> dict:
        return next(messages)

    async def send(message: dict) -> None:
        said.append(message["type"])

    await Lifespan()({"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert events.waiting() == 0
    assert await sync_to_async(Event.objects.filter(visitor="last one").count)() == 1


def test_events_wait_for_a_database_that_does_not_take_them(db, monkeypatch):
    from django.db import DatabaseError

    from shop.models import Event

    def away(*args, **kwargs):
        raise DatabaseError("the database is away")

    events.record("view", visitor="patient")
    with monkeypatch.context() as patch:
        patch.setattr(Event.objects, "bulk_create", away)
        assert events.flush() == 0
    assert events.waiting() == 1
    assert events.flush() == 1
    assert Event.objects.get().visitor == "patient"


REDIS_AWAY = """
    import django
    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.test import Client
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    for address in ("/", "/search/?q=milk", "/cart/", "/accounts/login/"):
        print(address, client.get(address).status_code)
"""


@pytest.mark.slow
def test_pages_are_served_while_redis_is_away(tmp_path):
    """With ``REDIS_URL`` set and nobody there: pages come without what the cache remembers."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MERCATO_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/redis.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(REDIS_AWAY)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = dict(line.split() for line in done.stdout.splitlines())
    assert set(answers.values()) == {"200"}, answers
