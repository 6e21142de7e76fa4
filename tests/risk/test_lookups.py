"""The two statements of screening answer what the ORM would, on either database."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Avg, Count, Max
from django.utils import timezone

from risk import lookups, memory, services
from risk.learning.features import DAY
from risk.models import Assessment, Freeze, IdentityState, ListEntry, Rule
from shop.checkout.protocol import CheckoutRun, Visitor
from shop.models import Checkout, Order
from tests.shop.conftest import card
from tests.shop.factories import CartFactory, CustomerFactory, OrderFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def run(customer) -> CheckoutRun:
    checkout = Checkout.objects.create(idempotency_key="one-two-three", cart=CartFactory())
    return CheckoutRun(
        checkout=checkout, customer=customer, email="A@Mail.Example", lines=[], subtotal=0,
        delivery_fee=0, total=20, address={"line1": "1 Road", "postal_code": "1"},
        delivery_option="standard", delivery_date=None, card=card(),
        visitor=Visitor("visitor-1", "192.0.2.1", "tests", "en"),
    )  # fmt: skip


def look_up(run: CheckoutRun, fingerprint: str = "f" * 64) -> lookups.Known:
    event = memory.activity_of(run, card=fingerprint, at=NOW)
    return lookups.look_up(run, event, at=NOW)


def assess(**values) -> Assessment:
    return Assessment.objects.create(**{"decision": "allow", "checkout_uuid": uuid4()} | values)


def test_past_orders_are_summed_up_to_now(run, customer):
    for hours, total in ((-1, 99), (3, 10), (30, 25), (800, 41)):
        OrderFactory(customer=customer, placed_at=NOW - timedelta(hours=hours), total=total)
    OrderFactory(customer=CustomerFactory(), placed_at=NOW - timedelta(hours=2), total=7)
    facts = look_up(run).facts
    past = Order.objects.filter(customer=customer, placed_at__lt=NOW).aggregate(
        n=Count("id"), mean=Avg("total"), last=Max("placed_at")
    )
    assert facts.past_orders == past["n"] == 3
    assert facts.past_mean_total == pytest.approx(float(past["mean"]))
    assert facts.days_since_last == pytest.approx((NOW - past["last"]).total_seconds() / DAY)
    assert facts.orders_last_day == 1


def test_attempts_are_counted_by_browser_and_card_but_not_the_own(run, customer):
    other = CustomerFactory()
    assess(visitor="visitor-1", at=NOW - timedelta(minutes=59))
    assess(visitor="visitor-1", at=NOW - timedelta(minutes=61))
    assess(visitor="visitor-2", at=NOW)
    for customer_of, days in ((other, 0.5), (other, 3), (customer, 2), (None, 1.5)):
        assess(customer=customer_of, card_fingerprint="f" * 64, at=NOW - timedelta(days=days))
    assess(customer=CustomerFactory(), card_fingerprint="f" * 64, at=NOW - timedelta(days=31))
    velocity = look_up(run).velocity
    assert (velocity.by_visitor_hour, velocity.by_card_day) == (1, 1)
    assert velocity.customers_on_card == 2
    run.customer = None
    assert look_up(run).velocity.customers_on_card == 2
    assert look_up(run, "").velocity.customers_on_card == 0


def test_a_checkout_that_was_screened_is_recognised(run):
    assert look_up(run).assessed is None
    made = assess(checkout_uuid=run.checkout.uuid, visitor="visitor-1", at=NOW)
    known = look_up(run)
    assert (known.assessed, known.velocity.by_visitor_hour) == (made.pk, 0)


def test_only_an_active_freeze_counts(run, customer):
    assert look_up(run).frozen is None
    freeze = Freeze.objects.create(customer=customer, reason="Stolen card")
    assert look_up(run).frozen == "Stolen card"
    Freeze.objects.filter(pk=freeze.pk).update(is_active=False)
    assert look_up(run).frozen is None


def test_states_rules_and_entries_that_may_speak_are_read(run, customer):
    key = f"customer:{customer.pk}"
    IdentityState.objects.create(key=key, state={"orders": 3, "cards": ["ä", '"']})
    IdentityState.objects.create(key="customer:0", state={})
    Rule.objects.create(name="on trial", expression="total > 1", mode=Rule.Mode.SHADOW, version=4)
    Rule.objects.create(name="off", expression="total > 1", mode=Rule.Mode.OFF)
    ListEntry.objects.create(effect="block", field="email", value="a@mail.example")
    past = NOW - timedelta(days=1)
    ListEntry.objects.create(effect="allow", field="card", value="f" * 64, expires_at=past)
    ListEntry.objects.create(effect="block", field="domain", value="other.example")
    known = look_up(run)
    assert known.states == {key: {"orders": 3, "cards": ["ä", '"']}}
    assert [(rule.name, rule.version, rule.mode) for rule in known.rules] == [
        ("on trial", 4, Rule.Mode.SHADOW)
    ]
    assert [(entry.field, entry.effect) for entry in known.entries] == [("email", "block")]


def test_screening_takes_few_statements(
    buy, model, customer, monkeypatch, django_assert_max_num_queries
):
    """Two that look up, one that writes, one that finds no forest; more would be felt."""
    buy()
    screen = services.screen

    def counted(run, **kwargs):
        with django_assert_max_num_queries(4):
            return screen(run, **kwargs)

    monkeypatch.setattr(services, "screen", counted)
    buy(customer=customer)
    assert Assessment.objects.filter(customer=customer).exists()
