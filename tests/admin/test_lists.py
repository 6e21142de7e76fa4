"""Lists of the administration: filters that are kept, and the list as a file."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

from config import export
from config.roles import RISK, STOCK, SUPPORT
from foundation.spreadsheets import FORMULA
from shop.models import PersonalRead, SavedFilter
from shop.refusals import Refused
from shop.services import saved_filters
from tests.admin.people import member
from tests.shop.factories import CustomerFactory, OrderFactory, UserFactory
from tests.shop.factories import StaffFactory as AdministratorFactory

pytestmark = pytest.mark.django_db
ORDERS = "/admin/shop/order/"


def rows(answer) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class TestKept:
    def keep(self, client, name="Held", query="status__exact=on_hold&p=3", page="shop.order"):
        values = {"page": page, "name": name, "query": query}
        return client.post("/admin/filters/", values)

    def test_a_filter_is_offered_above_its_list_and_nowhere_else(self, client):
        client.force_login(AdministratorFactory())
        answer = self.keep(client)
        assert answer["Location"] == f"{ORDERS}?status__exact=on_hold"
        link = f'href="{answer["Location"]}"'
        assert link in client.get(ORDERS).content.decode()
        assert link not in client.get("/admin/shop/product/").content.decode()

    def test_it_is_its_owners_alone(self, client):
        client.force_login(AdministratorFactory())
        self.keep(client)
        kept = SavedFilter.objects.get()
        client.force_login(AdministratorFactory())
        assert kept.name not in client.get(ORDERS).content.decode().partition("<main")[2]
        assert client.post(f"/admin/filters/{kept.pk}/forget/").status_code == 404
        assert SavedFilter.objects.exists()

    def test_it_can_be_replaced_and_forgotten(self, client):
        client.force_login(AdministratorFactory())
        self.keep(client)
        self.keep(client, query="status__exact=packed")
        kept = SavedFilter.objects.get()
        assert kept.query == "status__exact=packed"
        assert client.post(f"/admin/filters/{kept.pk}/forget/")["Location"] == ORDERS
        assert not SavedFilter.objects.exists()

    def test_only_of_a_list_that_the_role_may_see(self, client):
        client.force_login(member(STOCK))
        assert self.keep(client).status_code == 403
        assert self.keep(client, page="shop.nothing").status_code == 404
        assert self.keep(client, page="//evil.example").status_code == 404

    def test_nobody_keeps_without_end(self, monkeypatch):
        monkeypatch.setattr(saved_filters, "MOST", 1)
        owner = UserFactory()
        saved_filters.save(owner=owner, page="shop.order", name="a", query="q=1")
        saved_filters.save(owner=owner, page="shop.order", name="a", query="q=2")
        for name, query in (("b", "q=1"), ("", "q=1"), ("a", "q=" + "x" * 600)):
            with pytest.raises(Refused):
                saved_filters.save(owner=owner, page="shop.order", name=name, query=query)
        assert SavedFilter.objects.get().query == "q=2"


class TestExport:
    def test_a_file_has_the_columns_and_the_rows_of_the_list(self, client):
        client.force_login(AdministratorFactory())
        held = OrderFactory(status="on_hold", total=Decimal("12.50"))
        OrderFactory(status="placed")
        head, *found = rows(client.get("/admin/export/shop/order.csv?status__exact=on_hold"))
        assert head[:3] == ["Number", "Status", "Placed"]
        assert [row[0] for row in found] == [held.number]
        assert found[0][head.index("Total")] == "12.50"
        assert found[0][1] == "Being checked"

    def test_a_sheet_holds_numbers_and_times_as_such(self, client):
        client.force_login(AdministratorFactory())
        OrderFactory(total=Decimal("12.50"))
        answer = client.get("/admin/export/shop/order.xlsx?q=")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        head, row = sheet.iter_rows(values_only=True)
        assert row[head.index("Total")] == 12.5
        assert row[head.index("Placed")].year >= 2024

    @pytest.mark.parametrize("text", ["=1+1", "+49 1", "-1", "@SUM(A1)", "\t=1"])
    def test_no_text_becomes_a_formula(self, client, text):
        client.force_login(AdministratorFactory())
        CustomerFactory(name=text)
        _head, *found = rows(client.get("/admin/export/shop/customer.csv"))
        names = [row[0] for row in found]
        assert not [name for name in names if name.startswith(FORMULA)]
        assert f"'{text.strip()}" in names

    def test_the_role_decides_and_people_are_written_down(self, client):
        OrderFactory()
        client.force_login(member(STOCK))
        assert client.get("/admin/export/shop/order.csv").status_code == 403
        assert not PersonalRead.objects.exists()
        for role in (SUPPORT, RISK):
            client.force_login(member(role))
            assert client.get("/admin/export/shop/order.csv").status_code == 200
        subjects = PersonalRead.objects.values_list("page", "subject")
        assert set(subjects) == {("admin:shop_order_changelist", "export csv, 1 rows")}

    def test_what_is_no_list_or_no_form_is_not_found(self, client):
        client.force_login(AdministratorFactory())
        for path in ("shop/order.pdf", "shop/cart.csv", "nothing/order.csv"):
            assert client.get(f"/admin/export/{path}").status_code == 404
        assert client.get("/admin/export/shop/order.csv?total__nothing=1").status_code == 302
        assert client.post("/admin/export/shop/order.csv").status_code == 405

    def test_a_sheet_has_an_end_and_says_so(self, client, monkeypatch):
        monkeypatch.setattr(export, "MAX_SHEET_ROWS", 1)
        client.force_login(AdministratorFactory())
        OrderFactory.create_batch(2)
        page = client.get("/admin/export/shop/order.xlsx", follow=True).content.decode()
        assert "too many for a sheet" in page
        assert len(rows(client.get("/admin/export/shop/order.csv"))) == 3

    def test_every_list_there_is_can_be_taken_along(self, admin_client):
        from tests.security.world import World

        World()
        for model in export.admin.site._registry:
            names = model._meta
            path = f"/admin/export/{names.app_label}/{names.model_name}.csv"
            answer = admin_client.get(path)
            assert answer.status_code == 200, path
            assert len(rows(answer)[0]) > 0
