"""Goods between warehouses: on their way, arrived whole or short, proposed before a purchase."""

import pytest
from django.urls import reverse
from django.utils import translation

from config.roles import STOCK
from inventory import selectors, services
from inventory.models import (
    LedgerEntry,
    PurchaseOrder,
    ReplenishmentLine,
    StockLevel,
    Transfer,
    TransferLine,
)
from inventory.reasons import reason_text
from shop.refusals import RefusalCode, Refused
from tests.admin.people import member
from tests.inventory.factories import SupplierFactory, WarehouseFactory, stocked
from tests.inventory.test_planning import sold
from tests.shop.factories import VariantFactory

pytestmark = pytest.mark.django_db
Short = TransferLine.Short


@pytest.fixture
def moving():
    """Six of ten units from the online warehouse to a store, not dispatched yet."""
    variant, (online, store) = stocked(10, 1)
    return variant, services.create_transfer(
        source=online, target=store, quantities={variant.pk: 6}
    )


def numbers(warehouse) -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "inbound").get(warehouse=warehouse)


def test_units_on_their_way_are_nowhere_else(moving):
    variant, transfer = moving
    assert selectors.leaving() == {(variant.pk, transfer.source_id): 6}
    assert selectors.on_order() == {(variant.pk, transfer.target_id): 6}
    for _ in range(2):
        services.dispatch_transfer(transfer=transfer, by=None)
    assert (numbers(transfer.source), numbers(transfer.target)) == ((4, 0), (1, 6))
    assert selectors.availability([variant.pk])[variant.pk].total == 5
    assert selectors.differences() == []
    for _ in range(2):
        services.receive_transfer(transfer=transfer, by=None)
    assert (numbers(transfer.source), numbers(transfer.target)) == ((4, 0), (7, 0))
    assert selectors.differences() == []
    assert LedgerEntry.objects.filter(reference=str(transfer)).count() == 2


@pytest.mark.parametrize(
    ("why", "source", "target", "written_off"),
    [(Short.NOT_SENT, 6, 5, 0), (Short.LOST, 4, 5, 2), (Short.DAMAGED, 4, 5, 2)],
)
def test_what_is_short_is_accounted_for(moving, why, source, target, written_off):
    variant, transfer = moving
    services.dispatch_transfer(transfer=transfer, by=None)
    for _ in range(2):
        services.receive_transfer(
            transfer=transfer, by=None, arrived={variant.pk: 4}, reasons={variant.pk: why}
        )
    assert (numbers(transfer.source), numbers(transfer.target)) == ((source, 0), (target, 0))
    lost = LedgerEntry.objects.filter(reason=LedgerEntry.Reason.DAMAGE)
    assert -sum(lost.values_list("on_hand_change", flat=True)) == written_off
    assert selectors.differences() == []
    line = transfer.lines.get()
    assert (line.received, line.short_reason) == (4, why)


@pytest.mark.parametrize(("units", "why"), [(7, ""), (-1, Short.LOST), (4, ""), (4, "because")])
def test_a_receipt_that_cannot_be_changes_nothing(moving, units, why):
    variant, transfer = moving
    services.dispatch_transfer(transfer=transfer, by=None)
    with pytest.raises(Refused):
        services.receive_transfer(
            transfer=transfer, by=None, arrived={variant.pk: units}, reasons={variant.pk: why}
        )
    transfer.refresh_from_db()
    assert (transfer.state, numbers(transfer.target)) == ("dispatched", (1, 6))


def test_more_than_is_free_does_not_leave(moving):
    variant, transfer = moving
    services.reserve(
        checkout_uuid="7a1c0b1e-0000-4000-8000-000000000001", wanted=[services.Wanted(variant, 5)]
    )
    with pytest.raises(Refused) as refusal:
        services.dispatch_transfer(transfer=transfer, by=None)
    assert (refusal.value.code, refusal.value.data["available"]) == (RefusalCode.OUT_OF_STOCK, 5)
    assert numbers(transfer.source) == (10, 0)


