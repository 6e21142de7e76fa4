"""Virtual customers go through the real services, so that everything behind them moves."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from inventory.models import StockLevel
from inventory.selectors import differences
from inventory.services import adjust
from risk.models import Assessment
from shop import events
from shop.demo.traffic.patterns import NothingToImitate, habit_of, read_patterns
from shop.demo.traffic.people import card_of, visitor_of
from shop.demo.traffic.simulation import Plan, Simulation
from shop.models import Cart, CartLine, Event, Order, OrderLine, TestCharge
from shop.payments import testprovider
from shop.payments.cards import card_valid
from shop.services import carts
from tests.shop.factories import CustomerFactory

TEATIME = datetime(2026, 1, 5, 22, tzinfo=UTC)
AFTERNOON = Plan(customers=6, minutes=16, speed=0, pause=6, seed=4, begin=TEATIME)
BRIEF = Plan(customers=4, minutes=6, speed=0, pause=3, begin=TEATIME)


def simulate(plan: Plan = AFTERNOON, **options):
    return Simulation(read_patterns(), plan, **options).run()


@pytest.fixture
def before(world):
    """When the virtual customers come; the orders of the past are older."""
    return timezone.now()


@pytest.mark.django_db(transaction=True)
def test_stock_money_risk_and_events_all_move_together(world):
    units_before = StockLevel.objects.aggregate(n=Sum("on_hand"))["n"]
    begin = timezone.now()
    tally = simulate()
    orders = Order.objects.filter(placed_at__gte=begin)
    assert tally.counts["orders"] == orders.count() > 3
    assert not tally.counts["failed"]
    # Money: what was charged and kept is what was ordered, to the cent.
    captured = TestCharge.objects.filter(state=TestCharge.State.CAPTURED)
    assert tally.revenue == sum(captured.values_list("amount", flat=True))
    assert tally.revenue == sum(orders.values_list("total", flat=True))
    # Stock: what was sold is gone, and the ledger agrees.
    lines = OrderLine.objects.filter(order__in=orders)
    sold = lines.aggregate(n=Sum("quantity"))["n"]
    assert units_before - StockLevel.objects.aggregate(n=Sum("on_hand"))["n"] == sold
    assert tally.counts["units"] == sold
    assert differences() == []
    # Risk: every order was screened before it was placed.
    assert Assessment.objects.filter(order__in=orders).count() == orders.count()
    # Behaviour: every step left its event, and all are written.
    kinds = list(Event.objects.filter(at__gte=begin).values_list("kind", flat=True))
    assert kinds.count("view") == tally.counts["views"] > 20
    assert kinds.count("search") == tally.counts["searches"] > 3
    assert kinds.count("cart") == tally.counts["added"]
    assert kinds.count("login") == tally.counts["visits"]
    assert kinds.count("purchase") == lines.count()
    assert events.waiting() == 0


def test_households_take_mostly_what_they_bought_before(world):
    usual = set(OrderLine.objects.values_list("order__customer", "variant__product"))
    simulate()
    taken = list(Event.objects.filter(kind="cart").values_list("customer", "product"))
    share = sum(pair in usual for pair in taken) / len(taken)
    # Somebody who took any of the eight products alike would find a third of them usual.
    assert 0.4 < share < 1.0


def test_who_shops_often_comes_more_often(world):
    stranger = CustomerFactory()
    patterns = read_patterns()
    shares = dict(zip([row.pk for row in patterns.customers], patterns.shares, strict=True))
    assert stranger.pk not in shares
    assert shares[world.regular.pk] == pytest.approx(10 / 20)
    assert sum(shares.values()) == pytest.approx(1)


def test_a_habit_fades(world):
    """Bought every week until three days ago beats bought once, 45 days ago."""
    habit = habit_of(world.regular)
    shares = dict(zip([row.pk for row in habit.variants], habit.shares, strict=True))
    pick = {key: shares[world.variants[key].pk] for key in ("milk", "bread", "pasta")}
    assert pick["milk"] == pytest.approx(pick["bread"])
    assert pick["bread"] > 8 * pick["pasta"]
    assert sum(shares.values()) == pytest.approx(1)


def test_one_seed_is_one_story(world):
    def told(seed: int) -> tuple:
        with transaction.atomic():
            tally = simulate(
                Plan(customers=3, minutes=10, speed=0, pause=5, seed=seed, begin=TEATIME)
            )
            transaction.set_rollback(True)
        return dict(tally.counts), dict(tally.refusals), tally.revenue

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_empty_shelves_are_a_normal_day(world):
    for level in StockLevel.objects.filter(on_hand__gt=0).select_related("variant", "warehouse"):
        adjust(
            variant=level.variant,
            warehouse=level.warehouse,
            quantity=level.on_hand,
            reference=f"damaged {level.pk}",
        )
    tally = simulate()
    assert tally.refusals["out_of_stock"] > 5
    assert tally.counts["orders"] == tally.counts["failed"] == 0
    assert tally.revenue == Decimal(0)


def test_declined_cards_are_counted_and_charge_nothing(world, monkeypatch):
    monkeypatch.setattr("shop.demo.traffic.visit.CARDS", ((testprovider.CARD_DECLINED, 1.0),))
    tally = simulate()
    assert tally.refusals["payment_declined"] >= tally.counts["orders"] > 0
    captured = TestCharge.objects.filter(state=TestCharge.State.CAPTURED)
    assert sum(captured.values_list("amount", flat=True)) == tally.revenue


def test_the_carts_are_empty_afterwards(world, monkeypatch):
    monkeypatch.setattr("shop.demo.traffic.visit.BUYS", 0.0)
    tally = simulate()
    assert tally.counts["abandoned"] > 0 == tally.counts["orders"]
    assert not CartLine.objects.exists()


def test_a_stop_in_the_middle_leaves_nothing_open(world):
    stop = threading.Event()
    seen = []

    def report(standing) -> None:
        seen.append(standing.shopping)
        if standing.shopping and CartLine.objects.exists():
            stop.set()

    plan = Plan(customers=8, minutes=0, speed=300, pause=3)
    Simulation(read_patterns(), plan, stop).run(report)
    assert stop.is_set()
    assert max(seen) > 0
    assert not CartLine.objects.exists()
    assert events.waiting() == 0
    assert Event.objects.filter(kind="view").exists()


def test_a_second_run_is_made_of_other_visits(world, before):
    first, second = simulate(BRIEF), simulate(BRIEF)
    placed = Order.objects.filter(placed_at__gte=before).count()
    assert placed == first.counts["orders"] + second.counts["orders"]
    visitors = Event.objects.filter(kind="login").values_list("visitor", flat=True)
    assert len(set(visitors)) == first.counts["visits"] + second.counts["visits"]


def test_customers_somebody_uses_are_left_alone(world):
    signed_in, filled = world.regular, world.others[0]
    signed_in.user.last_login = timezone.now()
    signed_in.user.save()
    cart = Cart.objects.create(customer=filled)
    carts.add(cart=cart, variant_id=world.variants["milk"].pk, quantity=1)
    simulate(Plan(customers=1000, minutes=3, speed=0, pause=3))
    visitors = set(Event.objects.values_list("customer", flat=True))
    assert visitors.isdisjoint({signed_in.pk, filled.pk})
    assert cart.lines.count() == 1


def test_a_shop_without_orders_says_what_to_do(db):
    with pytest.raises(NothingToImitate, match="load_demo"):
        read_patterns()


def test_everybody_has_a_card_and_an_address_of_their_own(world):
    people = read_patterns().customers
    cards = {card_of(one).number for one in people}
    assert len(cards) == len(people) == len({visitor_of(one, "v").ip for one in people})
    assert all(card_valid(card_of(one), timezone.localdate()) for one in people)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (testprovider.CARD_OK, "captured"),
        (testprovider.CARD_DECLINED, "declined"),
        (testprovider.CARD_CHALLENGE, "challenge"),
    ],
)
def test_ones_own_card_behaves_like_the_test_card(world, number, state):
    card = card_of(world.regular, behaves_like=number)
    assert card.number != number
    charge = testprovider.TestProvider().charge(key="own", amount=Decimal("1.00"), card=card)
    assert charge.state == state
