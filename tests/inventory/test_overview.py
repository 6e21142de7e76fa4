"""Stock in figures: classes, what runs out, what lies too long, and orders written from there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from config.roles import MARKETING, STOCK
from inventory import services
from inventory.learning.adding_up import apportioned
from inventory.models import Forecast, PurchaseOrder
from inventory.selectors import overview
from tests.admin.people import member
from tests.inventory.factories import SupplierFactory, stocked
from tests.inventory.test_planning import sold
from tests.shop.factories import VariantFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/inventory/stocklevel/overview/"


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()
    with translation.override("en"):
        yield


def expected(variant, daily: float) -> None:
    Forecast.objects.create(
        variant=variant, made_on=timezone.localdate(), data_to=timezone.localdate(),
        method="mean", daily=[daily] * 28, total=28 * daily, total_q90=40 * daily,
    )  # fmt: skip


def test_each_list_has_the_products_it_is_about(admin_client):
    out, soon, over, calm = (VariantFactory(price=Decimal(2)) for _ in range(4))
    for variant, units in ((out, 0), (soon, 6), (over, 70), (calm, 20)):
        stocked(units, variant=variant)
        expected(variant, 1.0)
    for name, variant in (("out", out), ("soon", soon), ("over", over)):
        rows = admin_client.get(PAGE, {"list": name}).context["products"]["rows"]
        assert [row["product"].pk for row in rows] == [variant.pk]
    found = {one.pk: one for one in overview.products()}
    assert (found[over.pk].over, found[over.pk].value) == (14, Decimal(140))
    assert overview.cover(list(found.values())) == [1, 1, 0, 1, 0, 1]


def test_a_delivery_on_its_way_does_not_run_out(admin_client):
    variant, (warehouse,) = stocked(6)
    expected(variant, 1.0)
    order = PurchaseOrder.objects.create(supplier=SupplierFactory(), warehouse=warehouse)
    order.lines.create(variant=variant, quantity=5)
    services.approve_purchase_order(order=order, by=None)
    assert [one.pk for one in overview.products() if one.runs_out] == [variant.pk]
    services.send_purchase_order(order=order)
    assert not any(one.runs_out for one in overview.products())


def test_the_matrix_counts_every_product_that_sells_once(admin_client):
    steady, rare = VariantFactory(price=Decimal(10)), VariantFactory(price=Decimal(1))
    sold(steady, units=2, days=56)
    sold(rare, units=3, days=1, last=9)
    found = overview.products()
    cells = overview.matrix(found)
    assert sum(number for number, _share, _value in cells.values()) == 2
    assert sum(share for _number, share, _value in cells.values()) == pytest.approx(1)
    assert {one.pk: one.kind for one in found} == {steady.pk: "AX", rare.pk: "CZ"}
    rows = admin_client.get(PAGE, {"list": "CZ"}).context["products"]["rows"]
    assert [row["product"].pk for row in rows] == [rare.pk]


def test_what_lies_without_a_sale_has_its_value(admin_client):
    sells, lies = VariantFactory(price=Decimal(10)), VariantFactory(price=Decimal(3))
    sold(sells, units=2, days=56)
    for variant in (sells, lies):
        stocked(7, variant=variant)
    stocked(0, variant=VariantFactory())
    context = admin_client.get(PAGE, {"list": "lies"}).context
    assert [row["product"].pk for row in context["products"]["rows"]] == [lies.pk]
    assert [one["value"] for one in context["sections"]["stock"]["figures"]][-1] == "$21"
    worth = sum(value for _number, _share, value in overview.matrix(overview.products()).values())
    assert worth + 21 == 91, "the matrix has what sells, the tile the rest"


def test_errors_are_those_of_the_week_after_each_batch():
    variant = VariantFactory()
    sold(variant, units=4, days=56)
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    for ago, daily in ((15, 3.0), (8, 5.0), (3, 9.0)):
        expected(variant, daily)
        Forecast.objects.filter(made_on=today).update(made_on=today - timedelta(days=ago))
    told = overview.recent_sales().errors
    assert [(day, row[0]) for day, row in told] == [
        (today - timedelta(days=15), 0.25),
        (today - timedelta(days=8), 0.25),
    ]
    assert all(row[1:] == [0.25, None, None] for _day, row in told)


def test_a_past_shows_at_once_what_forecasts_are_worth():
    sold(VariantFactory(), units=2, days=60)
    assert services.forecast_past() == 4
    assert services.forecast_past() == 0
    told = overview.recent_sales().errors
    assert [row[0] for _day, row in told] == pytest.approx([0.0] * 4, abs=0.01)


def test_from_an_alert_to_an_approved_order(client):
    SupplierFactory()
    variant, _ = stocked(2)
    expected(variant, 3.0)
    services.plan_replenishment()
    client.force_login(member(STOCK))
    shown = client.get(PAGE).context
    (line,) = [one["line"] for one in shown["urgent"]]
    assert any(alert["count"] == 1 for alert in shown["alerts"])
    answer = client.post(PAGE, {"line": [line.pk, "x", "99999999999999999999"[:9]]})
    order = PurchaseOrder.objects.get()
    assert answer.headers["Location"].endswith(f"/purchaseorder/{order.pk}/change/")
    client.post(PAGE, {"line": [line.pk]})
    action = {"action": "approve", "_selected_action": [order.pk]}
    client.post(reverse("admin:inventory_purchaseorder_changelist"), action)
    assert PurchaseOrder.objects.get().state == PurchaseOrder.State.APPROVED


def test_only_who_may_see_stock_sees_it(client):
    client.force_login(member(MARKETING))
    assert client.get(PAGE).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_more_products_cost_no_more_queries(admin_client, language):
    counts = []
    for _ in range(2):
        for _ in range(3):
            variant, _ = stocked(2)
            expected(variant, 1.0)
            sold(variant, days=3)
        services.plan_replenishment()
        cache.clear()
        admin_client.get(PAGE)
        cache.clear()
        with CaptureQueriesContext(connection) as found:
            answer = admin_client.get(PAGE, HTTP_ACCEPT_LANGUAGE=language)
        assert answer.status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] < 40


def shown_to_staff(client) -> dict:
    client.force_login(member(STOCK))
    return client.get(PAGE).context["expected"]


def test_expected_demand_adds_up_on_every_level(client):
    for daily in (0.51, 0.13, 2.37, 0.49, 1.01, 0.07):
        variant, places = stocked(3, 2, variant=VariantFactory())
        expected(variant, daily)
        sold(variant, days=9, channel=places[daily > 0.5].channel)
    expected(VariantFactory(), 0.4)
    said = shown_to_staff(client)
    exact = sum(Forecast.objects.values_list("total", flat=True))
    assert said.total == round(exact)
    assert sum(one.units for one in said.departments) == said.total
    for one in said.departments:
        assert sum(units for _, units in one.parts) == one.units
    assert sum(one.units for one in said.warehouses) + said.elsewhere == said.total
    assert said.elsewhere == round(28 * 0.4)
    assert {one.name for one in said.warehouses} >= {"Central warehouse"}


def test_without_forecasts_nothing_is_expected(client):
    stocked(4)
    assert shown_to_staff(client) is None


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=30))
def test_whole_parts_are_at_most_a_unit_off_and_add_up(parts: list[float]):
    total = round(sum(parts))
    whole = apportioned(total, parts)
    assert sum(whole) == (total if sum(parts) > 0 else 0)
    assert min(whole) >= 0
    assert all(abs(units - part) < 1.6 for units, part in zip(whole, parts, strict=True))
