"""The demo's stock: whole, repeatable, and booked like any other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory import demo, selectors
from inventory.models import LedgerEntry, StockLevel, Supplier, Warehouse
from shop.demo.steps import DemoPlan
from shop.models import Product
from tests.shop.factories import (
    ChannelFactory,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> DemoPlan:
    """Forty variants of the data set that sold in one store, five hand-written that never did."""
    online, store = ChannelFactory(), ChannelFactory(store=True)
    idle = ChannelFactory(store=True)
    assert online.pk != idle.pk
    imported = Product.Source.COMPLETE_JOURNEY
    variants = [
        VariantFactory(product=ProductFactory(source=imported, units_sold=9), sku=f"CJ-{n:03d}")
        for n in range(40)
    ]
    for ago in range(1, 15):
        order = OrderFactory(channel=store, placed_at=timezone.now() - timedelta(days=ago))
        for number, variant in enumerate(variants):
            OrderLineFactory(order=order, variant=variant, quantity=1 + number % 3)
    hand_written = ProductFactory(source=Product.Source.HAND_WRITTEN)
    for number in range(5):
        VariantFactory(product=hand_written, sku=f"HW-{number}")
    return DemoPlan("small", 0, timezone.localdate() - timedelta(days=1))


def snapshot() -> list[tuple]:
    rows = StockLevel.objects.order_by("variant__sku", "warehouse__code")
    return list(rows.values_list("variant__sku", "on_hand", "reserved"))


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_every_variant_is_stocked_once_and_the_ledger_agrees(plan: DemoPlan) -> None:
    assert "3 warehouses" in demo.load(plan, silent)
    before = snapshot()
    assert demo.load(plan, silent) == ""
    assert snapshot() == before
    assert selectors.differences() == []
    assert {sku for sku, *_ in before} == set(
        [f"CJ-{n:03d}" for n in range(40)] + [f"HW-{n}" for n in range(5)]
    )
    assert Warehouse.objects.filter(channel__kind="online").count() == 1
    assert Supplier.objects.count() == 4
    assert not LedgerEntry.objects.exclude(reason="opening").exists()


def test_stores_hold_what_they_sell_and_new_products_lie_in_the_centre(plan: DemoPlan) -> None:
    demo.load(plan, silent)
    codes = set(StockLevel.objects.values_list("warehouse__channel__kind", "variant__sku"))
    assert {sku for kind, sku in codes if kind == "store"} == {f"CJ-{n:03d}" for n in range(40)}
    new = StockLevel.objects.filter(variant__sku__startswith="HW-")
    assert {row.warehouse.channel.kind for row in new.select_related("warehouse__channel")} == {
        "online"
    }
    assert all(0 <= row.on_hand <= 60 for row in new)


def test_the_opening_stock_is_the_same_every_time(plan: DemoPlan) -> None:
    demo.load(plan, silent)
    first = snapshot()
    LedgerEntry.objects.all()._raw_delete("default")
    StockLevel.objects.all().delete()
    demo.load(plan, silent)
    assert snapshot() == first


def test_some_variants_are_low_or_out_so_that_the_reorder_list_has_work(plan: DemoPlan) -> None:
    demo.load(plan, silent)
    assert "40 forecasts" in demo.forecast(plan, silent)
    assert demo.forecast(plan, silent) == ""
    assert selectors.latest_forecasts().count() == 40
    assert 0 < selectors.reorder_list().count() < StockLevel.objects.count()
    assert selectors.differences() == []
