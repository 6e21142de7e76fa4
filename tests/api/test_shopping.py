"""A program shops from the search to the invoice by the API alone."""

from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from risk.services import freeze
from shop.models import Cart, Order, ReturnRequest, Review
from shop.payments.testprovider import CARD_CHALLENGE, CARD_DECLINED
from shop.services import orders, tokens
from tests.api.conftest import CARD, Program, error_of, member, purchase
from tests.shop.conftest import charged
from tests.shop.factories import AddressFactory, CouponFactory, DealFactory, PaymentFactory

pytestmark = pytest.mark.django_db


def total_of(program: Program, delivery: str = "standard") -> str:
    choices = program.get("checkout/").json()
    return next(row["total"] for row in choices["delivery"] if row["code"] == delivery)


def buy(program: Program, **changes):
    changes.setdefault("expected_total", total_of(program, changes.get("delivery", "standard")))
    return program.post("checkout/", purchase(**changes))


@pytest.mark.parametrize(
    ("language", "query", "title", "delivery"),
    [
        ("en", "milk", "Whole milk", "Standard delivery"),
        ("zh-hans", "牛奶", "全脂牛奶", "标准配送"),
    ],
)
def test_a_guest_from_search_to_invoice(shop, language, query, title, delivery):
    program = Program(language)
    (found,) = program.get("products/", q=query).json()["results"]
    assert (found["title"], found["price"]) == (title, "3.49")
    product = program.get(f"products/{found['slug']}/").json()
    assert {row["channel"]: row["units"] for row in product["stock"]}["online"] == 20
    cart = program.post(
        "cart/lines/", {"variant": product["variants"][0]["id"], "quantity": 2}
    ).json()
    assert (cart["subtotal"], cart["missing_for_free_delivery"]) == ("6.98", "28.02")
    assert total_of(program) == "11.88"
    answer = buy(program)
    assert answer.status_code == 201, answer.content
    order = answer.json()["order"]
    assert (order["total"], order["lines"][0]["product"]["title"]) == ("11.88", title)
    # Without a trained model a person looks at every order.
    shown = program.get(f"orders/{order['number']}/")
    assert (shown.json()["status"], shown["Content-Language"]) == ("on_hold", language)
    assert shown.json()["delivery_label"] == delivery
    invoice = program.get(f"orders/{order['number']}/invoice.pdf")
    assert invoice["Content-Type"] == "application/pdf"
    assert invoice.content.startswith(b"%PDF")
    assert charged() == Decimal("11.88")
    assert program.get("cart/").json()["lines"] == []


def test_a_customer_with_a_deal_a_coupon_and_a_saved_address(shop, signed_in, customer):
    DealFactory(variant=shop.shoes, price=Decimal("49.00"))
    coupon = CouponFactory(value=Decimal("10.00"))
    home = AddressFactory(customer=customer, city="Dayton")
    cart = signed_in.put_into_cart(shop.shoes)
    assert (cart["list_total"], cart["discount"], cart["subtotal"]) == ("59.00", "10.00", "49.00")
    cart = signed_in.post("cart/coupons/", {"code": coupon.code}).json()
    assert cart["coupons"] == [{"code": coupon.code, "discount": "4.90"}]
    answer = buy(signed_in, address=None, saved_address=home.pk)
    order = answer.json()["order"]
    assert (order["total"], order["address"]["city"]) == ("44.10", "Dayton")
    (row,) = signed_in.get("orders/").json()["results"]
    assert (row["number"], row["line_count"]) == (order["number"], 1)
    assert charged() == Decimal("44.10")


def test_sending_a_checkout_again_makes_no_second_order(shop, guest):
    guest.put_into_cart(shop.milk)
    body = purchase(expected_total=total_of(guest))
    first, second = guest.post("checkout/", body), guest.post("checkout/", body)
    assert first.status_code == second.status_code == 201
    assert first.json()["order"]["number"] == second.json()["order"]["number"]
    known = guest.get(f"checkout/{body['idempotency_key']}/")
    assert known.json()["order"]["number"] == Order.objects.get().number
    assert charged() == Order.objects.get().total


def test_a_database_that_goes_after_the_order_is_no_refusal(shop, guest):
    """Else the shopper would not ask again, and the order would be nobody's."""
    guest.put_into_cart(shop.milk)
    body = purchase(expected_total=total_of(guest))
    guest.client.raise_request_exception = False

    def gone(execute, sql, *rest):
        if sql.startswith("UPDATE") and "django_session" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(gone):
        lost = guest.post("checkout/", body)
    assert lost.status_code == 500
    assert Order.objects.count() == 1
    again = guest.post("checkout/", body)
    assert again.status_code == 201
    assert again.json()["order"]["number"] == Order.objects.get().number


