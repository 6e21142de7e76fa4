"""From sales to forecasts, to reorder points, to purchase orders, to goods on the shelf."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone, translation

from foundation.models import TrainingRun
from inventory import selectors, services, tasks
from inventory.models import (
    Forecast,
    LedgerEntry,
    PurchaseOrder,
    ReplenishmentLine,
    Reservation,
    StockDifference,
    StockLevel,
    Warehouse,
)
from inventory.reasons import reason_text
from shop.models import Order
from shop.refusals import RefusalCode, Refused
from tests.inventory.factories import SupplierFactory, WarehouseFactory, stocked
from tests.shop.factories import (
    ChannelFactory,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


def at_noon(days_ago: int) -> datetime:
    zone = timezone.get_default_timezone()
    day = timezone.localdate(timezone=zone) - timedelta(days=days_ago)
    return datetime.combine(day, time(12), tzinfo=zone)


def sold(variant, *, units: int = 1, days: int = 35, channel=None, last: int = 1) -> None:
    """``units`` a day for ``days`` days, the last one ``last`` days ago."""
    for ago in range(last, last + days):
        order = OrderFactory(
            customer=None, channel=channel or ChannelFactory(), placed_at=at_noon(ago)
        )
        OrderLineFactory(order=order, variant=variant, quantity=units)


def test_demand_is_dense_capped_and_without_cancelled_orders_and_today() -> None:
    variant, other = VariantFactory(), VariantFactory()
    for ago, units in ((1, 2), (1, 3), (2, 500), (9, 4)):
        order = OrderFactory(placed_at=at_noon(ago))
        OrderLineFactory(order=order, variant=variant, quantity=units)
    OrderLineFactory(order=OrderFactory(placed_at=at_noon(3)), variant=other, quantity=1)
    cancelled = OrderFactory(placed_at=at_noon(4), status=Order.Status.CANCELLED)
    OrderLineFactory(order=cancelled, variant=other, quantity=9)
    OrderLineFactory(order=OrderFactory(placed_at=timezone.now()), variant=other, quantity=9)
    demand = selectors.daily_demand(days=14)
    assert demand is not None
    assert demand.variant_ids.tolist() == sorted([variant.pk, other.pk])
    assert demand.units.shape == (2, 14)
    assert demand.last_day == at_noon(1).date()
    row = demand.units[demand.variant_ids.tolist().index(variant.pk)]
    assert (row[-1], row[-2], row[-9], row.sum()) == (5, 30, 4, 39)
    assert demand.units.sum() == 40


def test_the_day_is_the_shops_not_utcs() -> None:
    zone = timezone.get_default_timezone()
    day = timezone.localdate(timezone=zone) - timedelta(days=3)
    late = datetime.combine(day, time(23, 30), tzinfo=zone)
    early = datetime.combine(day + timedelta(days=1), time(0, 30), tzinfo=zone)
    variant = VariantFactory()
    OrderLineFactory(order=OrderFactory(placed_at=late), variant=variant, quantity=5)
    OrderLineFactory(order=OrderFactory(placed_at=early), variant=variant, quantity=7)
    demand = selectors.daily_demand(days=7)
    assert demand is not None
    assert demand.last_day == day + timedelta(days=1)
    assert demand.units[0, -2:].tolist() == [5, 7]


def test_days_without_trade_at_the_end_are_not_days_without_demand() -> None:
    busy, single = VariantFactory(), VariantFactory()
    sold(busy, units=30, days=20, last=6)
    OrderLineFactory(order=OrderFactory(placed_at=at_noon(1)), variant=single, quantity=1)
    demand = selectors.daily_demand(days=14)
    assert demand is not None
    assert demand.last_day == at_noon(6).date()
    assert demand.units.sum() == 14 * 30


def test_no_sales_no_forecasts_and_no_error() -> None:
    assert selectors.daily_demand() is None
    assert services.forecast_all() == 0
    assert services.plan_replenishment() == 0
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE


def test_the_batch_writes_28_days_for_each_variant_and_can_be_repeated() -> None:
    variant = VariantFactory()
    sold(variant, units=3)
    steps: list[tuple[int, int]] = []
    for _ in range(2):
        assert services.forecast_all(lambda done, total: steps.append((done, total))) == 1
    forecast = Forecast.objects.get()
    assert len(forecast.daily) == 28
    assert forecast.total == pytest.approx(84)
    assert forecast.total_q90 >= forecast.total
    assert forecast.data_to == at_noon(1).date()
    assert forecast.made_on == timezone.localdate()
    assert steps[-1] == (3, 3)


def test_weekdays_of_the_forecast_are_the_days_to_come() -> None:
    """Sales on one weekday only; the forecast expects them on that weekday."""
    variant, other = VariantFactory(), VariantFactory()
    for week in range(8):
        order = OrderFactory(placed_at=at_noon(4 + 7 * week))
        OrderLineFactory(order=order, variant=variant, quantity=7)
    OrderLineFactory(order=OrderFactory(placed_at=at_noon(1)), variant=other, quantity=1)
    services.forecast_all()
    forecast = Forecast.objects.get(variant=variant)
    best = max(range(7), key=lambda index: forecast.daily[index])
    day = forecast.made_on + timedelta(days=1 + best)
    assert day.weekday() == at_noon(4).weekday()


def test_old_forecasts_are_kept_for_five_weeks_to_be_compared() -> None:
    variant = VariantFactory()
    sold(variant, days=10)
    services.forecast_all()
    fresh = Forecast.objects.get()
    for age in (10, 40):
        fresh.pk, fresh.made_on = None, timezone.localdate() - timedelta(days=age)
        fresh.save(force_insert=True)
    services.forecast_all()
    ages = {(timezone.localdate() - row.made_on).days for row in Forecast.objects.all()}
    assert ages == {0, 10}
    assert [row.made_on for row in selectors.latest_forecasts()] == [timezone.localdate()]


def planned(free: int, *, lead: int = 5) -> ReplenishmentLine | None:
    """The reorder line of a variant that sells 2 a day and has ``free`` units."""
    SupplierFactory(lead_time_days=lead)
    variant, _ = stocked(free)
    sold(variant, units=2)
    services.forecast_all()
    services.plan_replenishment()
    return ReplenishmentLine.objects.first()


def test_enough_stock_is_not_on_the_list_but_has_its_reorder_point() -> None:
    assert planned(13) is None
    level = StockLevel.objects.get()
    assert (level.reorder_point, level.safety_stock) == (12, 0)


@pytest.mark.parametrize(
    ("free", "reason", "text"),
    [
        (0, "out_of_stock", "Nothing left; new goods take 5 days."),
        (4, "runs_out", "Stock lasts 2.0 days, new goods take 5 days (4 units left)."),
        (12, "below_point", "12 units left or on order, reorder point is 12 (5 days)."),
    ],
)
def test_a_line_says_how_much_and_why(free: int, reason: str, text: str) -> None:
    line = planned(free)
    assert line is not None
    assert (line.reason, reason_text(line)) == (reason, text)
    assert line.quantity == 12 + 28 - free


def test_a_store_reorders_for_what_it_sells_and_the_centre_for_the_rest() -> None:
    SupplierFactory()
    variant, (online, store) = stocked(1, 1)
    sold(variant, units=1, channel=store.channel)
    sold(variant, units=3, channel=ChannelFactory(store=True))
    services.forecast_all()
    services.plan_replenishment()
    points = dict(StockLevel.objects.values_list("warehouse__code", "reorder_point"))
    assert points[store.code] == 6
    assert points[online.code] == 18


def test_new_products_are_reordered_when_hardly_any_are_left() -> None:
    few, _ = stocked(3)
    stocked(20)
    established = VariantFactory(product=ProductFactory(units_sold=9))
    stocked(1, variant=established)
    services.plan_replenishment()
    line = ReplenishmentLine.objects.get()
    assert (line.variant, line.reason, line.quantity) == (few, "new_product", 21)


def test_the_departments_supplier_delivers() -> None:
    SupplierFactory(name="First")
    variant, _ = stocked(0)
    grower = SupplierFactory(name="Grower", lead_time_days=2)
    grower.departments.add(variant.product.category.department)
    sold(variant)
    services.forecast_all()
    services.plan_replenishment()
    line = ReplenishmentLine.objects.get()
    assert (line.supplier, line.reason_data["lead_time"]) == (grower, 2)


def test_from_the_list_to_the_shelf() -> None:
    line = planned(4)
    assert line is not None
    (order,) = services.order_replenishment(lines=[line])
    assert services.order_replenishment(lines=[line]) == []
    services.plan_replenishment()
    assert not selectors.reorder_list().exists(), "what is on order is not ordered again"
    services.approve_purchase_order(order=order, by=None)
    for _ in range(2):
        services.send_purchase_order(order=order)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.inbound) == (4, line.quantity)
    assert selectors.differences() == []
    for _ in range(2):
        services.receive_purchase_order(order=order, by=None)
    level.refresh_from_db()
    assert (level.on_hand, level.inbound) == (4 + line.quantity, 0)
    order.refresh_from_db()
    assert (order.state, order.expected_on is not None) == ("received", True)
    assert LedgerEntry.objects.filter(reference=str(order)).count() == 1
    assert selectors.differences() == []


def test_a_step_cannot_be_skipped_and_the_past_cannot_be_changed() -> None:
    line = planned(4)
    assert line is not None
    (order,) = services.order_replenishment(lines=[line])
    with pytest.raises(Refused) as refusal:
        services.receive_purchase_order(order=order, by=None)
    assert refusal.value.code == RefusalCode.TOO_LATE
    services.approve_purchase_order(order=order, by=None)
    services.send_purchase_order(order=order)
    for _ in range(2):
        services.cancel_purchase_order(order=order)
    assert StockLevel.objects.get().inbound == 0
    with pytest.raises(Refused):
        services.approve_purchase_order(order=order, by=None)
    assert services.plan_replenishment() == 1, "a cancelled order's lines come back"


def test_an_empty_order_is_not_approved() -> None:
    order = PurchaseOrder.objects.create(supplier=SupplierFactory(), warehouse=WarehouseFactory())
    with pytest.raises(Refused):
        services.approve_purchase_order(order=order, by=None)


def test_ordering_up_to_the_reorder_point_twice_orders_once() -> None:
    variant, _ = stocked(4, 50)
    StockLevel.objects.update(reorder_point=10)
    (order,) = services.order_to_reorder_point(levels=StockLevel.objects.all())
    assert list(order.lines.values_list("variant", "quantity")) == [(variant.pk, 6)]
    assert services.order_to_reorder_point(levels=StockLevel.objects.all()) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"on_hand": 9}, StockDifference.Kind.ON_HAND),
        ({"reserved": 2}, StockDifference.Kind.RESERVED),
        ({"inbound": 3}, StockDifference.Kind.INBOUND),
    ],
)
def test_a_level_that_was_tampered_with_is_found(change: dict, kind: str, caplog) -> None:
    variant, _ = stocked(10)
    stocked(10)
    tasks.reconcile()
    assert not StockDifference.objects.exists()
    StockLevel.objects.filter(variant=variant).update(**change)
    for _ in range(2):
        assert kind in [row.kind for row in services.reconcile()]
    stored = StockDifference.objects.get(kind=kind)
    assert (stored.variant, stored.resolved_at) == (variant, None)
    assert f"variant {variant.pk}" in caplog.text
    StockLevel.objects.filter(variant=variant).update(on_hand=10, reserved=0, inbound=0)
    assert services.reconcile() == []
    stored.refresh_from_db()
    assert stored.resolved_at is not None


def test_a_reservation_that_was_tampered_with_is_found() -> None:
    variant, _ = stocked(10)
    services.reserve(
        checkout_uuid="7a1c0b1e-0000-4000-8000-000000000001",
        wanted=[services.Wanted(variant, 2)],
    )
    Reservation.objects.update(quantity=1)
    (found,) = services.reconcile()
    assert (found.kind, found.level, found.expected) == ("held", 2, 1)


def test_the_nightly_task_forecasts_and_plans() -> None:
    variant, _ = stocked(0)
    sold(variant)
    tasks.forecast_demand()
    tasks.forecast_demand()
    assert Forecast.objects.count() == ReplenishmentLine.objects.count() == 1


@pytest.mark.parametrize(("language", "name"), [("en", "Name in English"), ("zh-hans", "中文名")])
def test_the_chart_of_warehouses_names_them_as_people_do(language: str, name: str) -> None:
    assert planned(0) is not None
    Warehouse.objects.update(name_en="Name in English", name_zh="中文名")
    with translation.override(language):
        [drawn] = selectors.dashboard()["charts"]
    assert {row[0] for row in drawn["rows"]} == {name}


def test_the_dashboard_counts_what_needs_a_person() -> None:
    line = planned(0)
    assert line is not None
    with translation.override("en"):
        section = selectors.dashboard()
    figures = {figure["label"]: figure["value"] for figure in section["figures"]}
    assert figures["Out of stock everywhere"] == 1
    assert figures["To reorder"] == 1
    assert section["rows"][0][-1] == line.quantity
