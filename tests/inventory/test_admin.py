"""What staff see and may do in the administration."""

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory import services
from inventory.models import (
    Forecast,
    LedgerEntry,
    PurchaseOrder,
    ReplenishmentLine,
    StockDifference,
    StockLevel,
)
from tests.inventory.factories import SupplierFactory, stocked
from tests.shop.factories import StaffFactory

pytestmark = pytest.mark.django_db
MODELS = [
    "warehouse",
    "stocklevel",
    "ledgerentry",
    "reservation",
    "stockdifference",
    "supplier",
    "forecast",
    "replenishmentline",
    "purchaseorder",
    "transfer",
    "lot",
]
READ_ONLY = [
    "stocklevel",
    "ledgerentry",
    "reservation",
    "stockdifference",
    "forecast",
    "replenishmentline",
]


def page(model: str, name: str = "changelist", *args: object) -> str:
    return reverse(f"admin:inventory_{model}_{name}", args=args)


def act(client, model: str, action: str, *rows) -> str:
    answer = client.post(
        page(model),
        {"action": action, "_selected_action": [row.pk for row in rows]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def line() -> ReplenishmentLine:
    SupplierFactory(name="Central")
    stocked(2)
    services.plan_replenishment()
    return ReplenishmentLine.objects.get()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", ["", "?q=milk", "?q=%00", "?q=99999999999999999999"])
def test_lists_open_and_can_be_searched(admin_client, line, model: str, query: str) -> None:
    services.order_replenishment(lines=[line])
    assert admin_client.get(page(model) + query).status_code in (200, 302)


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_services_write_nobody_edits(admin_client, line, model: str) -> None:
    StockDifference.objects.create(
        variant=line.variant, warehouse=line.warehouse, kind="on_hand", level=1, expected=2
    )
    assert admin_client.get(page(model, "add")).status_code == 403
    row = {
        "stocklevel": StockLevel,
        "ledgerentry": LedgerEntry,
        "stockdifference": StockDifference,
        "replenishmentline": ReplenishmentLine,
    }.get(model)
    if row is not None:
        pk = row.objects.first().pk
        assert admin_client.get(page(model, "change", pk)).status_code == 200
        assert admin_client.post(page(model, "change", pk), {}).status_code == 403
        assert admin_client.post(page(model, "delete", pk), {"post": "yes"}).status_code == 403
        assert row.objects.filter(pk=pk).exists()


def test_low_and_empty_levels_are_found(admin_client) -> None:
    stocked(0)
    empty, low, enough = (stocked(units)[0] for units in (1, 4, 50))
    services.adjust(
        variant=empty,
        warehouse=StockLevel.objects.filter(variant=empty).get().warehouse,
        quantity=1,
        reference="broken",
    )
    StockLevel.objects.update(reorder_point=5)
    for state, variant in (("out", empty), ("low", low), ("ok", enough)):
        text = admin_client.get(page("stocklevel"), {"state": state}).content.decode()
        found = [item for item in (empty, low, enough) if str(item) in text]
        assert found == [variant]


def test_stock_is_ordered_up_to_the_reorder_point(admin_client) -> None:
    SupplierFactory()
    stocked(4)
    StockLevel.objects.update(reorder_point=10)
    level = StockLevel.objects.get()
    text = act(admin_client, "stocklevel", "order_to_reorder_point", level)
    assert "1 draft purchase order was written." in text
    assert PurchaseOrder.objects.get().lines.get().quantity == 6
    text = act(admin_client, "stocklevel", "order_to_reorder_point", level)
    assert "Nothing to order" in text


def test_from_the_reorder_list_to_received_goods(admin_client, line) -> None:
    text = admin_client.get(page("replenishmentline")).content.decode()
    assert "only 2 units left" in text
    assert "1 draft" in act(admin_client, "replenishmentline", "create_purchase_orders", line)
    assert "already" in act(admin_client, "replenishmentline", "create_purchase_orders", line)
    order = PurchaseOrder.objects.get()
    refused = act(admin_client, "purchaseorder", "receive", order)
    assert "was not changed" in refused
    for action in ("approve", "send", "receive"):
        assert ": 1." in act(admin_client, "purchaseorder", action, order)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.inbound) == (24, 0)
    assert LedgerEntry.objects.filter(reason="receipt", reference=str(order)).get().by is not None


def test_only_drafts_can_be_edited(admin_client, line) -> None:
    (order,) = services.order_replenishment(lines=[line])
    form = admin_client.get(page("purchaseorder", "change", order.pk)).content.decode()
    assert 'name="lines-0-quantity"' in form
    services.approve_purchase_order(order=order, by=None)
    form = admin_client.get(page("purchaseorder", "change", order.pk)).content.decode()
    assert 'name="lines-0-quantity"' not in form
    assert 'name="supplier"' not in form


def test_a_forecast_is_drawn_and_told_as_a_table(admin_client, line) -> None:
    forecast = Forecast.objects.create(
        variant=line.variant,
        made_on=timezone.localdate(),
        data_to=timezone.localdate(),
        method="mean",
        daily=[1.5] * 28,
        total=1042.004,
        total_q90=50,
    )
    text = admin_client.get(page("forecast", "change", forecast.pk)).content.decode()
    assert text.count('class="forecast__bar"') == 28
    assert text.count("<td>1.50</td>") == 28
    assert "style=" not in text[text.index("<figure") : text.index("</figure>")]
    listed = admin_client.get(page("forecast")).content.decode()
    assert "1,042.0" in listed
    assert "1042.004" not in listed
    forecast.daily = []
    forecast.save()
    assert admin_client.get(page("forecast", "change", forecast.pk)).status_code == 200


def test_staff_without_permission_cannot_order(client, line) -> None:
    client.force_login(StaffFactory(is_superuser=False))
    assert client.get(page("replenishmentline")).status_code == 403
    client.post(
        page("replenishmentline"),
        {"action": "create_purchase_orders", "_selected_action": [line.pk]},
    )
    assert not PurchaseOrder.objects.exists()
