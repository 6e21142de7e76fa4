"""The last units go to exactly as many buyers as there are units."""

from uuid import uuid4

import pytest
from django.db import connection

from inventory import selectors, services
from inventory.models import StockLevel
from inventory.services import Wanted
from shop.refusals import RefusalCode, Refused
from tests.inventory.factories import stocked


def buyers() -> int:
    """SQLite writes one at a time; PostgreSQL takes the crowd."""
    return 200 if connection.vendor == "postgresql" else 40


def held_and_free() -> tuple[int, int, list]:
    levels = list(StockLevel.objects.all())
    return (
        sum(row.reserved for row in levels),
        sum(row.on_hand - row.reserved for row in levels),
        selectors.differences(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("sell", [False, True], ids=["reserve", "reserve and sell"])
def test_exactly_as_many_buyers_succeed_as_there_are_units(in_threads, sell: bool) -> None:
    variant, _ = stocked(7, 8, 5)
    other, _ = stocked(1000)

    def buy(number: int) -> None:
        # Half of the buyers name the other variant first: the order of locks must not matter.
        wanted = [Wanted(variant, 1), Wanted(other, 1)]
        wanted = wanted if number % 2 else wanted[::-1]
        checkout = uuid4()
        services.reserve(checkout_uuid=checkout, wanted=wanted)
        if sell:
            services.consume(checkout_uuid=checkout, wanted=wanted)

    results = in_threads([lambda n=n: buy(n) for n in range(buyers())])
    failures = [result for result in results if result is not None]
    assert all(
        isinstance(error, Refused) and error.code == RefusalCode.OUT_OF_STOCK for error in failures
    ), failures[:3]
    assert len(results) - len(failures) == 20
    ((reserved, free, differences),) = in_threads([held_and_free])
    assert differences == []
    assert reserved == (0 if sell else 40)
    assert free == 1000 - 20


@pytest.mark.slow
def test_a_delivery_that_is_reported_many_times_at_once_is_booked_once(in_threads) -> None:
    variant, (warehouse,) = stocked(1)

    def deliver() -> bool:
        return services.receive(variant=variant, warehouse=warehouse, quantity=5, reference="PO-9")

    results = in_threads([deliver] * 8)
    assert sorted(map(str, results)) == ["False"] * 7 + ["True"]
    ((_, free, differences),) = in_threads([held_and_free])
    assert (free, differences) == (6, [])


@pytest.mark.slow
def test_expiry_and_sale_of_the_same_hold_do_not_both_win(in_threads) -> None:
    variant, _ = stocked(10)
    checkouts = [uuid4() for _ in range(5)]
    wanted = [Wanted(variant, 1)]
    for checkout in checkouts:
        services.reserve(checkout_uuid=checkout, wanted=wanted)
    work = []
    for checkout in checkouts:
        work.append(lambda c=checkout: services.consume(checkout_uuid=c, wanted=wanted))
        work.append(lambda c=checkout: services.release(checkout_uuid=c))
    results = in_threads(work)
    assert not [result for result in results if isinstance(result, Exception)]
    ((reserved, free, differences),) = in_threads([held_and_free])
    assert (reserved, free, differences) == (0, 5, [])
