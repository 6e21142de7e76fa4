"""Every unit that comes or goes is in the ledger, once."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from inventory import selectors, services
from inventory.models import AppendOnlyError, LedgerEntry, StockLevel
from shop.refusals import RefusalCode, Refused
from tests.inventory.factories import WarehouseFactory, stocked
from tests.shop.factories import StaffFactory, VariantFactory

pytestmark = pytest.mark.django_db


def level(variant, warehouse) -> StockLevel:
    return StockLevel.objects.get(variant=variant, warehouse=warehouse)


def test_receiving_books_the_units_and_who_did_it() -> None:
    variant, warehouse, keeper = VariantFactory(), WarehouseFactory(), StaffFactory()
    booked = services.receive(
        variant=variant, warehouse=warehouse, quantity=7, reference="PO-1", by=keeper
    )
    assert booked
    assert level(variant, warehouse).on_hand == 7
    entry = LedgerEntry.objects.get()
    assert (entry.on_hand_change, entry.reserved_change) == (7, 0)
    assert (entry.reason, entry.reference, entry.by) == ("receipt", "PO-1", keeper)


def test_the_same_delivery_is_received_once() -> None:
    variant, warehouse = VariantFactory(), WarehouseFactory()
    for _ in range(2):
        services.receive(variant=variant, warehouse=warehouse, quantity=7, reference="PO-1")
    assert level(variant, warehouse).on_hand == 7
    services.receive(variant=variant, warehouse=warehouse, quantity=7, reference="PO-2")
    assert level(variant, warehouse).on_hand == 14


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 2**70])
def test_impossible_quantities_are_refused(quantity: int) -> None:
    variant, warehouse = VariantFactory(), WarehouseFactory()
    with pytest.raises(Refused) as refusal:
        services.receive(variant=variant, warehouse=warehouse, quantity=quantity, reference="x")
    assert refusal.value.code == RefusalCode.INVALID_QUANTITY
    assert "1000000" in refusal.value.message
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("reference", ["", "x" * 81, "a\0b"])
def test_a_movement_says_what_it_came_from(reference: str) -> None:
    variant, warehouse = VariantFactory(), WarehouseFactory()
    with pytest.raises(Refused):
        services.receive(variant=variant, warehouse=warehouse, quantity=1, reference=reference)


def test_entries_cannot_be_changed_or_deleted() -> None:
    stocked(5)
    entry = LedgerEntry.objects.get()
    entry.on_hand_change = 500
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        LedgerEntry.objects.update(on_hand_change=500)
    with pytest.raises(AppendOnlyError):
        LedgerEntry.objects.all().delete()
    assert LedgerEntry.objects.get().on_hand_change == 5


def test_the_database_itself_refuses_a_second_booking() -> None:
    stocked(5)
    entry = LedgerEntry.objects.get()
    entry.pk, entry._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()


def test_a_count_sets_the_level_and_books_the_change() -> None:
    variant, (warehouse,) = stocked(10)
    for _ in range(2):
        services.count(variant=variant, warehouse=warehouse, found=8)
    assert level(variant, warehouse).on_hand == 8
    changes = LedgerEntry.objects.filter(reason="count").values_list("on_hand_change", flat=True)
    assert list(changes) == [-2]


def test_damaged_units_are_written_off_once_and_never_more_than_there_are() -> None:
    variant, (warehouse,) = stocked(10)
    for _ in range(2):
        services.adjust(variant=variant, warehouse=warehouse, quantity=4, reference="leak 1")
    assert level(variant, warehouse).on_hand == 6
    with pytest.raises(Refused) as refusal:
        services.adjust(variant=variant, warehouse=warehouse, quantity=7, reference="leak 2")
    assert refusal.value.data["available"] == 6
    assert level(variant, warehouse).on_hand == 6


def test_a_transfer_moves_units_once() -> None:
    variant, (online, store) = stocked(10, 0)
    for _ in range(2):
        services.transfer(
            variant=variant, source=online, target=store, quantity=3, reference="van 1"
        )
    assert (level(variant, online).on_hand, level(variant, store).on_hand) == (7, 3)
    total = LedgerEntry.objects.filter(reason="transfer").aggregate(n=Sum("on_hand_change"))["n"]
    assert total == 0
    with pytest.raises(Refused):
        services.transfer(
            variant=variant, source=store, target=online, quantity=4, reference="van 2"
        )
    with pytest.raises(Refused):
        services.transfer(
            variant=variant, source=store, target=store, quantity=1, reference="van 3"
        )


@pytest.mark.parametrize("change", [{"on_hand": 3}, {"reserved": 11}])
def test_the_database_refuses_more_reserved_than_there_is(change: dict) -> None:
    variant, (warehouse,) = stocked(10)
    StockLevel.objects.update(reserved=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.filter(variant=variant, warehouse=warehouse).update(**change)


def test_availability_is_by_channel_in_one_query(django_assert_num_queries) -> None:
    variant, (online, store) = stocked(4, 2)
    empty, _ = stocked(0)
    StockLevel.objects.filter(warehouse=online).update(reserved=1)
    ids = [variant.pk, empty.pk, *range(10_000_000, 10_005_000)]
    with django_assert_num_queries(1):
        known = selectors.availability(ids)
    assert set(known) == {variant.pk}
    assert known[variant.pk].total == 5
    assert known[variant.pk].by_channel == {"online": 3, store.channel.code: 2}


def test_availability_of_very_many_variants() -> None:
    variant, _ = stocked(4)
    assert selectors.availability([variant.pk, *range(10_000_000, 10_040_000)]).keys() == {
        variant.pk
    }
    assert selectors.availability([]) == {}
