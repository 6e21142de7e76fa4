"""What is queued is really done: by a worker process, over the real broker, on the real database.

On the default the broker is a folder; with ``make test-services`` it is Redis.
"""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from foundation.models import ModelVersion, OutboxMessage, TrainingRun
from inventory.models import Forecast
from inventory.services import Wanted, reserve
from shop.models import Checkout, Order, OrderEvent
from shop.services import orders
from tests.inventory.factories import stocked
from tests.shop.conftest import given
from tests.shop.factories import (
    CartFactory,
    CartLineFactory,
    CustomerFactory,
    OrderFactory,
    OrderLineFactory,
    StaffFactory,
)
from tests.worker.conftest import wait_until

ROOT = Path(settings.BASE_DIR)


def mails() -> str:
    """All mail the worker has written."""
    folder = Path(settings.VAR_DIR) / "mail"
    return "".join(path.read_text() for path in folder.glob("*")) if folder.exists() else ""


def place_order() -> Order:
    from shop.services import checkout

    variant, _ = stocked(5)
    cart = CartFactory()
    CartLineFactory(cart=cart, variant=variant)
    order = checkout.run(cart=cart, customer=None, given=given()).order
    assert order is not None
    return order


@pytest.mark.slow
def test_mail_is_sent_by_the_worker_after_the_commit(worker):
    order = place_order()
    key = f"shop.order:{order.pk}"
    sent = OutboxMessage.objects.filter(key=key, state=OutboxMessage.State.SENT)
    wait_until(sent.exists, "the confirmation")
    assert mails().count(f"Subject: Your order {order.number}") == 1
    # The queue may deliver a task twice; the customer gets one mail.
    worker.runs("foundation.tasks.deliver", key)
    assert mails().count(f"Subject: Your order {order.number}") == 1
    staff = StaffFactory()
    if order.status == Order.Status.ON_HOLD:
        orders.release(order=order, by=staff)
        order.refresh_from_db()
    orders.cancel(order=order, by=staff)
    wait_until(lambda: f"Your order {order.number} is cancelled" in mails(), "the cancellation")


@pytest.mark.slow
def test_every_scheduled_task_is_done_by_the_worker(worker):
    variants = [stocked(50)[0] for _ in range(6)]
    now = timezone.now()
    for number in range(240):
        at = now - timedelta(days=1 + number % 60, hours=number % 12)
        order = OrderFactory(customer=CustomerFactory(), placed_at=at, status="delivered")
        for step in range(2):
            OrderLineFactory(order=order, variant=variants[(number + step) % 6])
    left = Checkout.objects.create(idempotency_key="left-behind", cart=CartFactory())
    reserve(checkout_uuid=left.uuid, wanted=[Wanted(variants[0], 2)])
    Checkout.objects.update(updated_at=now - timedelta(hours=1))
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        worker.runs(entry["task"], *entry.get("args", ()))
    left.refresh_from_db()
    assert left.state == Checkout.State.REFUSED
    assert Forecast.objects.exists()
    trained = set(ModelVersion.objects.values_list("capability", flat=True))
    assert {"recommend.orders", "recommend.search", "risk.orders"} <= trained
    assert not TrainingRun.objects.exclude(state=TrainingRun.State.DONE).exists()
    assert not OrderEvent.objects.exists()


def queued_names() -> set[str]:
    """Names of tasks that the code hands to ``queue`` or ``send_task`` as text."""
    found = set()
    for app in ("config", "shop", "recommend", "inventory", "risk", "support", "foundation"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and node.args):
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in ("queue", "send_task") and isinstance(first, ast.Constant):
                    found.add(first.value)
    return found


def test_everything_queued_and_scheduled_is_a_task_that_exists():
    """A task that is named by text and misspelt would only fail in the worker's log."""
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    queued = queued_names()
    assert "foundation.tasks.deliver" in queued
    assert scheduled | queued <= set(current_app.tasks)


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_takes_the_schedule_of_the_settings():
    from django_celery_beat.models import PeriodicTask
    from django_celery_beat.schedulers import DatabaseScheduler

    DatabaseScheduler(current_app, lazy=False)
    rows = dict(PeriodicTask.objects.filter(enabled=True).values_list("name", "task"))
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert rows[name] == entry["task"]
