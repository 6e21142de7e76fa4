"""Accounts: profile, addresses, wishlist, the demo's outbox."""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from django.urls import reverse

from shop import events
from shop.models import Address, Customer, Event, User, WishlistItem
from shop.services.accounts import MAX_ADDRESSES
from tests.shop.conftest import ADDRESS
from tests.shop.factories import AddressFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db
PAGES = ("account", "profile", "addresses", "address_new", "orders", "wishlist")


@pytest.mark.parametrize("page", PAGES)
def test_own_pages_open_for_customers_and_ask_guests_to_sign_in(client, customer, page):
    address = reverse(f"shop:{page}")
    assert "/accounts/login/" in client.get(address)["Location"]
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 200


def test_signing_in_is_remembered(client, customer):
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    events.flush()
    assert Event.objects.get(kind=Event.Kind.LOGIN).customer == customer


def test_a_user_becomes_a_customer_at_the_first_sign_in(client):
    user = User.objects.create_user("new@example.com", "a long pass phrase")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert Customer.objects.get(user=user)


def test_another_device_is_signed_out_from_the_list_and_this_one_stays(customer):
    here, there = Client(), Client()
    customer.user.set_password("a long pass phrase")
    customer.user.save()
    EmailAddress.objects.create(
        user=customer.user, email=customer.user.email, verified=True, primary=True
    )
    given = {
        "login": customer.user.email,
        "password": "a long pass phrase",  # pragma: allowlist secret
    }
    for device in (here, there):
        device.post(reverse("account_login"), given)
        assert device.get(reverse("shop:account")).status_code == 200
    listed = here.get(reverse("usersessions_list")).content.decode()
    assert listed.count("127.0.0.1") == 2
    here.post(reverse("usersessions_list"))
    assert "/accounts/login/" in there.get(reverse("shop:account"))["Location"]
    assert here.get(reverse("shop:account")).status_code == 200


class TestProfile:
    typed = {"name": "Ada", "phone": "+1 513", "language": "zh-hans", "birth_date": "1980-01-01"}

    def test_is_saved_and_the_language_follows(self, shopper, customer):
        answer = shopper.post(reverse("shop:profile"), self.typed)
        customer.refresh_from_db()
        assert (customer.name, customer.language) == ("Ada", "zh-hans")
        assert answer.cookies["django_language"].value == "zh-hans"

    def test_a_birth_date_is_given_once(self, shopper, customer):
        shopper.post(reverse("shop:profile"), self.typed)
        shopper.post(reverse("shop:profile"), self.typed | {"birth_date": "2020-01-01"})
        customer.refresh_from_db()
        assert customer.birth_date == date(1980, 1, 1)

    @pytest.mark.parametrize(
        "typed",
        [
            {"name": "\x00"},
            {"name": "x" * 121},
            {"language": "xx"},
            {"language": "../../etc"},
            {"birth_date": "2999-01-01"},
            {"birth_date": "1500-01-01"},
            {"birth_date": "soon"},
            {"phone": "<script>"},
        ],
    )
    def test_bad_input_changes_nothing(self, shopper, customer, typed):
        before = customer.name
        assert shopper.post(reverse("shop:profile"), self.typed | typed).status_code == 422
        customer.refresh_from_db()
        assert customer.name == before


