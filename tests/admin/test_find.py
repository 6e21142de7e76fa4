"""Search over everything finds what a person has in hand, and only what the role may see."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.find import EACH, KINDS
from config.roles import MARKETING, RISK, STOCK, SUPPORT
from risk.models import Assessment, Case, Decision
from shop.models import PersonalRead
from support import services as support
from tests.admin.people import member
from tests.shop.factories import (
    CustomerFactory,
    OrderFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
)
from tests.shop.factories import StaffFactory as AdministratorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    person = CustomerFactory(
        user=UserFactory(email="ada.lovelace@mercato.example"), name="Ada Lovelace"
    )
    order = OrderFactory(number="M-777-ADA", customer=person)
    product = ProductFactory(title_en="Ada's kettle", title_zh="艾达的水壶")
    VariantFactory(product=product, sku="ADA-SKU-1")
    talk = support.open_conversation(visitor="v", customer=person)
    talk.messages.create(seq=1, author="customer", text="hello")
    type(talk).objects.filter(pk=talk.pk).update(last_seq=1)
    assessment = Assessment.objects.create(
        order=order, customer=person, decision=Decision.REVIEW, at=timezone.now()
    )
    case = Case.objects.create(assessment=assessment, kind=Case.Kind.REVIEW)
    return {
        "order": f"/admin/shop/order/{order.pk}/change/",
        "person": f"/admin/shop/customer/{person.pk}/change/",
        "product": f"/admin/shop/product/{product.pk}/change/",
        "sku": "ADA-SKU-1",
        "talk": f"/support/console/{talk.pk}/",
        "case": f"/admin/risk/case/{case.pk}/change/",
    }


def find(client, text: str) -> str:
    return client.get("/admin/search/", {"s": text, "extended": "1"}).content.decode()


def test_one_word_finds_all_that_hangs_together(client, world):
    client.force_login(AdministratorFactory())
    page = find(client, "ada")
    assert [name for name, place in world.items() if place not in page] == []


@pytest.mark.parametrize("text", ["M-777", "ada.lovelace@", "lovelace"])
def test_an_order_is_found_by_its_number_and_by_its_customer(client, world, text):
    client.force_login(AdministratorFactory())
    assert world["order"] in find(client, text)


def test_a_product_is_found_in_chinese(client, world):
    client.force_login(AdministratorFactory())
    assert world["product"] in find(client, "水壶")


def test_each_role_finds_what_it_may_see(client, world):
    seen = {}
    for role in (SUPPORT, STOCK, RISK, MARKETING):
        client.force_login(member(role))
        page = find(client, "ada")
        seen[role] = {name for name, place in world.items() if place in page}
    assert seen == {
        SUPPORT: {"order", "person", "product", "sku", "talk"},
        STOCK: {"product", "sku"},
        RISK: {"order", "person", "case"},
        MARKETING: {"product", "sku"},
    }


def test_a_right_that_is_taken_away_shows_at_once(client, world):
    user = member(RISK)
    client.force_login(user)
    assert world["case"] in find(client, "ada")
    user.groups.clear()
    assert world["case"] not in find(client, "ada")


def test_many_hits_are_a_few_and_the_way_to_the_others(client):
    client.force_login(AdministratorFactory())
    OrderFactory.create_batch(EACH + 3, email="many@mercato.example")
    with CaptureQueriesContext(connection) as found:
        page = find(client, "many@")
    assert page.count("/admin/shop/order/") - page.count("/admin/shop/order/?q=") == EACH
    assert "/admin/shop/order/?q=many%40" in page
    assert len(found) <= len(KINDS) + 12


@pytest.mark.parametrize("text", ["%", "'; DROP", "\x00", "<script>", "#" * 300, "9" * 40, "١٢"])
def test_whatever_is_typed_is_answered(client, text):
    client.force_login(AdministratorFactory())
    assert client.get("/admin/search/", {"s": text, "extended": "1"}).status_code == 200


def test_a_search_is_written_down_and_strangers_find_nothing(client, world):
    assert client.get("/admin/search/", {"s": "ada"}).status_code == 302
    client.force_login(AdministratorFactory())
    find(client, "ada")
    read = PersonalRead.objects.get()
    assert (read.page, read.at > timezone.now() - timedelta(minutes=1)) == ("admin:search", True)
