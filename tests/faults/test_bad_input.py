"""Bad input through the pages and through the API: a clear answer, nothing changed, no crash.

The same attempt is made through both doors. What a shopper must never reach is tried by id, what a
price must never be by hidden fields, what a text must never do in ``test_hostile_text``.
"""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from channels.testing.websocket import WebsocketCommunicator
from django.test import Client
from django.utils import timezone

from shop.middleware import VISITOR_KEY
from shop.models import Cart, CartLine, Checkout, Order
from support.consumers import ChatConsumer
from support.models import Message
from tests.api.conftest import (  # noqa: F401
    Program,
    clean_process,
    customer,
    error_of,
    guest,
    member,
    purchase,
    shop,
    signed_in,
)
from tests.shop.conftest import charged
from tests.shop.factories import CouponFactory, OrderFactory
from tests.shop.test_checkout_pages import fill

pytestmark = pytest.mark.django_db
QUANTITIES = [0, -1, -(2**63), 100, 2**31, 2**63, 10**400, 1.5, "1e3", "NaN", "", None, [1], "一"]
LARGE = "x" * 10_000_000


def nothing_bought() -> None:
    assert not Order.objects.exists()
    assert charged() == 0


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_quantity_that_cannot_be_is_refused(shop, guest, client, quantity):  # noqa: F811
    body = {"variant": shop.milk.pk, "quantity": quantity}
    answer = guest.post("cart/lines/", body)
    assert (answer.status_code, error_of(answer)) == (400, "invalid")
    assert list(answer.json()["error"]["details"]) == ["quantity"]
    if quantity not in (None, "", [1]):  # a page that says nothing means one
        client.post("/cart/add/", body)
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("variant", [0, -1, 2**63, 10**400, "abc", None, "1; DROP TABLE x"])
def test_a_variant_that_is_none_is_refused(shop, guest, client, variant):  # noqa: F811
    body = {"variant": "" if variant is None else variant, "quantity": 1}
    assert guest.post("cart/lines/", body).status_code == 400
    assert client.post("/cart/add/", body).status_code == 302
    assert not CartLine.objects.exists()


def test_more_than_there_is_cannot_be_put_into_a_cart(shop, guest, client):  # noqa: F811
    body = {"variant": shop.shoes.pk, "quantity": 21}
    refused = guest.post("cart/lines/", body)
    assert (refused.status_code, error_of(refused)) == (409, "out_of_stock")
    assert refused.json()["error"]["details"]["available"] == 20
    client.post("/cart/add/", body)
    assert not CartLine.objects.exists()


def test_stock_that_went_meanwhile_is_told_at_the_checkout(shop, client):  # noqa: F811
    first, second = Program(), Program()
    for program in (first, second):
        program.put_into_cart(shop.shoes, 20)
    client.post("/cart/add/", {"variant": shop.shoes.pk, "quantity": 20})
    total = "1180.00"
    assert first.post("checkout/", purchase(expected_total=total)).status_code == 201
    late = second.post("checkout/", purchase(expected_total=total))
    assert (late.status_code, error_of(late)) == (409, "out_of_stock")
    page = client.post("/checkout/", fill(client))
    assert (page.status_code, "There is not enough stock" in page.content.decode()) == (409, True)
    assert Order.objects.count() == 1
    assert second.get("cart/").json()["units"] == 20
    assert charged() == Decimal(total)


def test_a_line_of_another_cart_is_out_of_reach(shop, guest, client):  # noqa: F811
    owner = Program()
    line = owner.put_into_cart(shop.milk)["lines"][0]["id"]
    guest.put_into_cart(shop.shoes)
    client.post("/cart/add/", {"variant": shop.shoes.pk})
    for body in ({"quantity": 9}, {"quantity": 0}, {"saved_for_later": True}):
        assert guest.patch(f"cart/lines/{line}/", body).status_code == 404
    for action in ("quantity", "remove", "later", "back"):
        client.post(f"/cart/lines/{line}/", {"action": action, "quantity": 9})
    for path in (f"cart/lines/{10**30}/", "cart/lines/0/"):
        assert guest.delete(path).status_code == 404
    assert client.post(f"/cart/lines/{10**30}/", {"action": "remove"}).status_code == 302
    assert owner.get("cart/").json()["lines"][0]["quantity"] == 1


