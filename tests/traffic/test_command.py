"""``manage.py simulate_traffic`` as a person runs it."""

import io
import os
import signal
import threading

import pytest
from django.core.management import CommandError, call_command

from shop.models import CartLine, Event, Order


def traffic(**options) -> str:
    out = io.StringIO()
    call_command("simulate_traffic", stdout=out, **options)
    return out.getvalue()


def test_it_tells_what_happened(world):
    before = Order.objects.count()
    said = traffic(customers=4, minutes=8, speed=0, pause=3)
    placed = Order.objects.count() - before
    assert f"{placed} orders" in said
    assert "min simulated" in said


def test_ctrl_c_ends_it_cleanly(world):
    """Without an end of its own it stops on the signal, writes its events and empties carts."""
    handler = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    said = traffic(customers=6, minutes=0, speed=600, pause=2)
    timer.join()
    assert "visits" in said
    assert Event.objects.filter(kind="view").exists()
    assert not CartLine.objects.exists()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_visit_that_breaks_is_said_and_fails_the_command(world, settings):
    settings.AVAILABILITY_PROVIDER = "inventory.selectors.no_such_thing"
    with pytest.raises(CommandError, match="broke off"):
        traffic(customers=6, minutes=9, speed=0, pause=3)
    assert not CartLine.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"customers": 0}, {"minutes": -1}, {"speed": -1}, {"pause": 0}, {"minutes": 0, "speed": 0}],
    ids=str,
)
def test_figures_that_make_no_sense_are_refused(world, wrong):
    with pytest.raises(CommandError):
        traffic(**wrong)


def test_without_data_it_says_what_to_do(db):
    with pytest.raises(CommandError, match="load_demo"):
        traffic()
