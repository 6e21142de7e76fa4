"""The watchers see what changed in the last week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recommend import readings
from shop.models import Event, Product
from tests.recommend.conftest import World

CLICKED, BOUGHT = 60, 20


def record(kind: str, product: Product, days: float, visitor: str) -> Event:
    at = timezone.now() - timedelta(days=days)
    surface = "" if kind == Event.Kind.PURCHASE else "rail-home-popular"
    return Event(kind=kind, at=at, visitor=visitor, product=product, surface=surface)


@pytest.mark.parametrize(("clicks", "lost"), [(CLICKED, False), (CLICKED // 2, True)])
def test_rails_that_are_clicked_less_are_decay(world: World, clicks: int, lost: bool) -> None:
    product = world.products["milk"]
    rows = []
    for days, clicked in ((14, CLICKED), (2, clicks)):
        for number in range(readings.LEAST_SHOWN):
            visitor = f"{days}-{number}"
            rows.append(record(Event.Kind.IMPRESSION, product, days, visitor))
            if number < clicked:
                rows.append(record(Event.Kind.VIEW, product, days, visitor))
            if number < BOUGHT:
                rows.append(record(Event.Kind.PURCHASE, product, days - 0.1, visitor))
    Event.objects.bulk_create(rows)
    found = {reading.subject: reading for reading in readings.readings()}
    assert found[readings.CLICKS].value == clicks / readings.LEAST_SHOWN
    assert found[readings.BOUGHT].value == pytest.approx(BOUGHT / clicks, abs=1e-3)
    assert found[readings.CLICKS_LOST].is_bad is lost


def test_few_rails_shown_say_nothing(world: World) -> None:
    Event.objects.create(
        kind="impression", at=timezone.now(), visitor="v", surface="rail-home-popular"
    )
    assert readings.CLICKS not in {reading.subject for reading in readings.readings()}