def test_an_order_of_somebody_else_is_out_of_reach(shop, signed_in, client):  # noqa: F811
    order = OrderFactory(lines=1)
    paths = ("", "cancel/", "reorder/", "return/", "invoice.pdf")
    for path in paths:
        assert client.get(f"/orders/{order.number}/{path}").status_code in (404, 405)
        assert client.post(f"/orders/{order.number}/{path}").status_code in (404, 405)
    for method, path in [("GET", ""), ("POST", "cancel/"), ("POST", "reorder/")]:
        assert signed_in.send(method, f"orders/{order.number}/{path}").status_code == 404
    assert signed_in.get(f"orders/{order.number}/", token="x" * 5000).status_code == 404
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_a_coupon_that_ended_or_is_not_for_you_changes_no_price(shop, guest, client):  # noqa: F811
    past = timezone.now() - timedelta(days=1)
    ended = CouponFactory(starts_at=past - timedelta(days=9), ends_at=past)
    targeted = CouponFactory(targeted_only=True)
    guest.put_into_cart(shop.milk, 2)
    client.post("/cart/add/", {"variant": shop.milk.pk, "quantity": 2})
    for code, expected in [
        (ended.code, "coupon_expired"),
        (targeted.code, "coupon_not_for_you"),
        ("NO-SUCH-CODE", "coupon_unknown"),
    ]:
        assert error_of(guest.post("cart/coupons/", {"code": code})) == expected
        client.post("/cart/coupon/", {"code": code})
    assert guest.get("cart/").json()["subtotal"] == "6.98"
    assert all(cart.coupon_codes == [] for cart in Cart.objects.all())


def test_a_coupon_that_ends_before_the_checkout_stops_it(shop, guest):  # noqa: F811
    coupon = CouponFactory()
    guest.put_into_cart(shop.milk)
    guest.post("cart/coupons/", {"code": coupon.code})
    coupon.ends_at = timezone.now()
    coupon.save()
    assert [row["code"] for row in guest.get("cart/").json()["problems"]] == ["coupon_expired"]
    stopped = guest.post("checkout/", purchase(expected_total="8.04"))
    assert error_of(stopped) == "coupon_expired"
    nothing_bought()


@pytest.mark.parametrize("total", ["0.01", "0", "-8.39", "NaN", "1e5", "", "8.38", "free", None])
def test_a_tampered_price_buys_nothing(shop, guest, client, total):  # noqa: F811
    guest.put_into_cart(shop.milk)
    body = purchase() | {"expected_total": total}
    answer = guest.post("checkout/", body)
    assert answer.status_code in (400, 409)
    assert error_of(answer) in ("invalid", "price_changed")
    client.post("/cart/add/", {"variant": shop.milk.pk})
    values = fill(client) | {"price": "0.01", "total": "0.01", "unit_price": "0.01"}
    values["seen_total_standard"] = total or ""
    assert client.post("/checkout/", values).status_code == 409
    nothing_bought()


def test_prices_sent_along_are_not_read(shop, guest):  # noqa: F811
    body = {"variant": shop.milk.pk, "price": "0.01", "list_price": "0.01", "discount": "3.48"}
    assert guest.post("cart/lines/", body).json()["subtotal"] == "3.49"
    cheap = purchase(expected_total="8.39", subtotal="0.01", delivery_fee="0.00", total="0.01")
    assert guest.post("checkout/", cheap).json()["order"]["total"] == "8.39"
    assert charged() == Decimal("8.39")


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe{}",
    b'{"variant": NaN}',
    b'{"variant": Infinity}',
    b'{"a": "\\ud800"}',
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b"1" * 10_000,
    b"{}" + b" " * 2_000_000,
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:20]))
@pytest.mark.parametrize("path", ["cart/lines/", "checkout/", "support/messages/"])
def test_malformed_json_is_told(shop, guest, path, raw):  # noqa: F811
    guest.put_into_cart(shop.milk)
    answer = guest.client.generic("POST", f"/api/v1/{path}", raw, "application/json")
    assert answer.status_code in (400, 413), answer.content
    error_of(answer)
    nothing_bought()


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:20]))
def test_malformed_json_in_the_chats_fallback_is_told(client, raw):
    answer = client.post("/support/messages/", raw, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=nonsense",
        "multipart/form-data",
        "multipart/form-data; boundary=\xff",
        "application/json; charset=utf-7",
        "nonsense",
        "",
    ],
)
def test_a_wrong_content_type_is_told(shop, guest, client, kind):  # noqa: F811
    body = json.dumps({"variant": shop.milk.pk})
    answer = guest.client.generic("POST", "/api/v1/cart/lines/", body, kind)
    if "json" in kind:
        assert answer.status_code == 201
    else:
        assert answer.status_code in (400, 415)
        error_of(answer)
    for path in ("/cart/add/", "/cart/coupon/", "/checkout/", "/support/chat/"):
        assert client.generic("POST", path, body, kind).status_code < 500
    nothing_bought()


