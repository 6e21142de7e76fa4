"""Everybody may ask what is in stock; plans are for staff; odd input is an error, not a crash."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import services
from inventory.models import Forecast, ReplenishmentLine
from tests.inventory.factories import SupplierFactory, stocked
from tests.shop.factories import ProductFactory, StaffFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db
STOCK = "/api/v1/inventory/stock/"
STAFF_ONLY = [
    "/api/v1/inventory/forecasts/",
    "/api/v1/inventory/reorder/",
    "/api/v1/inventory/warehouses/",
]


@pytest.fixture
def plan() -> ReplenishmentLine:
    """A new product with hardly any stock, on the list, and a forecast."""
    SupplierFactory(name="Central")
    variant, _ = stocked(2)
    services.plan_replenishment()
    Forecast.objects.create(
        variant=variant,
        made_on=timezone.localdate(),
        data_to=timezone.localdate(),
        method="mean",
        daily=[0.5] * 28,
        total=14,
        total_q90=18.5,
    )
    return ReplenishmentLine.objects.get()


def test_stock_by_channel_for_everybody(client) -> None:
    variant, (_, store) = stocked(3, 4)
    empty = VariantFactory()
    answer = client.get(STOCK, {"variant": [variant.pk, empty.pk]})
    assert answer.json() == [
        {
            "variant": variant.pk,
            "total": 7,
            "in_stock": True,
            "by_channel": {"online": 3, store.channel.code: 4},
        },
        {"variant": empty.pk, "total": 0, "in_stock": False, "by_channel": {}},
    ]


def test_variants_that_are_not_on_sale_are_left_out(client) -> None:
    off, _ = stocked(3, variant=VariantFactory(is_active=False))
    page_off, _ = stocked(3, variant=VariantFactory(product=ProductFactory(is_active=False)))
    answer = client.get(STOCK, {"variant": [off.pk, page_off.pk, 2**63 - 1]})
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?variant=",
        "?variant=-1",
        "?variant=0",
        "?variant=abc",
        "?variant=1.5",
        f"?variant={2**63}",
        f"?variant={10**400}",
        "?variant=%00",
        "?variant=1&variant=' OR 1=1 --",
        "?" + "&".join(f"variant={n}" for n in range(1, 102)),
    ],
)
def test_odd_variants_are_a_clear_error(client, query: str) -> None:
    answer = client.get(STOCK + query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str)))
def test_whatever_is_sent_never_crashes(client, admin_client, value: str) -> None:
    for path in [STOCK, *STAFF_ONLY]:
        for name in ("variant", "warehouse", "reason", "page", "page_size"):
            answer = admin_client.get(path, {name: value})
            assert answer.status_code < 500, (path, name, value)


@pytest.mark.parametrize("path", STAFF_ONLY)
def test_plans_are_for_staff_with_the_permission(client, path: str, plan) -> None:
    assert client.get(path).status_code == 401
    client.force_login(UserFactory())
    assert client.get(path).status_code == 403
    client.force_login(StaffFactory(is_superuser=False))
    assert client.get(path).status_code == 403
    allowed = StaffFactory(is_superuser=False)
    allowed.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_forecast", "view_replenishmentline", "view_warehouse"]
        )
    )
    client.force_login(allowed)
    assert client.get(path).status_code == 200
    assert client.post(path, {}).status_code in (403, 405)


def test_forecasts_of_the_last_batch(admin_client, plan) -> None:
    path = "/api/v1/inventory/forecasts/"
    (row,) = admin_client.get(path).json()["results"]
    assert (row["variant"], len(row["daily"]), row["total"]) == (plan.variant_id, 28, 14.0)
    assert admin_client.get(path, {"variant": plan.variant_id}).json()["count"] == 1
    assert admin_client.get(path, {"variant": plan.variant_id + 1}).json()["count"] == 0
    assert admin_client.get(path, {"variant": 2**63}).status_code == 400


def test_the_reorder_list_says_why_in_the_readers_language(admin_client, plan) -> None:
    answer = admin_client.get("/api/v1/inventory/reorder/", {"warehouse": "online"})
    (row,) = answer.json()["results"]
    assert (row["quantity"], row["warehouse"], row["supplier"]) == (22, "online", "Central")
    assert row["reason"] == "new_product"
    assert "only 2 units left" in row["reason_text"]
    assert admin_client.get("/api/v1/inventory/reorder/?reason=nonsense").status_code == 400


def test_lists_take_a_fixed_number_of_queries(
    admin_client, plan, django_assert_max_num_queries
) -> None:
    for _ in range(6):
        stocked(1)
    services.plan_replenishment()
    for path in STAFF_ONLY:
        with django_assert_max_num_queries(7):
            assert admin_client.get(path).status_code == 200