@pytest.mark.parametrize("left", [False, True])
def test_goods_that_are_called_back_are_at_the_source_again(moving, left):
    _, transfer = moving
    if left:
        services.dispatch_transfer(transfer=transfer, by=None)
    for _ in range(2):
        services.cancel_transfer(transfer=transfer, by=None)
    assert (numbers(transfer.source), numbers(transfer.target)) == ((10, 0), (1, 0))
    assert selectors.differences() == []
    with pytest.raises(Refused):
        services.receive_transfer(transfer=transfer, by=None)


def wanting(spare: int) -> ReplenishmentLine:
    """The line of an empty online level, whose variant lies in a store that does not sell it."""
    SupplierFactory()
    variant = VariantFactory()
    sold(variant, units=2)
    stocked(0, spare, variant=variant)
    # Sold online alone, so the store's share of the demand is none.
    StockLevel.objects.get_or_create(variant=variant, warehouse=WarehouseFactory())
    services.forecast_all()
    services.plan_replenishment()
    return ReplenishmentLine.objects.get()


def test_another_warehouse_is_asked_before_the_supplier():
    line = wanting(200)
    assert line.source is not None
    with translation.override("en"):
        assert "has more than it needs" in reason_text(line)
    assert services.order_replenishment(lines=[line]) == []
    (transfer,) = services.transfer_replenishment(lines=[line])
    assert services.transfer_replenishment(lines=[line]) == []
    assert transfer.lines.get().quantity == line.quantity
    services.plan_replenishment()
    assert not selectors.reorder_list().exists(), "what is on its way is not ordered again"


def test_a_few_spare_units_are_not_worth_a_transfer():
    line = wanting(4)
    assert line.source is None
    assert len(services.order_replenishment(lines=[line])) == 1


def test_two_levels_do_not_get_the_same_spare_units():
    variant = VariantFactory()
    sold(variant, units=2)
    stocked(0, 26, variant=variant)
    for place in (WarehouseFactory(), WarehouseFactory(code="second")):
        StockLevel.objects.get_or_create(variant=variant, warehouse=place)
    services.forecast_all()
    services.plan_replenishment()
    lines = ReplenishmentLine.objects.filter(source__isnull=False)
    assert sum(lines.values_list("quantity", flat=True)) <= 25


def test_from_the_reorder_list_to_a_short_receipt(client):
    line = wanting(200)
    client.force_login(member(STOCK))
    answer = client.post(reverse("admin:inventory_overview"), {"line": [line.pk]})
    transfer = Transfer.objects.get()
    assert answer.headers["Location"].endswith(f"/transfer/{transfer.pk}/change/")
    assert not PurchaseOrder.objects.exists()
    lists = reverse("admin:inventory_transfer_changelist")
    client.post(lists, {"action": "dispatch", "_selected_action": [transfer.pk]})
    page = reverse("admin:inventory_transfer_arrived", args=[transfer.pk])
    change = reverse("admin:inventory_transfer_change", args=[transfer.pk])
    assert page in client.get(change).content.decode()
    row = transfer.lines.get()
    told = {f"{row.pk}-received": row.quantity - 1, f"{row.pk}-reason": ""}
    assert client.post(page, told).status_code == 422
    client.post(page, {**told, f"{row.pk}-reason": Short.DAMAGED})
    transfer.refresh_from_db()
    assert (transfer.state, transfer.lines.get().received) == ("received", row.quantity - 1)
    assert client.get(page).status_code == 200


def test_who_may_only_look_books_nothing(client, moving):
    from django.contrib.auth.models import Permission

    from tests.shop.factories import StaffFactory

    user = StaffFactory(is_superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="view_transfer"))
    client.force_login(user)
    _, transfer = moving
    assert (
        client.get(reverse("admin:inventory_transfer_arrived", args=[transfer.pk])).status_code
        == 403
    )
