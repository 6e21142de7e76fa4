"""Shortens waits and puts the breakable model and clock into every process of the suite."""

import time
from datetime import datetime, timedelta

from django.apps import AppConfig
from django.utils import timezone


class Parts(AppConfig):
    name = "tests.faults.live"
    label = "faults_live"

    def ready(self) -> None:
        from foundation import outbox, runs
        from risk import fraud
        from shop.services import checkout
        from tests.faults.live.parts import SLOW_SECONDS, mode

        outbox.FIRST_RETRY, outbox.LONGEST_RETRY = timedelta(seconds=1), timedelta(seconds=5)
        outbox.LEASE, outbox.MOST_ATTEMPTS = timedelta(seconds=10), 10_000
        runs.HEARTBEAT_SECONDS, runs.LOST_SECONDS = 0.5, 10.0
        checkout.STUCK_AFTER = timedelta(minutes=2)
        judge, now = fraud._judge, timezone.now

        def slow_judge(*args, **kwargs):
            if mode("model") == "slow":
                time.sleep(SLOW_SECONDS)
            return judge(*args, **kwargs)

        def jumping_now() -> datetime:
            return now() + timedelta(hours=float(mode("clock") or 0))

        fraud._judge, timezone.now = slow_judge, jumping_now