class TestAddresses:
    def test_the_first_is_the_default_and_a_new_default_replaces_it(self, shopper, customer):
        shopper.post(reverse("shop:address_new"), ADDRESS)
        first = Address.objects.get()
        assert first.is_default
        shopper.post(reverse("shop:address_new"), ADDRESS | {"city": "Dayton", "is_default": "on"})
        assert [a.city for a in customer.addresses.filter(is_default=True)] == ["Dayton"]

    def test_deleting_the_default_makes_another_the_default(self, shopper, customer):
        first = AddressFactory(customer=customer, is_default=True)
        second = AddressFactory(customer=customer)
        shopper.post(reverse("shop:address_delete", args=[first.pk]))
        second.refresh_from_db()
        assert second.is_default

    def test_an_address_can_be_changed(self, shopper, customer):
        mine = AddressFactory(customer=customer)
        shopper.post(reverse("shop:address", args=[mine.pk]), ADDRESS | {"city": "Dayton"})
        mine.refresh_from_db()
        assert mine.city == "Dayton"

    def test_those_of_others_do_not_exist(self, shopper):
        theirs = AddressFactory()
        address = reverse("shop:address", args=[theirs.pk])
        assert shopper.get(address).status_code == 404
        assert shopper.post(address, ADDRESS | {"city": "Dayton"}).status_code == 404
        shopper.post(reverse("shop:address_delete", args=[theirs.pk]))
        theirs.refresh_from_db()
        assert theirs.city != "Dayton"

    @pytest.mark.parametrize("bad", ["\x00", "x" * 3000, ""])
    @pytest.mark.parametrize("field", ["recipient", "line1", "city", "postal_code", "country"])
    def test_bad_input_saves_nothing(self, shopper, field, bad):
        answer = shopper.post(reverse("shop:address_new"), ADDRESS | {field: bad})
        assert answer.status_code == 422
        assert not Address.objects.exists()

    def test_a_book_has_an_end(self, shopper, customer):
        AddressFactory.create_batch(MAX_ADDRESSES, customer=customer)
        assert shopper.post(reverse("shop:address_new"), ADDRESS).status_code == 422


class TestWishlist:
    def change(self, client, product: int, action: str = ""):
        address = reverse("shop:wishlist_change", args=[product])
        return client.post(address, {"action": action})

    def test_on_and_off(self, shopper, customer):
        variant = VariantFactory()
        for _ in range(2):
            self.change(shopper, variant.product_id)
        page = shopper.get(reverse("shop:wishlist"))
        assert [wish.offer.price for wish in page.context["wishes"]] == [variant.price]
        for _ in range(2):
            self.change(shopper, variant.product_id, "remove")
        assert not WishlistItem.objects.exists()

    @pytest.mark.parametrize("action", ["", "remove"])
    @pytest.mark.parametrize("product", [0, 999_999, 2**63, 10**30])
    def test_what_is_no_product_is_not_wished_for(self, shopper, product, action):
        assert self.change(shopper, product, action).status_code == 302
        assert not WishlistItem.objects.exists()

    def test_products_without_anything_on_sale_are_still_shown(self, shopper):
        self.change(shopper, ProductFactory().pk)
        assert shopper.get(reverse("shop:wishlist")).status_code == 200

    def test_guests_sign_in_first(self, client):
        assert "/accounts/login/" in self.change(client, 1)["Location"]


class TestOutbox:
    @pytest.fixture
    def written(self, settings, tmp_path):
        settings.DEMO = True
        settings.EMAIL_FILE_PATH = str(tmp_path)
        backend = get_connection(
            "django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path)
        )
        for subject in ("确认", "<b>Second</b>"):
            body = "Go to https://localhost/accounts/confirm/abc-1/ now\n<script>alert(1)</script>"
            backend.send_messages([EmailMessage(subject, body, to=["ada@example.com"])])

    def test_shows_mails_with_their_links(self, client, written):
        page = client.get(reverse("shop:outbox"))
        mails = page.context["mails"]
        assert {mail.subject for mail in mails} == {"确认", "<b>Second</b>"}
        shown = client.get(reverse("shop:outbox_mail", args=[mails[0].name])).content.decode()
        assert '<a href="https://localhost/accounts/confirm/abc-1/">' in shown
        assert "<script>alert(1)" not in shown

    def test_does_not_exist_outside_a_demo(self, client, written, settings):
        name = client.get(reverse("shop:outbox")).context["mails"][0].name
        settings.DEMO = False
        assert client.get(reverse("shop:outbox")).status_code == 404
        assert client.get(reverse("shop:outbox_mail", args=[name])).status_code == 404

    def test_an_unknown_mail_is_not_found(self, client, written):
        assert client.get(reverse("shop:outbox_mail", args=["settings"])).status_code == 404
