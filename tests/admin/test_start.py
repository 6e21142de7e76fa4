"""The start page of staff: by role, in both languages, with a fixed number of queries."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from config.roles import MARKETING, RISK, STOCK, SUPPORT
from shop.models import Order
from shop.selectors import dashboard
from tests.admin.people import member
from tests.inventory.factories import stocked
from tests.shop.factories import OrderFactory, ReviewFactory
from tests.shop.factories import StaffFactory as AdministratorFactory

pytestmark = pytest.mark.django_db
SECTION = re.compile(r'id="section-(\w+)"')
MOST_QUERIES = 45
"""Of the whole page, its frame and session included."""


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


def read(client, language: str = "en") -> str:
    return client.get("/admin/", HTTP_ACCEPT_LANGUAGE=language).content.decode()


def test_everybody_sees_the_own_work_and_no_other(client):
    seen = {}
    for role in (SUPPORT, STOCK, RISK, MARKETING):
        client.force_login(member(role))
        seen[role] = SECTION.findall(read(client))
    assert seen == {
        SUPPORT: ["sales", "orders", "chats", "marketing"],
        STOCK: ["stock"],
        RISK: ["sales", "orders", "cases"],
        MARKETING: ["marketing"],
    }


def test_a_figure_within_a_section_may_be_for_others(client):
    client.force_login(member(RISK))
    assert "Returns to decide" not in read(client)
    client.force_login(member(SUPPORT))
    assert "Returns to decide" in read(client)


def test_what_nobody_may_see_is_not_read(client):
    client.force_login(member(MARKETING))
    with CaptureQueriesContext(
        connection,
    ) as found:
        read(client)
    assert not [row for row in found if "shop_order" in row["sql"]]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["/admin/", "/admin/live/"])
def test_an_empty_shop_has_a_start_page(client, language, address):
    client.force_login(AdministratorFactory())
    answer = client.get(address, HTTP_ACCEPT_LANGUAGE=language)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert len(SECTION.findall(page)) == 7
    assert "cannot be shown" not in page
    assert "暂时无法显示" not in page


def test_more_rows_are_not_more_queries(client):
    client.force_login(AdministratorFactory())
    read(client)
    few = _filled(client, 1)
    many = _filled(client, 12)
    assert few == many
    assert many <= MOST_QUERIES


def _filled(client, n: int) -> int:
    for _ in range(n):
        stocked(0, 1)
        OrderFactory(status=Order.Status.PLACED)
        ReviewFactory()
    with CaptureQueriesContext(connection) as found:
        read(client)
    return len(found)


def test_following_the_page_costs_the_same_for_one_and_for_many(client):
    client.force_login(AdministratorFactory())
    client.get("/admin/live/")
    with CaptureQueriesContext(connection) as found:
        client.get("/admin/live/")
    assert not [row for row in found if "shop_order" in row["sql"]]


def test_every_chart_has_its_table_with_the_same_figures(client):
    OrderFactory(total=Decimal("12.50"))
    with translation.override("en"):
        hours, days = dashboard.sales()["charts"]
    for chart in (hours, days):
        data = json.loads(chart["data"])
        assert [row[0] for row in chart["rows"]] == data["labels"]
        assert len(chart["columns"]) == 1 + len(data["datasets"])
    assert days["rows"][-1][1] == "$12.50"
    client.force_login(AdministratorFactory())
    page = read(client)
    assert page.count("<canvas") == page.count("Show as a table")


class TestUsual:
    """Today stands beside the mean of the last four of its weekday."""

    def sold(self, days: int, total: str, **kwargs) -> None:
        OrderFactory(
            placed_at=timezone.now() - timedelta(days=days), total=Decimal(total), **kwargs
        )

    def lines(self) -> tuple[list, list]:
        data = json.loads(dashboard.sales()["charts"][0]["data"])
        return tuple(one["data"] for one in data["datasets"])

    def test_other_weekdays_and_cancelled_orders_do_not_count(self):
        self.sold(7, "10.00")
        self.sold(14, "30.00")
        self.sold(14, "500.00", status=Order.Status.CANCELLED)
        self.sold(6, "1000.00")
        today, usual = self.lines()
        assert usual[-1] == 20.0
        assert not any(today)

    def test_without_a_past_nothing_is_usual(self):
        self.sold(0, "5.00")
        figure = dashboard.sales()["figures"][0]
        assert (figure["value"], figure["note"]) == ("$5.00", "")


def test_each_number_that_waits_leads_to_exactly_its_rows(client):
    """The list behind a tile shows as many rows as the tile says."""
    client.force_login(AdministratorFactory())
    OrderFactory.create_batch(2, status=Order.Status.PLACED)
    OrderFactory.create_batch(3, status=Order.Status.PACKED)
    OrderFactory(status=Order.Status.ON_HOLD)
    OrderFactory(status=Order.Status.DELIVERED)
    for figure in dashboard.orders()["figures"][:3]:
        page = client.get(figure["url"])
        assert page.context["cl"].result_count == figure["value"], figure["url"]
    (today, *_rest) = dashboard.sales()["figures"]
    assert client.get(today["url"]).context["cl"].result_count == 7
