"""Invoices."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from shop.services.invoice import render_invoice
from tests.shop.factories import OrderFactory, OrderLineFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_invoice_is_a_pdf_in_both_languages(language):
    order = OrderFactory(lines=3)
    with override(language):
        pdf = render_invoice(order)
    assert pdf.startswith(b"%PDF-")
    assert (b"STSong-Light" in pdf) is True


def test_markup_and_strange_letters_do_not_break_it(shopper, customer):
    order = OrderFactory(customer=customer, address={"recipient": "<b>Ada & 李雷</para> \x01😀"})
    OrderLineFactory(order=order, variant__product__title_en="<font color=red>&lt; 全脂牛奶 \ud7ff")
    answer = shopper.get(reverse("shop:order_invoice", args=[order.number]))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"


def test_a_long_order_runs_over_pages():
    order = OrderFactory(lines=120)
    assert render_invoice(order).count(b"/Type /Page\n") > 2


def test_an_order_of_the_data_set_has_one_too():
    order = OrderFactory(customer=None, email="", address={}, delivery_option="", access_token="")
    OrderLineFactory(order=order, quantity=0)
    assert render_invoice(order).startswith(b"%PDF-")
