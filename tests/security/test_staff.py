"""Staff: a second factor first, every look at people written down; keys within their scopes."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from config.roles import ROLES as RIGHTS
from config.roles import rights
from shop.models import ApiToken, PersonalRead
from shop.refusals import Refused
from shop.services import tokens
from tests.security.test_routes import address, is_in, table
from tests.security.world import World, routes
from tests.shop.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_without_a_second_factor_staff_are_let_in_where_customers_are_and_nowhere_else(settings):
    settings.STAFF_SECOND_FACTOR = True
    world, wanted = World(), table("pages")
    client, got_in = world.clients["administrator"], []
    for route, pattern in routes():
        route = route or "(start)"
        for_staff = route.startswith("admin/") or "stranger" not in wanted.get(route, ())
        if not for_staff or wanted.get(route) in ({"customer"}, set(), {"anonymous"}):
            continue
        if route.startswith("admin/"):
            continue
        path = address(route, pattern, world)
        answer = client.get(path)
        if is_in(answer) and answer.headers.get("Location") != "/accounts/2fa/totp/activate/":
            got_in.append(route)
    assert got_in == []
    for path in ("/admin/", "/admin/shop/order/", "/admin/shop/order/1/change/"):
        assert client.get(path)["Location"] == "/accounts/2fa/totp/activate/"


def test_with_one_they_are_let_in(settings):
    settings.STAFF_SECOND_FACTOR = True
    user = UserFactory(is_staff=True, is_superuser=True)
    TOTP.activate(user, generate_totp_secret())
    assert signed_in(user).get("/admin/").status_code == 200


def test_every_look_at_people_is_written_down():
    world = World()
    client = world.clients["support"]
    client.get("/admin/shop/customer/")
    client.get(f"/admin/shop/customer/{world.owner.pk}/change/")
    client.get(f"/support/console/{world.talk.pk}/")
    client.get("/admin/shop/product/")
    rows = PersonalRead.objects.order_by("pk").values_list("page", "subject")
    assert list(rows) == [
        ("admin:shop_customer_changelist", ""),
        ("admin:shop_customer_change", str(world.owner.pk)),
        ("support:thread", str(world.talk.pk)),
    ]


def test_who_was_turned_away_has_read_nothing():
    world = World()
    assert world.clients["stock"].get("/admin/shop/customer/").status_code == 403
    assert not PersonalRead.objects.exists()


def test_groups_have_exactly_the_rights_of_the_table():
    for role in RIGHTS:
        got = Group.objects.get(name=role).permissions
        assert set(got.values_list("content_type__app_label", "codename")) == rights(role)


class TestKeys:
    @pytest.fixture
    def world(self) -> World:
        return World()

    def call(self, secret: str, path: str = "/api/v1/profile/", method: str = "get"):
        return getattr(Client(), method)(path, HTTP_AUTHORIZATION=f"Bearer {secret}")

    def test_a_key_reads_as_its_owner_and_is_kept_as_a_digest(self, world):
        token, secret = make(world.owner.user)
        assert self.call(secret).status_code == 200
        assert secret not in str(ApiToken.objects.values().get())
        token.refresh_from_db()
        assert token.last_used_at is not None

    def test_reading_is_not_writing(self, world):
        _, secret = make(world.owner.user, ["read"])
        assert self.call(secret, method="patch").status_code == 403
        _, secret = make(world.owner.user, ["read", "write"])
        assert self.call(secret, method="patch").status_code == 200

    def test_the_work_of_staff_needs_its_scope(self, world):
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name="Risk analysts"))
        cases = "/api/v1/risk/cases/"
        assert self.call(make(user, ["read"])[1], cases).status_code == 403
        assert self.call(make(user, ["read", "staff"])[1], cases).status_code == 200
        with pytest.raises(Refused):
            make(world.owner.user, ["read", "staff"])

    @pytest.mark.parametrize("end", ["revoked", "expired", "inactive", "unknown"])
    def test_a_key_ends(self, world, end):
        token, secret = make(world.owner.user)
        if end == "revoked":
            tokens.revoke(user=token.user, pk=token.pk)
        elif end == "expired":
            ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        elif end == "inactive":
            type(token.user).objects.filter(pk=token.user_id).update(is_active=False)
        else:
            secret += "x"
        assert self.call(secret).status_code == 401

    def test_nobody_revokes_the_key_of_another(self, world):
        token, secret = make(world.owner.user)
        world.clients["stranger"].post(f"/account/keys/{token.pk}/revoke/")
        assert self.call(secret).status_code == 200

    def test_the_page_shows_a_new_key_once(self, world):
        client = world.clients["customer"]
        body = {"name": "my script", "scopes": ["read"], "days": "30"}
        page = client.post("/account/keys/", body).content.decode()
        secret = page.split("data-secret>")[1].split("<")[0]
        assert self.call(secret).status_code == 200
        assert secret not in client.get("/account/keys/").content.decode()


def make(user, scopes=("read",)) -> tuple[ApiToken, str]:
    return tokens.make(user=user, name="test", scopes=list(scopes), days=30)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