def test_a_session_that_was_ended_meanwhile_is_one(shop, guest):
    guest.put_into_cart(shop.milk)
    key = guest.client.session.session_key

    def ended(execute, sql, *rest):
        if sql.startswith("UPDATE") and "django_session" in sql:
            Session.objects.filter(pk=key).delete()
        return execute(sql, *rest)

    guest.client.raise_request_exception = False
    with connection.execute_wrapper(ended):
        answer = guest.post("checkout/", purchase(expected_total=total_of(guest)))
    assert answer.status_code == 400


def test_the_bank_asks_and_is_answered(shop, guest):
    guest.put_into_cart(shop.milk)
    key = "my-own-key-1"
    asked = buy(guest, idempotency_key=key, card={**CARD, "number": CARD_CHALLENGE})
    assert (asked.status_code, asked.json()["state"]) == (202, "challenge")
    assert "bank" in asked.json()["prompt"]
    assert guest.get(f"checkout/{key}/").status_code == 202
    answered = guest.post(f"checkout/{key}/answer/", {"answer": "123456"})
    assert answered.json()["state"] == "placed"
    assert charged() == Order.objects.get().total


def test_a_wrong_answer_charges_nothing(shop, guest):
    guest.put_into_cart(shop.milk)
    buy(guest, idempotency_key="my-own-key-2", card={**CARD, "number": CARD_CHALLENGE})
    answered = guest.post("checkout/my-own-key-2/answer/", {"answer": "654321"})
    assert error_of(answered) == "payment_challenge_failed"
    assert charged() == 0


def test_a_declined_card_and_a_changed_total_are_refused_and_the_cart_stays(shop, guest):
    guest.put_into_cart(shop.milk)
    assert error_of(buy(guest, card={**CARD, "number": CARD_DECLINED})) == "payment_declined"
    assert error_of(buy(guest, expected_total="0.01")) == "price_changed"
    assert not Order.objects.exists()
    assert charged() == 0
    assert guest.get("cart/").json()["units"] == 1


def test_lines_are_changed_set_aside_and_removed(shop, guest):
    line = guest.put_into_cart(shop.milk)["lines"][0]["id"]
    assert guest.patch(f"cart/lines/{line}/", {"quantity": 3}).json()["units"] == 3
    aside = guest.patch(f"cart/lines/{line}/", {"saved_for_later": True}).json()
    assert (aside["units"], [row["id"] for row in aside["saved"]]) == (0, [line])
    back = guest.patch(f"cart/lines/{line}/", {"saved_for_later": False, "quantity": 2}).json()
    assert back["units"] == 2
    assert guest.delete(f"cart/lines/{line}/").json()["lines"] == []
    assert error_of(guest.delete(f"cart/lines/{line}/")) == "not_found"


def test_a_guests_cart_comes_along_at_the_sign_in_of_a_browser(shop, customer):
    program = Program()
    program.put_into_cart(shop.milk, 2)
    program.get("session/")
    program.headers["x-csrftoken"] = program.client.cookies["csrftoken"].value
    answer = program.client.post(
        "/api/auth/browser/v1/auth/login",
        {"email": customer.user.email, "password": "correct horse battery staple"},
        content_type="application/json",
        headers=program.headers,
    )
    assert answer.status_code == 200, answer.content
    assert program.get("session/").json()["email"] == customer.user.email
    assert program.get("cart/").json()["units"] == 2
    assert Cart.objects.get(is_open=True).customer == customer


def test_a_browsers_session_needs_the_csrf_token_and_a_session_token_does_not(
    shop, customer, signed_in
):
    assert signed_in.post("wishlist/", {"product": shop.milk.product_id}).status_code == 201
    browser = Program()
    browser.client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    refused = browser.post("wishlist/", {"product": shop.milk.product_id})
    assert (refused.status_code, error_of(refused)) == (403, "permission_denied")
    browser.get("session/")
    browser.headers["x-csrftoken"] = browser.client.cookies["csrftoken"].value
    assert browser.post("wishlist/", {"product": shop.milk.product_id}).status_code == 201


def test_a_product_says_whether_its_reader_wishes_for_it_without_asking_on_its_own(
    shop, guest, signed_in
):
    path = f"products/{shop.milk.product.slug}/"
    signed_in.post("wishlist/", {"product": shop.milk.product_id})
    with CaptureQueriesContext(connection) as seen:
        assert signed_in.get(path).json()["is_wished"] is True
    asked = [query["sql"] for query in seen if "shop_wishlistitem" in query["sql"]]
    assert len(asked) == 1
    assert "shop_product" in asked[0]
    assert guest.get(path).json()["is_wished"] is False


