"""The tour: only in a demo, with households that fit its stories, and no dead link."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.utils import timezone

from inventory.models import StockLevel
from shop.demo import logins
from shop.models import CouponRedemption, Deal
from shop.selectors import tour
from tests.inventory.factories import stocked
from tests.shop.factories import (
    CouponFactory,
    CustomerFactory,
    OrderFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
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


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    cache.clear()


@pytest.mark.usefixtures("demo")
class TestLive:
    def test_one_click_signs_in_as_a_household_of_the_story_and_as_nobody_else(self, client):
        chosen, other = household(1, orders=2), CustomerFactory()
        assert client.post(f"/demo/tour/be/{other.pk}/").status_code == 404
        assert client.get(f"/demo/tour/be/{chosen.pk}/").status_code == 405
        assert client.post(f"/demo/tour/be/{chosen.pk}/").status_code == 302
        assert client.session["_auth_user_id"] == str(chosen.user.pk)

    @pytest.mark.parametrize("role", ["admin", "agent", "stock", "risk", "marketing"])
    def test_one_click_signs_in_as_each_member_of_staff(self, client, role):
        email = logins.ROLES[role]
        user = UserFactory(email=email, is_staff=True)
        assert email in client.get("/demo/tour/").content.decode()
        place = client.post(f"/demo/tour/work/{role}/")["Location"]
        assert client.session["_auth_user_id"] == str(user.pk)
        assert place == ("/support/console/" if role == "agent" else "/admin/")

    def test_who_signed_in_by_a_press_is_told_the_password_where_it_is_asked_for(self, client):
        chosen = household(1, orders=2)
        chosen.user.email = logins.HOUSEHOLD_EMAIL.format(1)
        chosen.user.set_password(logins.demo_password())
        chosen.user.save()
        client.post(f"/demo/tour/be/{chosen.pk}/")
        page = client.get("/account/data/", follow=True).content.decode()
        assert "id_password" in page
        assert f"<code>{logins.demo_password()}</code>" in page

    def test_nobody_becomes_staff_past_a_second_factor_or_under_another_name(self, client):
        user = UserFactory(email=logins.ROLES["risk"], is_staff=True)
        TOTP.activate(user, generate_totp_secret())
        client.post("/demo/tour/work/risk/")
        assert client.post("/demo/tour/work/superuser/").status_code == 404
        client.post("/demo/tour/work/stock/")  # the data has none
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("path", ["live/", "traffic/", "be/1/", "work/admin/"])
    def test_outside_of_a_demo_nothing_can_be_moved(self, client, settings, path):
        settings.DEMO = False
        method = client.get if path == "live/" else client.post
        assert method(f"/demo/tour/{path}").status_code == 404

    def test_a_promotion_is_made_once_and_ends_when_it_is_stopped(self, client):
        variant = VariantFactory(price=Decimal("10.00"))
        client.post("/demo/tour/promotion/", {"action": "start"})
        cache.delete("tour:start")
        client.post("/demo/tour/promotion/", {"action": "start"})
        deal = Deal.objects.get(variant=variant)
        assert deal.price == Decimal("7.00")
        assert client.get("/demo/tour/live/").json()["running"]["promotion"]
        client.post("/demo/tour/promotion/", {"action": "stop"})
        deal.refresh_from_db()
        assert deal.ends_at <= timezone.now()

    def test_a_crisis_empties_the_shelf_and_is_put_right_again(
        self, client, django_capture_on_commit_callbacks
    ):
        variant, _ = stocked(7, 3)
        with django_capture_on_commit_callbacks() as queued:
            client.post("/demo/tour/crisis/", {"action": "start"})
        assert len(queued) == 1, "the reorder list is written anew"
        units = StockLevel.objects.filter(variant=variant)
        assert [level.on_hand for level in units] == [0, 0]
        cache.clear()  # a restart loses it; what is out is still known
        assert client.get("/demo/tour/live/").json()["running"]["crisis"]
        client.post("/demo/tour/crisis/", {"action": "start"})
        for _ in range(2):
            client.post("/demo/tour/crisis/", {"action": "stop"})
        assert sorted(level.on_hand for level in units.all()) == [3, 7]

    def test_two_starts_at_once_are_one_too_many(self, client):
        client.post("/demo/tour/promotion/", {"action": "start"})
        client.post("/demo/tour/crisis/", {"action": "start"})
        running = client.get("/demo/tour/live/").json()["running"]
        assert [name for name, on in running.items() if on] == ["promotion"]

    def test_orders_are_counted_by_the_minute(self, client):
        OrderFactory(placed_at=timezone.now())
        OrderFactory(placed_at=timezone.now() - timedelta(minutes=3, seconds=5))
        minutes = client.get("/demo/tour/live/").json()["minutes"]
        assert (minutes[-1], minutes[-4], sum(minutes)) == (1, 1, 2)
