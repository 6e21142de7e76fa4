"""Orders after they were placed: who sees them, what becomes of them."""

from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from foundation import outbox
from shop.models import Order, Refund
from shop.refusals import Refused
from shop.selectors.orders import tracking
from shop.services import mail as mail_service
from shop.services import orders
from shop.signals import order_cancelled, order_shipped
from tests.shop import stock
from tests.shop.conftest import charged
from tests.shop.factories import (
    CustomerFactory,
    OrderEventFactory,
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    StaffFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
PAGES = ("order", "order_invoice", "order_return")
DEEDS = ("order_cancel", "order_reorder")


@pytest.fixture
def paid(customer) -> Order:
    order = OrderFactory(customer=customer, lines=2)
    PaymentFactory(order=order)
    return order


class TestWhoSeesAnOrder:
    def test_its_customer(self, shopper, paid):
        assert shopper.get(paid.get_absolute_url()).status_code == 200

    @pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%00", "?token=😀"])
    def test_nobody_else(self, client, paid, query):
        client.force_login(
            CustomerFactory().user, backend="django.contrib.auth.backends.ModelBackend"
        )
        for name in PAGES:
            address = reverse(f"shop:{name}", args=[paid.number])
            assert client.get(address + query).status_code == 404
        for name in DEEDS:
            assert client.post(reverse(f"shop:{name}", args=[paid.number])).status_code == 404
        paid.refresh_from_db()
        assert paid.status == Order.Status.PLACED

    def test_whoever_has_the_link_from_the_mail(self, client, paid):
        answer = client.get(f"{paid.get_absolute_url()}?token={paid.access_token}")
        assert answer["Location"] == paid.get_absolute_url()
        assert client.get(paid.get_absolute_url()).status_code == 200

    def test_an_empty_token_opens_nothing(self, client):
        order = OrderFactory(access_token="")
        assert client.get(f"{order.get_absolute_url()}?token=").status_code == 404

    @pytest.mark.parametrize("number", ["M-1", "x" * 500, "%00", "a'b", "..%2f.."])
    def test_strange_numbers_are_not_found(self, shopper, number):
        assert shopper.get(f"/orders/{number}/").status_code == 404


class TestHistory:
    def test_is_for_those_who_are_signed_in(self, client):
        assert "/accounts/login/" in client.get(reverse("shop:orders"))["Location"]

    def test_shows_ones_own_orders_page_by_page(
        self, shopper, customer, django_assert_max_num_queries
    ):
        OrderFactory()
        template = OrderFactory.build(customer=customer)
        channel = OrderFactory(customer=customer).channel
        Order.objects.bulk_create(
            OrderFactory.build(customer=customer, channel=channel, access_token="")
            for _ in range(500)
        )
        assert template.pk is None
        with django_assert_max_num_queries(14):
            page = shopper.get(reverse("shop:orders"), {"page": "26"})
        assert page.context["page"].paginator.count == 501
        assert len(page.context["page"].object_list) == 1

    @pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "\x00"])
    def test_a_strange_page_is_some_page(self, shopper, page):
        assert shopper.get(reverse("shop:orders"), {"page": page}).status_code == 200


class TestCancel:
    def test_gives_the_money_back_and_says_so(self, shopper, paid):
        heard = []

        def listen(order: Order, **kwargs: object) -> None:
            heard.append((order.pk, order.status))

        order_cancelled.connect(listen)
        for _ in range(2):
            shopper.post(reverse("shop:order_cancel", args=[paid.number]))
        order_cancelled.disconnect(listen)
        paid.refresh_from_db()
        assert (paid.status, paid.refunded) == (Order.Status.CANCELLED, paid.total)
        assert charged() == 0
        assert heard == [(paid.pk, "cancelled")]
        assert paid.events.get().status == "cancelled"

    @pytest.mark.parametrize("status", ["packed", "shipped", "delivered"])
    def test_is_too_late_once_packed(self, shopper, paid, status):
        Order.objects.filter(pk=paid.pk).update(status=status)
        shopper.post(reverse("shop:order_cancel", args=[paid.number]))
        paid.refresh_from_db()
        assert (paid.status, paid.refunded) == (status, 0)
        assert charged() == paid.total

    def test_looking_at_the_address_cancels_nothing(self, shopper, paid):
        assert shopper.get(reverse("shop:order_cancel", args=[paid.number])).status_code == 405


