"""Units are held for a checkout, sold, given back and brought back, each once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from inventory import services
from inventory.models import LedgerEntry, Reservation, StockLevel
from inventory.services import Wanted
from shop.refusals import RefusalCode, Refused
from tests.inventory.factories import WarehouseFactory, stocked
from tests.shop.factories import VariantFactory

pytestmark = pytest.mark.django_db


def totals(variant) -> tuple[int, int]:
    """(on hand, reserved) over all warehouses."""
    rows = StockLevel.objects.filter(variant=variant)
    return sum(row.on_hand for row in rows), sum(row.reserved for row in rows)


def placed_in(checkout) -> dict[str, int]:
    rows = Reservation.objects.filter(checkout_uuid=checkout).select_related("warehouse")
    return {row.warehouse.code: row.quantity for row in rows}


def test_online_stock_is_taken_first_then_the_fullest_store() -> None:
    variant, (online, _small, big) = stocked(2, 3, 9)
    checkout = uuid4()
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 5)])
    assert placed_in(checkout) == {online.code: 2, big.code: 3}


def test_an_order_of_a_store_takes_that_stores_stock_first() -> None:
    variant, (online, store, _) = stocked(9, 2, 9)
    checkout = uuid4()
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 3)], channel=store.channel)
    assert placed_in(checkout) == {store.code: 2, online.code: 1}


def test_what_is_not_there_is_refused_with_how_many_there_are_and_nothing_is_held() -> None:
    plenty, _ = stocked(50)
    scarce, _ = stocked(1, 1)
    with pytest.raises(Refused) as refusal:
        services.reserve(checkout_uuid=uuid4(), wanted=[Wanted(plenty, 3), Wanted(scarce, 3)])
    assert refusal.value.code == RefusalCode.OUT_OF_STOCK
    assert refusal.value.data["available"] == 2
    assert refusal.value.data["title"] == str(scarce)
    assert refusal.value.message == (f"There is not enough stock: only 2 left of {scarce}.")
    assert [row["variant"] for row in refusal.value.data["shortages"]] == [scarce.pk]
    assert totals(plenty) == (50, 0)
    assert not Reservation.objects.exists()


def test_a_variant_that_was_never_stocked_is_out_of_stock() -> None:
    with pytest.raises(Refused) as refusal:
        services.reserve(checkout_uuid=uuid4(), wanted=[Wanted(VariantFactory(), 1)])
    assert refusal.value.data["available"] == 0


@pytest.mark.parametrize("quantity", [0, -3])
def test_quantities_that_are_none_are_refused(quantity: int) -> None:
    variant, _ = stocked(5)
    with pytest.raises(Refused):
        services.reserve(checkout_uuid=uuid4(), wanted=[Wanted(variant, quantity)])
    assert totals(variant) == (5, 0)


def test_reserving_twice_holds_once_and_prolongs() -> None:
    variant, _ = stocked(5)
    checkout = uuid4()
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 3)])
    Reservation.objects.update(expires_at=timezone.now())
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 3)])
    assert totals(variant) == (5, 3)
    assert Reservation.objects.get().expires_at > timezone.now() + timedelta(minutes=14)


def test_two_lines_of_the_same_variant_are_added_up() -> None:
    variant, _ = stocked(5)
    with pytest.raises(Refused):
        services.reserve(checkout_uuid=uuid4(), wanted=[Wanted(variant, 3), Wanted(variant, 3)])


def test_a_changed_cart_is_reserved_anew() -> None:
    variant, _ = stocked(5)
    other, _ = stocked(5)
    checkout = uuid4()
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 3)])
    services.reserve(checkout_uuid=checkout, wanted=[Wanted(variant, 5), Wanted(other, 1)])
    assert totals(variant) == (5, 5)
    assert totals(other) == (5, 1)


def test_releasing_twice_gives_back_once() -> None:
    variant, _ = stocked(5)
    one, two = uuid4(), uuid4()
    services.reserve(checkout_uuid=one, wanted=[Wanted(variant, 3)])
    services.reserve(checkout_uuid=two, wanted=[Wanted(variant, 2)])
    assert services.release(checkout_uuid=one) == 3
    assert services.release(checkout_uuid=one) == 0
    assert totals(variant) == (5, 2)


def test_releasing_a_checkout_that_holds_nothing_is_harmless() -> None:
    assert services.release(checkout_uuid=uuid4()) == 0


def test_consuming_twice_sells_once() -> None:
    variant, _ = stocked(5)
    checkout = uuid4()
    wanted = [Wanted(variant, 3)]
    services.reserve(checkout_uuid=checkout, wanted=wanted)
    services.consume(checkout_uuid=checkout, wanted=wanted)
    services.consume(checkout_uuid=checkout, wanted=wanted)
    assert totals(variant) == (2, 0)
    services.release(checkout_uuid=checkout)
    assert totals(variant) == (2, 0)
    sales = LedgerEntry.objects.filter(reason="sale")
    assert [(row.on_hand_change, row.reserved_change) for row in sales] == [(-3, -3)]


def test_a_hold_that_ran_out_is_given_back_by_the_clock() -> None:
    variant, _ = stocked(5)
    late, fresh = uuid4(), uuid4()
    services.reserve(checkout_uuid=late, wanted=[Wanted(variant, 3)])
    services.reserve(checkout_uuid=fresh, wanted=[Wanted(variant, 1)])
    Reservation.objects.filter(checkout_uuid=late).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert services.expire_reservations() == 1
    assert services.expire_reservations() == 0
    assert totals(variant) == (5, 1)


def test_a_sale_whose_hold_ran_out_takes_the_units_again_while_there_are_any() -> None:
    variant, _ = stocked(5)
    checkout = uuid4()
    wanted = [Wanted(variant, 3)]
    services.reserve(checkout_uuid=checkout, wanted=wanted)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    services.expire_reservations()
    services.consume(checkout_uuid=checkout, wanted=wanted)
    assert totals(variant) == (2, 0)


def test_a_sale_whose_units_went_to_others_is_refused() -> None:
    variant, _ = stocked(5)
    slow, quick = uuid4(), uuid4()
    services.reserve(checkout_uuid=slow, wanted=[Wanted(variant, 3)])
    services.release(checkout_uuid=slow)
    services.consume(checkout_uuid=quick, wanted=[Wanted(variant, 4)])
    with pytest.raises(Refused) as refusal:
        services.consume(checkout_uuid=slow, wanted=[Wanted(variant, 3)])
    assert refusal.value.data["available"] == 1
    assert totals(variant) == (1, 0)


def test_a_cancelled_order_goes_back_where_it_came_from_once() -> None:
    variant, (online, store) = stocked(2, 4)
    checkout = uuid4()
    services.consume(checkout_uuid=checkout, wanted=[Wanted(variant, 5)])
    for _ in range(2):
        services.put_back_cancelled(checkout_uuid=checkout, reference="cancel M-1")
    on_hand = dict(StockLevel.objects.values_list("warehouse__code", "on_hand"))
    assert on_hand == {online.code: 2, store.code: 4}


def test_returned_units_go_where_they_came_from_and_the_rest_of_a_cancellation_after_them() -> None:
    variant, _ = stocked(2, 4)
    checkout = uuid4()
    services.consume(checkout_uuid=checkout, wanted=[Wanted(variant, 5)])
    for _ in range(2):
        services.return_goods(
            checkout_uuid=checkout, units={variant.pk: 3}, fallback=None, reference="return 1"
        )
    assert totals(variant) == (4, 0)
    services.put_back_cancelled(checkout_uuid=checkout, reference="cancel M-1")
    assert totals(variant) == (6, 0)


def test_returns_of_orders_from_before_this_stock_go_to_the_named_warehouse() -> None:
    variant = VariantFactory()
    warehouse = WarehouseFactory(store=True)
    for _ in range(2):
        services.return_goods(
            checkout_uuid=None, units={variant.pk: 2}, fallback=warehouse, reference="return 7"
        )
    assert StockLevel.objects.get().warehouse == warehouse
    assert totals(variant) == (2, 0)
