"""Expiry dates: what expires first leaves first, what is late is written off, the sums agree."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from config.roles import STOCK
from inventory import selectors, services
from inventory.models import (
    LedgerEntry,
    Lot,
    PurchaseOrder,
    StockDifference,
    StockLevel,
    TransferLine,
)
from inventory.services import Wanted
from shop.refusals import Refused
from tests.admin.people import member
from tests.inventory.factories import SupplierFactory, WarehouseFactory, stocked
from tests.shop.factories import VariantFactory

pytestmark = pytest.mark.django_db


def day(ahead: int) -> date:
    return timezone.localdate() + timedelta(days=ahead)


def lots(warehouse=None) -> list[tuple[int, int]]:
    """Days until the expiry and units of every lot that has some."""
    rows = Lot.objects.filter(quantity__gt=0)
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    return [(days_until(row.expires_on), row.quantity) for row in rows]


def days_until(when: date) -> int:
    return (when - timezone.localdate()).days


def delivered(variant, warehouse, *parts: tuple[int, int]) -> None:
    for number, (ahead, units) in enumerate(parts):
        services.receive(
            variant=variant, warehouse=warehouse, quantity=units, expires_on=day(ahead),
            reference=f"delivery {variant.pk} {number}",
        )  # fmt: skip


def sell(variant, units: int) -> None:
    services.consume(checkout_uuid=uuid4(), wanted=[Wanted(variant, units)])


class Order(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        parts=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), min_size=1, max_size=6),
        loose=st.integers(0, 5),
        sold=st.lists(st.integers(1, 8), max_size=6),
    )
    def test_what_expires_first_leaves_first(self, parts, loose, sold):
        variant, (warehouse,) = stocked(loose)
        delivered(variant, warehouse, *parts)
        units = sorted(ahead for ahead, number in parts for _ in range(number))
        total = len(units) + loose
        for number in sold:
            if number > total:
                continue
            sell(variant, number)
            total -= number
            units = units[number:]
            assert [ahead for ahead, left in lots() for _ in range(left)] == units
            assert StockLevel.objects.get().on_hand == total
        assert selectors.differences() == []


@pytest.fixture
def fresh():
    """Two units that expire today, five the day after tomorrow, three without a date."""
    variant, (warehouse,) = stocked(3)
    delivered(variant, warehouse, (0, 2), (2, 5))
    return variant, warehouse


def test_late_units_leave_as_damage_once_and_held_ones_wait(fresh):
    variant, _ = fresh
    assert services.expire_lots() == 0
    hold = uuid4()
    services.reserve(checkout_uuid=hold, wanted=[Wanted(variant, 9)])
    Lot.objects.filter(expires_on=day(0)).update(expires_on=day(-1))
    assert [services.expire_lots() for _ in range(2)] == [1, 0]
    services.release(checkout_uuid=hold)
    assert [services.expire_lots() for _ in range(2)] == [1, 0]
    assert lots() == [(2, 5)]
    gone = LedgerEntry.objects.filter(reason=LedgerEntry.Reason.DAMAGE)
    assert gone.aggregate(n=Sum("on_hand_change"))["n"] == -2
    assert StockLevel.objects.get().on_hand == 8
    assert selectors.differences() == []


def test_nothing_comes_in_that_may_not_be_sold(fresh):
    variant, warehouse = fresh
    with pytest.raises(Refused):
        services.receive(
            variant=variant, warehouse=warehouse, quantity=1, expires_on=day(-1), reference="late"
        )


def test_a_count_takes_the_oldest_and_adds_what_nobody_knows(fresh):
    variant, warehouse = fresh
    services.count(variant=variant, warehouse=warehouse, found=7)
    assert lots() == [(2, 4)]
    services.count(variant=variant, warehouse=warehouse, found=12)
    assert lots() == [(2, 4)]
    assert selectors.differences() == []


@pytest.mark.parametrize(
    ("why", "back", "there"),
    [("", [(2, 1)], [(0, 2), (2, 4)]), ("not_sent", [(2, 4)], [(0, 2), (2, 1)]),
     ("lost", [(2, 1)], [(0, 2), (2, 1)])],
)  # fmt: skip
def test_a_transfer_takes_its_dates_along(fresh, why, back, there):
    variant, warehouse = fresh
    other = WarehouseFactory(store=True)
    transfer = services.create_transfer(source=warehouse, target=other, quantities={variant.pk: 6})
    services.dispatch_transfer(transfer=transfer, by=None)
    assert lots() == [(2, 1)]
    services.receive_transfer(
        transfer=transfer,
        by=None,
        arrived={variant.pk: 3 if why else 6},
        reasons={variant.pk: why},
    )
    assert (lots(warehouse), lots(other)) == (back, there)
    assert selectors.differences() == []


def test_a_transfer_that_is_called_back_brings_its_dates_back(fresh):
    variant, warehouse = fresh
    other = WarehouseFactory(store=True)
    transfer = services.create_transfer(source=warehouse, target=other, quantities={variant.pk: 9})
    services.dispatch_transfer(transfer=transfer, by=None)
    assert TransferLine.objects.get().lots == {day(0).isoformat(): 2, day(2).isoformat(): 5}
    services.cancel_transfer(transfer=transfer, by=None)
    assert (lots(warehouse), lots(other)) == ([(0, 2), (2, 5)], [])
    services.transfer(variant=variant, source=warehouse, target=other, quantity=3, reference="van")
    assert (lots(warehouse), lots(other)) == ([(2, 4)], [(0, 2), (2, 1)])


def test_more_in_lots_than_on_hand_is_found(fresh):
    Lot.objects.filter(expires_on=day(2)).update(quantity=50)
    assert [row.kind for row in services.reconcile()] == [StockDifference.Kind.LOTS]


def test_a_receipt_in_the_administration_carries_dates(client):
    client.force_login(member(STOCK))
    variant = VariantFactory()
    order = PurchaseOrder.objects.create(supplier=SupplierFactory(), warehouse=WarehouseFactory())
    line = order.lines.create(variant=variant, quantity=4)
    services.approve_purchase_order(order=order, by=None)
    services.send_purchase_order(order=order)
    page = reverse("admin:inventory_purchaseorder_arrived", args=[order.pk])
    change = reverse("admin:inventory_purchaseorder_change", args=[order.pk])
    assert page in client.get(change).content.decode()
    assert client.post(page, {f"{line.pk}-expires_on": day(-1).isoformat()}).status_code == 422
    client.post(page, {f"{line.pk}-expires_on": day(1).isoformat()})
    assert lots() == [(1, 4)]
    shown = client.get(reverse("admin:inventory_overview")).context["alerts"]
    listed = next(one for one in shown if "?expires=soon" in one["url"])
    text = client.get(listed["url"]).content.decode()
    assert (listed["count"], str(variant) in text) == (1, True)
