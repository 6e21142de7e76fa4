"""A small shop with stock, and programs that use it by its API alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from shop import events
from shop.models import Customer, Variant
from shop.payments.testprovider import CARD_OK
from tests.inventory.factories import stocked
from tests.shop.conftest import ADDRESS
from tests.shop.factories import (
    PASSWORD,
    CategoryFactory,
    CustomerFactory,
    DepartmentFactory,
    ProductFactory,
    StaffFactory,
    UserFactory,
    VariantFactory,
)

API = "/api/v1/"
SIGN_IN = "/api/auth/app/v1/auth/login"
CARD = {"number": CARD_OK, "expiry": "12/40", "code": "123"}


class Program:
    """Speaks JSON and keeps its cookies; CSRF is checked as for a browser."""

    def __init__(self, language: str = "en") -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"accept-language": language})
        self.headers: dict[str, str] = {}

    def send(self, method: str, path: str, body: object = None, **query: object):
        return self.client.generic(
            method,
            API + path,
            data=b"" if body is None else self.client._encode_json(body, "application/json"),
            content_type="application/json",
            headers=self.headers,
            query_params=query or None,
        )

    def get(self, path: str, **query: object):
        return self.send("GET", path, **query)

    def post(self, path: str, body: object = None):
        return self.send("POST", path, body)

    def patch(self, path: str, body: object):
        return self.send("PATCH", path, body)

    def put(self, path: str, body: object):
        return self.send("PUT", path, body)

    def delete(self, path: str):
        return self.send("DELETE", path)

    def sign_in(self, email: str, password: str = PASSWORD):
        answer = self.client.post(
            SIGN_IN, {"email": email, "password": password}, content_type="application/json"
        )
        if answer.status_code == 200:
            self.headers["x-session-token"] = answer.json()["meta"]["session_token"]
        return answer

    def put_into_cart(self, variant: Variant, quantity: int = 1) -> dict:
        answer = self.post("cart/lines/", {"variant": variant.pk, "quantity": quantity})
        assert answer.status_code == 201, answer.content
        return answer.json()


@dataclass
class Shop:
    milk: Variant
    shoes: Variant
    wine: Variant


def error_of(answer) -> str:
    """The code of an error, which must be in the API's one shape."""
    body = answer.json()
    assert answer["Content-Type"].startswith("application/json")
    assert list(body) == ["error"], body
    assert sorted(body["error"]) == ["code", "details", "message"], body
    return body["error"]["code"]


def purchase(**changes: object) -> dict:
    """What a program sends to buy."""
    values = {
        "idempotency_key": uuid4().hex,
        "email": "ada@example.com",
        "delivery": "standard",
        "address": dict(ADDRESS),
        "card": dict(CARD),
        "expected_total": "0.00",
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


@pytest.fixture(autouse=True)
def clean_process(settings) -> Iterator[None]:
    """Events and throttle counts of one test are not those of the next; passwords are quick."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    events._waiting.clear()
    cache.clear()
    yield
    events._waiting.clear()
    cache.clear()


@pytest.fixture
def shop(db) -> Shop:
    """Milk, shoes in two sizes, and wine for adults; twenty units of each online."""
    grocery = DepartmentFactory(slug="grocery", name_en="Grocery", name_zh="食品")
    dairy = CategoryFactory(department=grocery, slug="milk", name_en="Milk", name_zh="牛奶")
    cellar = CategoryFactory(department=grocery, slug="wine", name_en="Wine", age_gated=True)
    sports = CategoryFactory(slug="shoes", name_en="Sports shoes", name_zh="运动鞋")
    milk = ProductFactory(
        slug="whole-milk", title_en="Whole milk", title_zh="全脂牛奶", category=dairy
    )
    shoes = ProductFactory(
        slug="running-shoes",
        title_en="Running shoes",
        title_zh="跑步鞋",
        brand_en="Lynx",
        category=sports,
        attributes=[
            {
                "key": "material",
                "name": {"en": "Material", "zh": "材质"},
                "value": {"en": "Mesh", "zh": "网布"},
            }
        ],
    )
    wine = ProductFactory(
        slug="red-wine", title_en="Red wine", title_zh="红葡萄酒", category=cellar
    )
    small = VariantFactory(
        product=shoes, price=Decimal("59.00"), options={"size": {"en": "EU 40", "zh": "40 码"}}
    )
    VariantFactory(product=shoes, price=Decimal("59.00"), options={"size": {"en": "EU 42"}})
    return Shop(
        milk=stocked(20, 5, variant=VariantFactory(product=milk, price=Decimal("3.49")))[0],
        shoes=stocked(20, variant=small)[0],
        wine=stocked(20, variant=VariantFactory(product=wine, price=Decimal("12.00")))[0],
    )


def member(**fields: object) -> Customer:
    """A customer who can sign in with :data:`PASSWORD`."""
    customer = CustomerFactory(user=UserFactory(password=PASSWORD), **fields)
    EmailAddress.objects.create(
        user=customer.user, email=customer.user.email, verified=True, primary=True
    )
    return customer


@pytest.fixture
def guest(db) -> Program:
    return Program()


@pytest.fixture
def customer(db) -> Customer:
    return member(name="Ada Lovelace")


@pytest.fixture
def signed_in(customer: Customer) -> Program:
    """A program of ``customer`` that signed in through the API."""
    program = Program()
    assert program.sign_in(customer.user.email).status_code == 200
    return program


@pytest.fixture
def staff(db) -> Program:
    program = Program()
    program.client = Client()
    program.client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return program
