"""How fast 1, 2 and 4 worker processes empty the queue: ``python -m benchmarks.workers``.

A PostgreSQL and a Redis of its own, workers as ``make demo`` starts them (two threads each). Mails:
each is a row of the outbox that a task composes and sends into a folder, as at an order's change of
state. They are queued while no worker takes any; the time counts from then on until all are
out, so ``per_second`` is what the workers do and not how soon they start. The forecasts of a night
are measured in ``benchmarks.inventory.workers``.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.rows import row
from benchmarks.serving import environment, measured, services
from scripts.demo import ProcessGroup, programs
from tests.faults.live.services import PATIENCE

NAME = "workers"
WORKERS = (1, 2, 4)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the workers did not do what they were asked for")
        time.sleep(0.02)


def drained(folder: Path, workers: int, order, mails: int) -> float:
    """Seconds in which so many workers send so many mails."""
    from celery import current_app
    from django.conf import settings

    from foundation import outbox
    from foundation.models import OutboxMessage

    group = ProcessGroup()
    command = next(command for name, command, _ in programs("127.0.0.1", 0) if name == "worker")
    names = [f"workers-{workers}-{number}" for number in range(workers)]
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    sent = OutboxMessage.objects.filter(state=OutboxMessage.State.SENT)
    try:
        for name in names:
            group.start(name, [*command, "-n", name], log=folder / f"{name}.log")
        until(lambda: all("ready." in (folder / f"{name}.log").read_text() for name in names))
        # Each has done something, so what is loaded with a first mail is there.
        before = sent.count()
        about = {"order_id": order.pk, "status": order.status}
        for number in range(8 * workers):
            outbox.put("shop.status", f"first-{workers}-{number}", **about)
        until(lambda: sent.count() >= before + 8 * workers)
        current_app.control.cancel_consumer(queue)
        time.sleep(1)
        for number in range(mails):
            outbox.put("shop.status", f"{workers}-{number}", **about)
        before = sent.count()
        started = time.monotonic()
        current_app.control.add_consumer(queue)
        until(lambda: sent.count() >= before + mails)
        return time.monotonic() - started
    finally:
        group.stop()


def run(folder: Path, mails: int) -> Iterator[dict]:
    with services(folder, True) as urls:
        os.environ.update(environment(folder, "postgres", urls))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        from tests.shop import factories

        order = factories.OrderFactory(
            customer=factories.CustomerFactory(), lines=2, status="shipped"
        )
        for workers in WORKERS:
            seconds = drained(folder, workers, order, mails)
            said = f"{mails} mails, queued before"
            more = {"dataset": said, "cores": os.cpu_count()}
            yield row(NAME, f"{workers} worker", "per_second", mails / seconds, **more)
            yield row(NAME, f"{workers} worker", "seconds_to_drain", seconds, **more)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--mails", type=int, default=1000)
    options = parser.parse_args()
    return measured("workers", lambda folder: run(folder, options.mails), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
