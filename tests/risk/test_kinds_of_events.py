"""Sign-ins, reviews, chat messages and page views reach the features of the next order, and what
training reads later is what screening read then."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from risk import fraud, memory, places
from risk.learning.batch import order_features
from risk.models import Assessment, Signal
from shop import events
from shop.checkout.protocol import Visitor
from shop.models import Cart, Event
from shop.privacy.register import consent_version
from shop.services import reviews
from support import services as support
from tests.shop.factories import OrderFactory, OrderLineFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Visitor("a-browser", "198.51.100.7", "tests", "en")


def view(seconds_ago: float) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    events.record(Event.Kind.VIEW, visitor=WHO.key, at=at)


@pytest.fixture(autouse=True)
def consent(customer):
    """Whose the events are is written down: this customer agreed."""
    customer.personalisation = True
    customer.consent_version = consent_version()
    customer.save()


def facts(order) -> dict:
    return Assessment.objects.get(order=order).features


def test_pages_looked_at_are_seen_written_or_not(buy, customer, settings):
    settings.EVENTS_FLUSH_SECONDS = 0
    for seconds in (4000, 300, 200, 100):
        view(seconds)
    events.flush()
    view(10)
    known = facts(buy(customer=customer, visitor=WHO))
    assert known["view_count_1h"] == 4
    assert known["view_gap"] == pytest.approx(100, abs=1)


def test_a_chat_message_is_an_event_without_its_words(buy, customer, settings):
    settings.EVENTS_FLUSH_SECONDS = 0
    talk = support.open_conversation(visitor=WHO.key, customer=customer)
    for number in range(3):
        support.say(conversation=talk, text="Where is my money?!", client_id=f"m{number}")
    known = facts(buy(customer=customer, visitor=WHO))
    assert (known["visitor_message_count_1h"], known["visitor_message_count_1d"]) == (3, 3)
    assert 0 <= known["visitor_message_total_1h"] <= 3
    events.flush()
    customer.personalisation = False
    customer.save()
    support.say(conversation=talk, text="And now?", client_id="m9")
    assert events.flush() == 1
    assert Event.objects.filter(kind=Event.Kind.MESSAGE, visitor="", customer=None).count() == 1
    for row in Event.objects.filter(kind=Event.Kind.MESSAGE):
        assert set(row.data) == {"urgency"}
        assert (row.query, row.surface) == ("", "")


def test_a_sign_in_is_remembered_without_its_address(buy, customer, client, settings):
    settings.RISK_LOCATOR = "risk.places.from_headers"
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    signal = Signal.objects.get(kind=Signal.Kind.LOGIN)
    assert (signal.customer, signal.visitor) == (str(customer.pk), client.session["visitor"])
    for at in (places.Place(39.1, -84.5), places.Place(48.9, 2.3)):
        memory.signed_in(
            customer=customer.pk, visitor="v", ip=WHO.ip, place=(at.latitude, at.longitude)
        )
    known = facts(buy(customer=customer, visitor=WHO))
    assert known["customer_login_count_1d"] == 3
    assert known["login_km_7d"] > 6000
    assert known["login_kmh_7d"] > 20_000
    assert not Signal.objects.filter(ip__contains="198.51").exists()


def test_a_burst_of_reviews_is_counted(buy, customer):
    for _number in range(4):
        product = ProductFactory()
        OrderLineFactory(order=OrderFactory(customer=customer), variant__product=product)
        reviews.post(
            customer=customer, product=product, rating=5, title="", body="Good", language="en"
        )
    assert facts(buy(customer=customer))["customer_review_count_1d"] == 4


def test_training_reads_what_screening_read(buy, customer, settings):
    settings.EVENTS_FLUSH_SECONDS = 0
    memory.signed_in(customer=customer.pk, visitor=WHO.key, ip=WHO.ip, place=None)
    talk = support.open_conversation(visitor=WHO.key, customer=customer)
    for number in range(8):
        view(90 - 10 * number)
    support.say(conversation=talk, text="Hello", client_id="m1")
    orders = []
    for _number in range(3):
        Cart.objects.filter(customer=customer).update(is_open=False)
        orders.append(buy(customer=customer, visitor=WHO))
    events.flush()
    table = fraud.history(timezone.now() - timedelta(days=1))
    learned = order_features(table)
    for row, order in zip(learned.to_dict("records"), orders, strict=True):
        screened = facts(order)
        for name in ("view_rhythm", "customer_login_count_1d", "visitor_message_count_1h"):
            assert row[name] == pytest.approx(screened[name], abs=1e-3), name
        for name in ("view_count_1h", "ip_login_count_1d", "ip_order_count_1h"):
            assert np.expm1(row[name]) == pytest.approx(screened[name], abs=1e-3), name
    assert learned["view_count_1h"].gt(0).all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "not an address", True),
    ],
)
def test_a_network_of_the_sixth_version_is_its_first_half(one, other, same):
    assert (memory.network_of(one) == memory.network_of(other)) is same
