"""What visitors of the demo may set in motion, and stop again.

A story is an object with ``start``, ``stop`` and ``is_running``; ``settings.TOUR_STORIES`` names
them, so that other apps can tell theirs. All may be started twice without harm, and end by
themselves or with ``stop``. What runs is kept in the cache that all processes share.
"""

import logging
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import connections, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from shop.models import Deal, Variant

log = logging.getLogger(__name__)

TRAFFIC_SECONDS = 180
TRAFFIC_SPEED = 20.0
CUSTOMERS = 14
DEALS = 8
DEAL_PRICE = Decimal("0.70")
DEAL_TIME = timedelta(minutes=30)
BETWEEN_STARTS = 2
"""Seconds in which only one story can be started, whoever asks."""


class Story(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool: ...


def story(name: str) -> Story | None:
    """The story of a name, or None."""
    path = settings.TOUR_STORIES.get(name)
    return import_string(path)() if path else None


def running() -> dict[str, bool]:
    """Every story's name, and whether it is being told."""
    return {
        name: import_string(path)().is_running() for name, path in settings.TOUR_STORIES.items()
    }


def begin(name: str) -> bool | None:
    """Start a story; False when another was started a moment ago, None when there is none."""
    found = story(name)
    if found is None:
        return None
    if not cache.add("tour:start", True, BETWEEN_STARTS):
        return False
    found.start()
    return True


class Traffic:
    """Customers who browse and buy as the data's households do, for three minutes."""

    key = "tour:traffic"

    def is_running(self) -> bool:
        return cache.get(self.key) is not None

    def start(self) -> None:
        token = uuid4().hex
        if cache.add(self.key, token, TRAFFIC_SECONDS + 60):
            threading.Thread(target=self._shop, args=[token], name=self.key, daemon=True).start()

    def stop(self) -> None:
        cache.delete(self.key)

    def _shop(self, token: str) -> None:
        # Imported here: the simulation needs numpy and the whole checkout.
        from shop.demo.traffic.patterns import read_patterns
        from shop.demo.traffic.simulation import Plan, Simulation, Standing

        stop = threading.Event()

        def listen(standing: Standing) -> None:
            if cache.get(self.key) != token:
                stop.set()

        minutes = TRAFFIC_SECONDS * TRAFFIC_SPEED / 60
        plan = Plan(customers=CUSTOMERS, minutes=minutes, speed=TRAFFIC_SPEED, pause=6.0)
        try:
            Simulation(read_patterns(), plan, stop).run(listen)
        except Exception:
            log.exception("the tour's customers could not shop")
        finally:
            if cache.get(self.key) == token:
                cache.delete(self.key)
            connections.close_all()


class Promotion:
    """Thirty per cent off what people buy most, for half an hour."""

    key = "tour:promotion"

    def is_running(self) -> bool:
        return cache.get(self.key) is not None

    def start(self) -> None:
        if not cache.add(self.key, [], int(DEAL_TIME.total_seconds())):
            return
        now = timezone.now()
        popular = (
            Variant.objects.filter(is_active=True, product__is_active=True, price__gte=1)
            .exclude(product__category__age_gated=True)
            .exclude(deals__starts_at__lte=now, deals__ends_at__gt=now)
            .order_by("-product__recent_units", "pk")
        )
        with transaction.atomic():
            made = [
                Deal.objects.create(
                    variant=variant,
                    price=(variant.price * DEAL_PRICE).quantize(Decimal("0.01")),
                    starts_at=now,
                    ends_at=now + DEAL_TIME,
                )
                for variant in popular[:DEALS]
            ]
        cache.set(self.key, [deal.pk for deal in made], int(DEAL_TIME.total_seconds()))

    def stop(self) -> None:
        deals = cache.get(self.key) or []
        Deal.objects.filter(pk__in=deals, ends_at__gt=timezone.now()).update(ends_at=timezone.now())
        cache.delete(self.key)
