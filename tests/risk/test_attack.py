"""The tour's fraud attack: what a thief gets through, and what staff see of it."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from risk.attack import ATTEMPTS, Attack, attack
from risk.models import Case
from risk.rules import ATTEMPTS_BLOCK, ATTEMPTS_REVIEW
from shop.models import Order
from shop.refusals import RefusalCode
from tests.inventory.factories import stocked

pytestmark = pytest.mark.django_db
PLACED, HELD = str(Order.Status.PLACED), str(Order.Status.ON_HOLD)


@pytest.fixture
def dear():
    variant, _ = stocked(50, 0)
    variant.price = Decimal("80.00")
    variant.save(update_fields=["price"])
    return variant


def test_later_orders_are_held_and_the_last_are_refused(dear):
    became = attack()
    assert len(became) == ATTEMPTS
    assert PLACED not in became[ATTEMPTS_REVIEW:]
    assert set(became[ATTEMPTS_BLOCK:]) == {RefusalCode.ORDER_BLOCKED.value}
    assert Case.objects.filter(assessment__order__status=HELD).count() == became.count(HELD) > 0


def test_it_stops_when_it_is_told_to(dear):
    assert len(attack(lambda: False)) == 1


def test_one_attack_at_a_time(monkeypatch):
    cache.clear()
    started = []
    monkeypatch.setattr("risk.attack.threading.Thread.start", lambda thread: started.append(thread))
    Attack().start()
    Attack().start()
    assert len(started) == 1
    assert Attack().is_running()
    Attack().stop()
    assert not Attack().is_running()