def test_an_unknown_session_token_is_refused(guest, db):
    guest.headers["x-session-token"] = "nonsense"
    answer = guest.get("cart/")
    assert (answer.status_code, error_of(answer)) == (401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "X-Session-Token"


def test_signing_out_ends_the_token(signed_in):
    assert signed_in.get("profile/").status_code == 200
    signed_in.client.delete("/api/auth/app/v1/auth/session", headers=signed_in.headers)
    assert signed_in.get("profile/").status_code == 401


def test_an_order_is_cancelled_and_bought_again(shop, guest):
    guest.put_into_cart(shop.milk, 2)
    number = buy(guest).json()["order"]["number"]
    cancelled = guest.post(f"orders/{number}/cancel/").json()
    assert (cancelled["status"], cancelled["can_cancel"]) == ("cancelled", False)
    assert charged() == 0
    again = guest.post(f"orders/{number}/reorder/").json()
    assert (again["added"], again["missing"], again["cart"]["units"]) == (1, [], 2)


def test_goods_are_returned(shop, signed_in, customer):
    signed_in.put_into_cart(shop.milk, 2)
    number = buy(signed_in).json()["order"]["number"]
    assert error_of(
        signed_in.post(
            f"orders/{number}/returns/",
            {"reason": "damaged", "lines": [{"line": 1, "quantity": 1}]},
        )
    ) == ("nothing_to_return")
    order = Order.objects.get()
    orders.release(order=order, by=None)
    for status in (Order.Status.PACKED, Order.Status.SHIPPED):
        orders.advance(order=order, to=status, by=None)
    line = signed_in.get(f"orders/{number}/").json()["lines"][0]
    assert line["returnable"] == 2
    answer = signed_in.post(
        f"orders/{number}/returns/",
        {"reason": "damaged", "comment": "Dented", "lines": [{"line": line["id"], "quantity": 1}]},
    )
    assert (answer.status_code, answer.json()["amount"]) == (201, "3.49")
    assert ReturnRequest.objects.get().comment == "Dented"
    shown = signed_in.get(f"orders/{number}/").json()
    assert shown["lines"][0]["returnable"] == 1
    assert [row["state"] for row in shown["returns"]] == ["requested"]


def test_only_buyers_review_once_and_readers_see_what_was_approved(shop, signed_in):
    path = "products/whole-milk/reviews/"
    review = {"rating": 5, "title": "Fresh", "body": "<b>Good</b>"}
    assert Program().post(path, review).status_code == 401
    assert error_of(signed_in.post(path, review)) == "not_bought"
    signed_in.put_into_cart(shop.milk)
    assert buy(signed_in).status_code == 201
    assert signed_in.get("products/whole-milk/").json()["may_review"]
    assert signed_in.post(path, review).json()["state"] == "pending"
    assert error_of(signed_in.post(path, review)) == "already_reviewed"
    assert signed_in.get(path).json()["count"] == 0
    Review.objects.update(state=Review.State.APPROVED)
    (shown,) = Program().get(path).json()["results"]
    assert (shown["author"], shown["body"]) == ("Ada L.", "<b>Good</b>")
    assert Program().get("products/whole-milk/").json()["rating"]["histogram"][0]["count"] == 1


def test_wine_needs_a_confirmed_age_and_a_date_of_birth(shop, guest):
    assert error_of(guest.get("products/red-wine/")) == "age_required"
    assert guest.get("products/").json()["hidden"] == 1
    assert guest.patch("session/", {"adult": True}).json()["adult"] is True
    assert guest.get("products/red-wine/").status_code == 200
    guest.put_into_cart(shop.wine)
    assert guest.get("checkout/").json()["needs_birth_date"]
    assert error_of(buy(guest)) == "age_required"
    assert error_of(buy(guest, birth_date="2999-01-01")) == "invalid"
    assert buy(guest, birth_date="1990-05-05").status_code == 201


def test_an_order_is_picked_up_in_a_store(shop, guest):
    guest.put_into_cart(shop.milk)
    (store,) = guest.get("checkout/").json()["stores"]
    missing = buy(guest, delivery="pickup", address=None)
    assert list(missing.json()["error"]["details"]) == ["pickup_store"]
    answer = buy(guest, delivery="pickup", address=None, pickup_store=store["code"])
    assert answer.json()["order"]["address"]["pickup"] == store["code"]
    assert answer.json()["order"]["delivery_fee"] == "0.00"


def test_the_mails_token_opens_a_guests_order(shop, guest):
    guest.put_into_cart(shop.milk)
    number = buy(guest).json()["order"]["number"]
    other = Program()
    assert error_of(other.get(f"orders/{number}/")) == "not_found"
    token = Order.objects.get().access_token
    assert other.get(f"orders/{number}/", token="wrong").status_code == 404
    assert other.get(f"orders/{number}/", token=token).status_code == 200
    assert other.get(f"orders/{number}/invoice.pdf").status_code == 200


def test_nobody_reaches_what_is_not_theirs(shop, signed_in):
    theirs = member()
    order = PaymentFactory(order__customer=theirs).order
    address = AddressFactory(customer=theirs)
    owner = Program()
    line = owner.put_into_cart(shop.milk)["lines"][0]["id"]
    signed_in.put_into_cart(shop.shoes)
    for method, path, body in [
        ("GET", f"orders/{order.number}/", None),
        ("GET", f"orders/{order.number}/invoice.pdf", None),
        ("POST", f"orders/{order.number}/cancel/", None),
        ("POST", f"orders/{order.number}/reorder/", None),
        ("POST", f"orders/{order.number}/returns/", None),
        ("GET", f"addresses/{address.pk}/", None),
        ("PUT", f"addresses/{address.pk}/", {}),
        ("DELETE", f"addresses/{address.pk}/", None),
        ("PATCH", f"cart/lines/{line}/", {"quantity": 9}),
        ("DELETE", f"cart/lines/{line}/", None),
    ]:
        answer = signed_in.send(method, path, body)
        assert (answer.status_code, error_of(answer)) == (404, "not_found"), (method, path)
    stolen = buy(signed_in, address=None, saved_address=address.pk)
    assert error_of(stolen) == "not_found"
    order.refresh_from_db()
    assert order.status == "placed"
    assert owner.get("cart/").json()["units"] == 1


def test_a_chat_is_answered_read_on_and_rated(shop, guest):
    said = guest.post("support/messages/", {"id": "m1", "text": "How do I return something?"})
    assert [row["author"] for row in said.json()["messages"]] == ["customer", "bot"]
    again = guest.post("support/messages/", {"id": "m1", "text": "How do I return something?"})
    assert again.json() == said.json()
    assert guest.get("support/messages/", after=1).json()["messages"][0]["author"] == "bot"
    rating = {"conversation": said.json()["conversation"], "stars": 4, "comment": "Quick"}
    assert guest.put("support/rating/", rating).status_code == 200
    assert error_of(Program().put("support/rating/", rating)) == "not_found"
    assert error_of(guest.put("support/rating/", rating | {"stars": 6})) == "invalid"


def test_agents_answer_and_nobody_else_reads_along(shop, guest, signed_in, staff):
    guest.post("support/messages/", {"id": "m1", "text": "hello"})
    assert guest.get("support/conversations/").status_code == 401
    assert signed_in.get("support/conversations/").status_code == 403
    (row,) = staff.get("support/conversations/", show="all").json()["results"]
    thread = f"support/conversations/{row['id']}/messages/"
    assert signed_in.post(thread, {"act": "say", "text": "hi"}).status_code == 403
    answer = staff.post(thread, {"act": "say", "text": "A person is here."}).json()
    assert (answer["state"], answer["messages"][0]["author"]) == ("agent", "agent")
    assert guest.get("support/messages/").json()["messages"][-1]["text"] == "A person is here."


def test_a_blocked_order_can_be_appealed(shop, signed_in, customer):
    signed_in.put_into_cart(shop.milk)
    freeze(customer=customer, reason="Too many cards", by=None)
    refused = buy(signed_in)
    assert error_of(refused) == "order_blocked"
    appeal = {
        "checkout": refused.json()["error"]["details"]["checkout"],
        "contact": "ada@example.com",
        "message": "It was me.",
    }
    assert signed_in.post("risk/appeals/", appeal).json()["state"] == "open"
    unknown = appeal | {"checkout": "00000000-0000-0000-0000-000000000000"}
    assert error_of(signed_in.post("risk/appeals/", unknown)) == "not_found"
    assert charged() == 0


@pytest.mark.parametrize("by", ["session", "key"])
def test_a_frozen_account_changes_nothing_by_any_token(shop, signed_in, customer, by):
    program = signed_in
    if by == "key":
        _, secret = tokens.make(user=customer.user, name="till", scopes=["read", "write"], days=30)
        program = Program()
        program.headers["authorization"] = f"Bearer {secret}"
    program.put_into_cart(shop.milk)
    freeze(customer=customer, reason="Card reported stolen", by=None)
    refused = program.post("cart/lines/", {"variant": shop.milk.pk, "quantity": 1})
    assert (refused.status_code, error_of(refused)) == (403, "account_frozen")
    assert program.get("orders/").status_code == 200
    unknown = Program()
    unknown.headers["authorization"] = "Bearer mct_unknown"
    assert unknown.post("cart/lines/", {}).status_code == 401
