"""The tour: only in a demo, with households that fit its stories, and no dead link."""

import re
from decimal import Decimal

import pytest

from shop.models import CouponRedemption
from shop.selectors import tour
from tests.shop.factories import (
    CouponFactory,
    CustomerFactory,
    OrderFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a[^>]*\shref="(/[^"]*)"')


def household(key: int, *, orders: int, total: str = "20.00", coupons: int = 0):
    """A household that can sign in, with so many orders of this total."""
    customer = CustomerFactory(household_key=key)
    OrderFactory.create_batch(orders, customer=customer, total=Decimal(total))
    for _ in range(coupons):
        CouponRedemption.objects.create(
            coupon=CouponFactory(), customer=customer, redeemed_at=customer.created_at
        )
    return customer


class TestStory:
    def test_each_is_who_fits_best(self, monkeypatch):
        monkeypatch.setattr(tour, "MOST_BASKETS", 6)
        monkeypatch.setattr(tour, "KNOWN_ORDERS", 3)
        household(1, orders=7)
        loyal = household(2, orders=5)
        newcomer = household(3, orders=1, total="0.50")
        hunter = household(4, orders=2, coupons=3)
        careful = household(5, orders=3, total="2.00", coupons=1)
        found = tour.story()
        chosen = (found.loyal, found.newcomer, found.hunter, found.careful)
        assert [one.pk for one in chosen] == [loyal.pk, newcomer.pk, hunter.pk, careful.pk]
        assert found.hunter.coupons == 3
        assert found.careful.mean == Decimal("2.00")

    def test_only_who_can_sign_in_and_has_bought(self):
        household(1, orders=0)
        OrderFactory(customer=CustomerFactory(user=None, household_key=2))
        OrderFactory(customer=CustomerFactory())
        found = tour.story()
        assert (found.loyal, found.newcomer, found.hunter, found.careful) == (None,) * 4


class TestPage:
    def test_outside_of_a_demo_there_is_none(self, client, settings):
        settings.DEMO = False
        assert client.get("/demo/tour/").status_code == 404
        assert "/demo/tour/" not in client.get("/").content.decode()

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_it_names_sign_ins_and_every_link_leads_somewhere(self, client, settings, language):
        settings.DEMO = True
        customer = household(1, orders=20, coupons=1)
        dear = ProductFactory(min_price=Decimal("900.00"))
        ProductFactory(min_price=Decimal("999.00"), is_active=False)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        page = client.get("/demo/tour/").content.decode()
        assert page.count(customer.user.email) == 4
        assert dear.get_absolute_url() in page
        links = set(LINK.findall(page[page.index("<main") : page.index("</main>")]))
        assert len(links) >= 15
        for link in links:
            assert client.get(link.replace("&amp;", "&")).status_code in (200, 302), link

    def test_start_page_and_footer_lead_to_it(self, client, settings):
        settings.DEMO = True
        assert client.get("/").content.decode().count('href="/demo/tour/"') == 2