def test_ten_megabytes_of_chat_over_http_are_told(client, guest):  # noqa: F811
    before = guest.post("support/messages/", {"id": "1", "text": "hello"}).json()["messages"]
    answer = guest.post("support/messages/", {"id": "2", "text": LARGE})
    assert (answer.status_code, error_of(answer)) == (413, "too_large")
    long = guest.post("support/messages/", {"id": "3", "text": "x" * 4001})
    assert (long.status_code, error_of(long)) == (400, "invalid")
    body = json.dumps({"id": "4", "text": LARGE})
    assert client.post("/support/messages/", body, "application/json").status_code == 400
    assert client.post("/support/chat/", {"id": "5", "text": LARGE}).status_code == 400
    kept = guest.get("support/messages/").json()["messages"]
    assert [row["seq"] for row in kept] == [row["seq"] for row in before] == [1, 2]
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
async def test_ten_megabytes_over_the_websocket_are_told_and_nothing_is_lost():
    from asgiref.sync import sync_to_async
    from django.contrib.auth.models import AnonymousUser

    socket = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
    socket.scope["session"], socket.scope["user"] = {VISITOR_KEY: "tester"}, AnonymousUser()
    assert (await socket.connect())[0]
    for frame in [
        json.dumps({"type": "message", "id": "1", "text": LARGE}),
        json.dumps({"type": "message", "id": "2", "text": "x" * 4001}),
        "[" * 19_000,
        '{"type": "message", "id": "\\ud800", "text": "hello"}',
        '{"type": "resume", "after": 1e400}',
        "\x00",
        "null",
        "{}",
    ]:
        await socket.send_to(text_data=frame)
        assert json.loads(await socket.receive_from(5))["type"] == "error", frame[:40]
    await socket.send_to(bytes_data=b"\xff" * 100)
    assert json.loads(await socket.receive_from(5))["code"] == "invalid"
    await socket.send_to(text_data='{"type": "message", "id": "3", "text": "half \\ud83d of one"}')
    answer = json.loads(await socket.receive_from(10))
    assert answer["messages"][0]["text"] == "half \ufffd of one"
    await socket.disconnect()
    assert await sync_to_async(Message.objects.filter(author="customer").count)() == 1


BROKEN_BYTES = b"code=%ff%fe%00&quantity=%f0%28%8c%28&key=%c0%80&variant=%ff&text=%ed%a0%80&id=%ff"


def test_bytes_that_are_no_text_break_no_form(shop, client):  # noqa: F811
    client.post("/cart/add/", {"variant": shop.milk.pk})
    for path in ("/cart/add/", "/cart/coupon/", "/checkout/", "/support/chat/", "/compare/toggle/"):
        answer = client.generic("POST", path, BROKEN_BYTES, "application/x-www-form-urlencoded")
        assert answer.status_code < 500, path
    assert CartLine.objects.get().quantity == 1
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["%ff%fe", "%00", "%ed%a0%80", "a" * 5000, "%f0%9f%91%9f", "'%20OR%201=1", "%3Cscript%3E"],
)
def test_queries_that_are_no_words_break_no_list(shop, client, query):  # noqa: F811
    names = ("q", "category", "price", "brand", "size", "rating", "offer", "sort", "page")
    for path in ("/search/", "/search/suggest/", "/d/grocery/", "/c/milk/", "/p/whole-milk/"):
        address = path + "?" + "&".join(f"{name}={query}" for name in (*names, "variant", "from"))
        page = client.get(address)
        assert page.status_code == 200, address
        is_json = page["Content-Type"].startswith("application/json")
        assert is_json or b"<script>" not in page.content
    for name in (*names, "department", "page_size"):
        answer = client.get(f"/api/v1/products/?{name}={query}")
        assert answer.status_code in (200, 400, 404), (name, answer.content)
        if answer.status_code != 200:
            error_of(answer)


def test_addresses_that_lead_nowhere_answer_in_the_one_shape(db):
    client = Client()
    for path in ["", "nowhere/", "products/%00/", "products/a%ff/", "orders/x/y/", "cart/lines/x/"]:
        for method in ("GET", "POST", "DELETE"):
            answer = client.generic(method, f"/api/v1/{path}")
            assert (answer.status_code, error_of(answer)) == (404, "not_found"), path


def test_a_failure_of_our_own_has_the_one_shape_too(client, monkeypatch):
    def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("shop.selectors.catalogue.home", broken)
    client.raise_request_exception = False
    answer = client.get("/api/v1/home/")
    assert (answer.status_code, error_of(answer)) == (500, "server_error")
    assert "secret" not in answer.content.decode()


def test_too_many_attempts_are_slowed_down(shop, guest, monkeypatch):  # noqa: F811
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"coupons": "2/min"})
    guest.put_into_cart(shop.milk)
    answers = [guest.post("cart/coupons/", {"code": f"GUESS{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [409, 409, 429]
    assert error_of(answers[-1]) == "throttled"
    assert int(answers[-1]["Retry-After"]) > 0
