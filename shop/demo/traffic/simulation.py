"""Many visits side by side on one clock that may run faster than the wall's."""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.utils import timezone

from shop import events
from shop.demo.traffic.patterns import Patterns
from shop.demo.traffic.visit import Tally, Visit
from shop.models import Customer

log = logging.getLogger(__name__)
REPORT_SECONDS = 0.5


@dataclass(frozen=True)
class Plan:
    """What to simulate.

    ``minutes`` is how long, on the simulated clock (0: until a stop), ``speed`` how many of its
    seconds pass in one of ours (0: as fast as the machine can), ``pause`` the mean minutes between
    two visits of one customer in an average hour. ``begin`` is when the simulated clock starts,
    because there are hours in which people shop more.
    """

    customers: int = 20
    minutes: float = 10.0
    speed: float = 1.0
    pause: float = 10.0
    seed: int = 0
    begin: datetime = field(default_factory=timezone.now)


@dataclass
class Standing:
    """How far a simulation is: simulated and real seconds, and what came of the visits."""

    tally: Tally
    shopping: int = 0
    simulated: float = 0.0
    elapsed: float = 0.0
    behind: float = 0.0
    """Simulated seconds by which the machine is late."""


class Simulation:
    """Runs the visits of some customers in one thread: each does one thing, then another does."""

    def __init__(self, patterns: Patterns, plan: Plan, stop: threading.Event | None = None) -> None:
        self.patterns, self.plan = patterns, plan
        self.stop = stop or threading.Event()
        self.standing = Standing(Tally())
        self._dice = np.random.default_rng(plan.seed)
        self._zone = timezone.get_default_timezone()

    def run(self, report: Callable[[Standing], None] = lambda standing: None) -> Tally:
        """Simulate until the time is over or ``stop`` is set. All events are written at the end."""
        customers = self.patterns.choose_customers(self.plan.customers, self._dice)
        # Dice of one's own: what the others do, and when, does not change anybody's choices.
        seeds = [[self.plan.seed, one.household_key or one.pk] for one in customers]
        each = [np.random.default_rng(seed) for seed in seeds]
        lives = [self._live(one, dice) for one, dice in zip(customers, each, strict=True)]
        waiting = [(next(life), row) for row, life in enumerate(lives)]
        heapq.heapify(waiting)
        started = reported = time.monotonic()
        until = self.plan.minutes * 60 or float("inf")
        try:
            while waiting and not self.stop.is_set():
                due, row = heapq.heappop(waiting)
                if due > until or not self._wait(due, started):
                    break
                heapq.heappush(waiting, (due + next(lives[row]), row))
                if time.monotonic() - reported > REPORT_SECONDS:
                    reported = time.monotonic()
                    report(self.standing)
        finally:
            for life in lives:
                life.close()
            events.flush()
            self.standing.elapsed = time.monotonic() - started
        report(self.standing)
        return self.standing.tally

    def _wait(self, due: float, started: float) -> bool:
        """Wait for a moment of the simulated clock; False when a stop was asked for meanwhile."""
        standing, speed = self.standing, self.plan.speed
        standing.simulated = due
        standing.elapsed = time.monotonic() - started
        if not speed:
            return True
        early = due / speed - standing.elapsed
        standing.behind = max(0.0, -early * speed)
        return early <= 0 or not self.stop.wait(early)

    def _live(self, customer: Customer, dice: np.random.Generator) -> Generator[float, None, None]:
        """One customer's visits, one after the other; yields the seconds until something is due."""
        yield float(dice.uniform(0.0, self.plan.pause * 60))
        while True:
            visit = Visit(customer, self.patterns, dice, self.standing.tally).steps()
            self.standing.shopping += 1
            try:
                yield from visit
            except Exception:
                # One visit that breaks must not end the others; it is counted and logged.
                log.exception("the visit of customer %s broke off", customer.pk)
                self.standing.tally.counts["failed"] += 1
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
            finally:
                self.standing.shopping -= 1
            yield float(dice.exponential(self.plan.pause * 60 / self._busy()))

    def _busy(self) -> float:
        """How busy the simulated hour is, 1 on average."""
        at = self.plan.begin + timedelta(seconds=self.standing.simulated)
        return float(self.patterns.hours[at.astimezone(self._zone).hour])
