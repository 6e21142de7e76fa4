"""Simulated fraud: labelled, seeded, apart from the shop's figures, and learned from."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from risk import simulation
from risk.models import IdentityState, Signal
from shop.models import Order, OrderLine
from tests.shop.factories import CategoryFactory, ChannelFactory, CustomerFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(screened) -> int:
    """Sixty days of orders of thirty customers."""
    rng, channel = np.random.default_rng(0), ChannelFactory()
    variants = [VariantFactory(product__category=CategoryFactory()) for _ in range(3)]
    customers = CustomerFactory.create_batch(30)
    orders = [
        Order(
            number=f"P-{number}",
            customer=customers[number % 30],
            channel=channel,
            email=f"p{number % 30}@mail.example",
            status=Order.Status.DELIVERED,
            placed_at=timezone.now() - timedelta(hours=float(rng.uniform(2, 60 * 24))),
            subtotal=Decimal("20.00"),
            total=Decimal(str(round(float(rng.lognormal(3, 0.6)), 2))),
        )
        for number in range(900)
    ]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=variants[number % 3],
            quantity=1 + number % 4,
            unit_price=order.total,
            total=order.total,
        )
        for number, order in enumerate(orders)
    )
    return len(orders)


def test_campaigns_are_signals_and_no_orders(past):
    frauds = simulation.simulate(days=70, share=0.05)
    signals = Signal.objects.filter(source=Signal.Source.SIMULATION)
    bad = signals.exclude(campaign="").filter(kind=Signal.Kind.ORDER)
    assert frauds == bad.count() > 20
    assert Order.objects.count() == past
    # Nobody knows yet what has not been reported.
    assert not signals.filter(fraud__isnull=False, known_at__gt=timezone.now()).exists()
    assert signals.filter(fraud=True).exists()


def test_the_same_seed_makes_the_same_campaigns(past):
    def made() -> list:
        simulation.simulate(days=70, share=0.05, seed=3, kinds=("card_testing",))
        rows = Signal.objects.exclude(campaign="").order_by("at")
        return list(rows.values_list("card", "total", "kind"))

    first = made()
    assert first == made()
    assert {row[2] for row in first} == {Signal.Kind.ORDER, Signal.Kind.DECLINED}


def test_states_are_made_again_from_orders(past):
    assert simulation.rebuild_states() > 30
    order = Order.objects.first()
    state = IdentityState.objects.get(key=f"customer:{order.customer_id}").state
    assert state["orders"] == order.customer.orders.count()
    assert not state["cards"]


def test_the_command_says_what_to_do_without_orders(screened):
    with pytest.raises(CommandError, match="load the demo first"):
        call_command("simulate_fraud")
