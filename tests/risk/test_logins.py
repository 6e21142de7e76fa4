"""Sign-ins: a notice of a new device, an alert of many accounts tried."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from foundation import outbox
from risk import logins, mail, places
from risk.models import Alert, KnownDevice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_memory_of_other_tests():
    cache.clear()
    yield
    cache.clear()


def browser(customer, agent: str, rf) -> bool:
    request = rf.post("/accounts/login/", headers={"user-agent": agent})
    request.session = {}
    return logins.signed_in(request=request, user=customer.user)


def test_only_a_further_device_is_news(customer, rf, mailoutbox):
    assert [browser(customer, agent, rf) for agent in ("a", "a", "b", "b", "a")] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert outbox.deliver_due() == 1
    assert mailoutbox[0].to == [customer.user.email]
    assert KnownDevice.objects.filter(user=customer.user).count() == 2


def test_the_notice_says_what_to_do(customer):
    notice = mail.new_device(user_id=customer.user_id, agent="Other browser")
    assert "Other browser" in notice.body
    assert "/accounts/password/reset/" in notice.body


def test_many_accounts_from_one_address_are_an_alert(client):
    for number in range(logins.MANY_ACCOUNTS):
        assert not Alert.objects.exists()
        client.post("/accounts/login/", {"login": f"p{number}@example.com", "password": "guess"})
    assert Alert.objects.get().kind == Alert.Kind.LOGINS


def test_one_person_who_forgot_a_password_is_none(client):
    for _ in range(4):
        client.post("/accounts/login/", {"login": "ada@example.com", "password": "guess"})
    assert not Alert.objects.exists()


class TestStepUp:
    """What happens at the sign-in page when the password is right and the sign-in is not."""

    NEW_YORK = {"CF-IPLatitude": "40.71", "CF-IPLongitude": "-74.01"}
    BOSTON = {"X-Geo-Latitude": "42.36", "X-Geo-Longitude": "-71.06"}
    TOKYO = {"CF-IPLatitude": "35.68", "CF-IPLongitude": "139.69"}

    @pytest.fixture
    def located(self, settings) -> None:
        settings.RISK_LOCATOR = "risk.places.from_headers"

    @pytest.fixture
    def shopper(self, customer):
        customer.user.set_password("right")
        customer.user.save()
        EmailAddress.objects.create(
            user=customer.user, email=customer.user.email, verified=True, primary=True
        )
        return customer.user

    def sign_in(self, user, headers: dict) -> Client:
        client = Client(headers={"user-agent": "one", **headers})
        said = {"login": user.email, "password": "right"}  # pragma: allowlist secret
        client.post("/accounts/login/", said)
        return client

    @staticmethod
    def inside(client: Client) -> bool:
        return "_auth_user_id" in client.session

    def test_nobody_flies_to_tokyo_within_a_second(self, located, shopper, mailoutbox):
        assert self.inside(self.sign_in(shopper, self.NEW_YORK))
        assert self.inside(self.sign_in(shopper, self.BOSTON)), "near enough"
        client = self.sign_in(shopper, self.TOKYO)
        assert not self.inside(client)
        assert Alert.objects.get().subject == f"user {shopper.pk}"
        code = re.search(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", mailoutbox[-1].body, re.M)[0]
        client.post("/accounts/login/code/confirm/", {"code": "wrong"})
        assert not self.inside(client)
        client.post("/accounts/login/code/confirm/", {"code": code})
        assert self.inside(client)

    def test_a_day_is_enough_to_fly(self, located, shopper):
        self.sign_in(shopper, self.NEW_YORK)
        KnownDevice.objects.update(last_at=timezone.now() - timedelta(days=1))
        assert self.inside(self.sign_in(shopper, self.TOKYO))

    def test_without_a_locator_headers_are_not_believed(self, shopper, settings):
        settings.RISK_LOCATOR = ""
        assert self.inside(self.sign_in(shopper, self.NEW_YORK))
        assert self.inside(self.sign_in(shopper, self.TOKYO))
        assert set(KnownDevice.objects.values_list("latitude", flat=True)) == {None}

    def test_who_tried_many_accounts_and_then_gets_in_needs_the_code(self, shopper, rf):
        for number in range(logins.MANY_ACCOUNTS):
            logins.failed(request=rf.post("/accounts/login/"), email=f"p{number}@example.com")
        assert not self.inside(self.sign_in(shopper, {}))
        KnownDevice.objects.create(
            user=shopper, digest=logins.device_of(rf.get("/", headers={"user-agent": "one"}))
        )
        assert self.inside(self.sign_in(shopper, {})), "an own device is enough"


def test_distance_on_the_globe_and_headers_that_are_no_place(rf):
    new_york, tokyo = places.Place(40.7, -74.0), places.Place(35.7, 139.7)
    assert new_york.kilometres_to(tokyo) == pytest.approx(10_850, rel=0.01)
    for north, east in (("91", "0"), ("nan", "0"), ("x", "0"), ("", "")):
        headers = {"X-Geo-Latitude": north, "X-Geo-Longitude": east}
        assert places.from_headers(rf.get("/", headers=headers)) is None
