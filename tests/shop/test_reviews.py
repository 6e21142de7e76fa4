"""Reviews: by buyers only, shown after moderation, counted correctly."""

import pytest
from django.urls import reverse

from shop.models import Review
from shop.refusals import Refused
from shop.selectors.reviews import display_name, histogram, may_review
from shop.services import reviews
from shop.signals import review_posted
from tests.shop.factories import (
    CustomerFactory,
    OrderLineFactory,
    ProductFactory,
    ReviewFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(customer):
    line = OrderLineFactory(order__customer=customer, order__status="delivered")
    return line.variant.product


def write(client, product, **typed):
    values = {"rating": "5", "title": "Good", "body": "Very good."} | typed
    return client.post(reverse("shop:review", args=[product.slug]), values)


def test_a_buyers_review_waits_for_moderation(shopper, customer, bought):
    heard = []

    def listen(review: Review, **kwargs: object) -> None:
        heard.append(review.rating)

    review_posted.connect(listen)
    assert write(shopper, bought)["Location"] == bought.get_absolute_url()
    review_posted.disconnect(listen)
    bought.refresh_from_db()
    assert Review.objects.get().state == Review.State.PENDING
    assert (bought.rating_count, heard) == (0, [5])


def test_who_did_not_buy_cannot_review(shopper):
    product = VariantFactory().product
    assert write(shopper, product).status_code == 409
    assert not Review.objects.exists()


def test_a_cancelled_order_is_no_purchase(customer):
    line = OrderLineFactory(order__customer=customer, order__status="cancelled")
    assert not may_review(line.variant.product, customer)


def test_once_is_enough(shopper, bought):
    write(shopper, bought)
    assert write(shopper, bought).status_code == 409
    assert Review.objects.count() == 1


def test_guests_sign_in_first(client, bought):
    assert "/accounts/login/" in write(client, bought)["Location"]


@pytest.mark.parametrize(
    "typed",
    [
        {"rating": "0"},
        {"rating": "6"},
        {"rating": "x"},
        {"rating": ""},
        {"title": "\x00"},
        {"title": "x" * 121},
        {"body": "x" * 4001},
        {"body": "\x00"},
    ],
)
def test_bad_input_writes_nothing(shopper, bought, typed):
    assert write(shopper, bought, **typed).status_code == 422
    assert not Review.objects.exists()


def test_markup_is_shown_as_text(shopper, customer, bought):
    write(shopper, bought, title="<script>alert(1)</script>", body="'; DROP TABLE shop_review; --")
    reviews.moderate(review=Review.objects.get(), approve=True)
    assert "<script>alert(1)" not in shopper.get(bought.get_absolute_url()).content.decode()


def test_the_products_figures_follow_the_decisions():
    product = ProductFactory()
    rows = [ReviewFactory(product=product, rating=n, state="pending") for n in (5, 2)]
    for row in rows:
        reviews.moderate(review=row, approve=True)
    product.refresh_from_db()
    assert (product.rating_mean, product.rating_count) == (3.5, 2)
    assert [bar.count for bar in histogram(product)] == [1, 0, 0, 1, 0]
    reviews.moderate(review=rows[1], approve=False)
    product.refresh_from_db()
    assert (product.rating_mean, product.rating_count) == (5.0, 1)
    reviews.moderate(review=rows[0], approve=False)
    product.refresh_from_db()
    assert (product.rating_mean, product.rating_count) == (None, 0)


def test_a_rating_is_one_to_five_whoever_calls(customer, bought):
    with pytest.raises(Refused, match="invalid_input"):
        reviews.post(customer=customer, product=bought, rating=9, title="", body="", language="en")


def test_a_reviewer_is_a_first_name_and_an_initial():
    assert display_name(CustomerFactory.build(name="Ada King Lovelace", user=None)) == "Ada L."
    assert display_name(CustomerFactory.build(name="", user=None)) == ""
