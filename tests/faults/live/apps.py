"""Shortens waits and puts the breakable clock into every process of the suite."""

from datetime import datetime, timedelta

from django.apps import AppConfig
from django.utils import timezone


class Parts(AppConfig):
    name = "tests.faults.live"
    label = "faults_live"

    def ready(self) -> None:
        from foundation import outbox, runs
        from shop.services import checkout
        from tests.faults.live.parts import mode

        outbox.FIRST_RETRY, outbox.LONGEST_RETRY = timedelta(seconds=1), timedelta(seconds=5)
        outbox.LEASE, outbox.MOST_ATTEMPTS = timedelta(seconds=10), 10_000
        runs.HEARTBEAT_SECONDS, runs.LOST_SECONDS = 0.5, 10.0
        checkout.STUCK_AFTER = timedelta(minutes=2)
        now = timezone.now

        def jumping_now() -> datetime:
            return now() + timedelta(hours=float(mode("clock") or 0))

        timezone.now = jumping_now
