"""Personal fields are unreadable in the tables, and keys are changed while the shop runs."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from foundation import encryption
from shop.models import Address, Checkout, Customer, Order
from shop.privacy import rotation
from tests.shop.factories import AddressFactory, CheckoutFactory, CustomerFactory, OrderFactory

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return str(cursor.fetchone()[0])


@given(st.text())
def test_what_is_sealed_comes_back_and_is_never_there_twice(text):
    sealed = encryption.seal(text)
    assert encryption.unseal(sealed) == text
    if text:
        assert text not in sealed or len(text) < 3
        assert sealed != encryption.seal(text), "equal texts are not seen to be equal"


@given(st.text(), st.text())
def test_a_blind_index_is_equal_only_for_equal_texts(one, other):
    index = encryption.blind_index
    assert (index("phone", one) == index("phone", other)) == (one == other)
    assert index("phone", one) != index("email", one)


@pytest.mark.django_db
class TestColumns:
    def test_hold_no_address(self):
        AddressFactory(line1="12 Analytical Road", phone="+1 513 555")
        assert Address.objects.get().line1 == "12 Analytical Road"
        for column in ("recipient", "line1", "city", "region", "postal_code", "phone"):
            assert stored("shop_address", column).startswith(encryption.MARK), column

    def test_hold_no_address_of_an_order_or_a_checkout(self):
        order = OrderFactory()
        CheckoutFactory(details={"email": "ada@example.com", "lines": []})
        assert "Analytical" not in stored("shop_order", "address")
        assert "ada@" not in stored("shop_checkout", "details")
        assert Order.objects.get(pk=order.pk).address["line1"] == "12 Analytical Road"
        assert Checkout.objects.get().details["email"] == "ada@example.com"

    def test_hold_nothing_where_there_is_nothing(self):
        CustomerFactory(phone="")
        OrderFactory(address={})
        assert stored("shop_customer", "phone") == ""
        assert json.loads(stored("shop_order", "address")) == {}

    def test_are_written_encrypted_by_every_way_of_writing(self):
        customer = CustomerFactory()
        Customer.objects.update(phone="+1 1")
        customer.refresh_from_db()
        customer.phone = "+1 2"
        Customer.objects.bulk_update([customer], ["phone"])
        assert "+1" not in stored("shop_customer", "phone")
        order = OrderFactory()
        order.address = {"line1": "secret place"}
        Order.objects.bulk_update([order], ["address"])
        assert "secret" not in stored("shop_order", "address")
        Order.objects.update(address={"line1": "other place"})
        assert "other" not in stored("shop_order", "address")
        assert Order.objects.get(pk=order.pk).address == {"line1": "other place"}

    def test_cannot_be_searched_by_accident(self):
        for wanted in ({"phone": "1"}, {"phone__contains": "1"}):
            with pytest.raises(FieldError, match="encrypted"):
                Customer.objects.filter(**wanted).exists()
        with pytest.raises(FieldError):
            Order.objects.filter(address__city="x").exists()

    def test_written_before_they_were_encrypted_are_still_read(self):
        AddressFactory()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shop_address SET line1 = 'plain street'")
        assert Address.objects.get().line1 == "plain street"
        assert rotation.rotate() == 1
        assert "plain" not in stored("shop_address", "line1")
        assert Address.objects.get().line1 == "plain street"


@pytest.mark.django_db
class TestRotation:
    @pytest.fixture
    def old(self, settings):
        settings.ENCRYPTION_KEYS = [OLD]
        AddressFactory(line1="12 Analytical Road")
        OrderFactory()
        return settings

    def test_reads_both_while_it_runs_and_needs_the_old_key_no_more(self, old):
        old.ENCRYPTION_KEYS = [NEW, OLD]
        assert Address.objects.get().line1 == "12 Analytical Road"
        assert rotation.rotate(dry_run=True) == 2
        assert rotation.rotate() == 2
        assert rotation.rotate() == 0
        old.ENCRYPTION_KEYS = [NEW]
        assert Address.objects.get().line1 == "12 Analytical Road"
        assert Order.objects.get().address["city"] == "Cincinnati"

    def test_goes_on_where_it_was_cut_short(self, old, monkeypatch):
        for _ in range(4):
            AddressFactory()
        old.ENCRYPTION_KEYS = [NEW, OLD]
        monkeypatch.setattr(rotation, "BATCH", 2)
        real, calls = rotation._batch, []

        def killed(*args, **kwargs):
            calls.append(args)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        monkeypatch.setattr(rotation, "_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate()
        monkeypatch.setattr(rotation, "_batch", real)
        assert rotation.rotate() == 6 - 2

    def test_a_key_that_is_gone_is_told_in_words(self, old):
        old.ENCRYPTION_KEYS = [NEW]
        with pytest.raises(encryption.KeyMissing, match="ENCRYPTION_KEYS"):
            Address.objects.get()
        with pytest.raises(CommandError, match="ENCRYPTION_KEYS"):
            call_command("rotate_encryption")


def test_a_key_that_is_none_is_told_at_start(settings):
    settings.ENCRYPTION_KEYS = ["not a key"]
    assert "shop.E001" in {found.id for found in run_checks()}


def test_production_is_asked_for_a_key_of_its_own(settings):
    settings.ENCRYPTION_KEYS = []
    ids = {found.id for found in run_checks(include_deployment_checks=True)}
    assert "shop.W001" in ids
    settings.ENCRYPTION_KEYS = [NEW]
    assert "shop.W001" not in {f.id for f in run_checks(include_deployment_checks=True)}