class TestStations:
    def test_one_after_the_other(self, paid):
        staff, shipped = StaffFactory(), []

        def listen(order: Order, **kwargs: object) -> None:
            shipped.append(order.pk)

        order_shipped.connect(listen)
        for status in (Order.Status.PACKED, Order.Status.SHIPPED, Order.Status.DELIVERED):
            orders.advance(order=paid, to=status, by=staff)
            orders.advance(order=paid, to=status, by=staff)
        order_shipped.disconnect(listen)
        assert list(paid.events.values_list("status", flat=True)) == [
            "packed",
            "shipped",
            "delivered",
        ]
        assert shipped == [paid.pk]

    def test_none_can_be_skipped(self, paid):
        with pytest.raises(Refused, match="too_late"):
            orders.advance(order=paid, to=Order.Status.SHIPPED, by=None)

    def test_an_order_on_hold_waits_for_its_release(self):
        order = OrderFactory(status=Order.Status.ON_HOLD)
        with pytest.raises(Refused):
            orders.advance(order=order, to=Order.Status.PACKED, by=None)
        orders.release(order=order, by=None)
        orders.advance(order=order, to=Order.Status.PACKED, by=None)

    def test_tracking_shows_what_was_and_what_comes(self, paid):
        OrderEventFactory(order=paid)
        orders.advance(order=paid, to=Order.Status.PACKED, by=None)
        steps = tracking(Order.objects.get(pk=paid.pk))
        assert [step.reached for step in steps] == [True, True, False, False]

    def test_an_old_order_without_events_is_delivered(self):
        order = OrderFactory(status=Order.Status.DELIVERED)
        assert all(step.reached for step in tracking(order))


class TestRefund:
    def test_never_more_than_was_paid(self, paid):
        for amount in ("-1", "0", str(paid.total + Decimal("0.01"))):
            with pytest.raises(Refused, match="amount_too_high"):
                orders.refund(order=paid, amount=Decimal(amount), key="k", reason="", by=None)
        orders.refund(order=paid, amount=Decimal("5.00"), key="a", reason="", by=None)
        orders.refund(order=paid, amount=Decimal("5.00"), key="a", reason="", by=None)
        with pytest.raises(Refused):
            orders.refund(order=paid, amount=paid.total, key="b", reason="", by=None)
        assert Refund.objects.get().amount == Decimal("5.00")
        assert charged() == paid.total - 5

    def test_cancelling_pays_back_what_is_left(self, paid):
        orders.refund(order=paid, amount=Decimal("0.01"), key="a", reason="", by=None)
        orders.cancel(order=paid, by=None)
        assert charged() == 0


def test_ordering_again_fills_the_cart_and_names_what_is_missing(shopper, paid):
    gone, scarce = VariantFactory(is_active=False), VariantFactory()
    stock.LEVELS[scarce.pk] = 0
    OrderLineFactory(order=paid, variant=gone)
    OrderLineFactory(order=paid, variant=scarce)
    page = shopper.post(reverse("shop:order_reorder", args=[paid.number]), follow=True)
    assert page.context["priced"].units == 2
    text = page.content.decode()
    assert gone.product.title_en in text
    assert scarce.product.title_en in text


class TestMail:
    @pytest.mark.parametrize(("language", "title"), [("en", "Product"), ("zh-hans", "商品")])
    def test_a_confirmation_speaks_the_orders_language(self, language, title):
        order = OrderFactory(language=language, lines=1)
        message = mail_service.order_confirmation(order_id=order.pk)
        assert message.to == [order.email]
        assert title in message.body
        assert f"{order.get_absolute_url()}?token={order.access_token}" in message.body
        assert title in message.alternatives[0][0]

    def test_html_in_a_title_is_text_in_the_mail(self):
        order = OrderFactory()
        OrderLineFactory(order=order, variant__product__title_en="<img src=x>")
        message = mail_service.order_confirmation(order_id=order.pk)
        assert "<img src=x>" not in message.alternatives[0][0]

    @pytest.mark.parametrize("status", ["shipped", "cancelled"])
    def test_news_of_an_order(self, status):
        order = OrderFactory(status=status, refunded=Decimal("10.00"))
        message = mail_service.status_news(order_id=order.pk, status=status)
        assert order.number in message.subject

    def test_news_that_are_no_longer_true_are_not_sent(self):
        order = OrderFactory(status="delivered")
        assert mail_service.status_news(order_id=order.pk, status="shipped") is None
        assert mail_service.order_confirmation(order_id=10**12) is None

    def test_a_cancellation_is_told_once(self, paid):
        for _ in range(2):
            orders.cancel(order=paid, by=None)
        outbox.deliver_due()
        assert [paid.number in message.subject for message in mail.outbox] == [True]

    def test_a_broker_that_is_away_stops_nobody(
        self, paid, monkeypatch, django_capture_on_commit_callbacks
    ):
        from celery import current_app

        def away(*args, **kwargs):
            raise ConnectionError

        monkeypatch.setattr(current_app, "send_task", away)
        with django_capture_on_commit_callbacks(execute=True):
            orders.cancel(order=paid, by=None)
        assert charged() == 0


def test_dates_of_events_are_aware(paid):
    orders.cancel(order=paid, by=None)
    assert timezone.is_aware(paid.events.get().at)
