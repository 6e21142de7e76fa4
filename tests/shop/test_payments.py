"""The test provider behaves like a real one: idempotent by key, honest about the money."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.models import TestCharge, TestRefund
from shop.payments import testprovider
from shop.payments.cards import brand_of, card_valid, expiry_of, luhn_valid
from shop.payments.fingerprint import card_fingerprint
from shop.payments.provider import CardInvalid, ProviderTimeout, get_provider
from tests.shop.conftest import card

TEN = Decimal("10.00")


@given(st.integers(10**11, 10**18 - 1))
def test_one_wrong_digit_is_always_noticed(prefix):
    def with_check(body: str) -> str:
        return next(f"{body}{digit}" for digit in range(10) if luhn_valid(f"{body}{digit}"))

    number = with_check(str(prefix))
    for place, digit in enumerate(number):
        changed = f"{number[:place]}{(int(digit) + 1) % 10}{number[place + 1 :]}"
        assert not luhn_valid(changed)


@given(st.text(max_size=30))
def test_any_text_is_a_card_or_not(text):
    luhn_valid(text)
    expiry_of(text)
    brand_of(text)
    card_valid(card(text, text, text), date(2026, 11, 24))


def test_cards_end_with_their_month():
    today = date(2026, 11, 24)
    assert card_valid(card(expiry="11/26"), today)
    assert card_valid(card(expiry="1 / 2027"), today)
    assert not card_valid(card(expiry="10/26"), today)


def test_a_fingerprint_depends_on_the_digits_and_the_key(settings):
    first = card_fingerprint("4242 4242 4242 4242")
    assert first == card_fingerprint("4242424242424242")
    assert "4242424242424242" not in first
    settings.SECRET_KEY = "another key"
    assert card_fingerprint("4242424242424242") != first


@pytest.mark.django_db
class TestProvider:
    @pytest.fixture
    def provider(self):
        return get_provider()

    def test_the_same_key_is_the_same_charge(self, provider):
        first = provider.charge(key="k", amount=TEN, card=card())
        assert provider.charge(key="k", amount=TEN, card=card()) == first
        assert TestCharge.objects.count() == 1

    def test_a_timeout_leaves_a_charge_that_the_key_finds(self, provider):
        late = card(testprovider.CARD_TIMEOUT)
        with pytest.raises(ProviderTimeout):
            provider.charge(key="k", amount=TEN, card=late)
        assert provider.charge(key="k", amount=TEN, card=late).state == "captured"

    def test_an_impossible_card_is_no_charge(self, provider):
        with pytest.raises(CardInvalid):
            provider.charge(key="k", amount=TEN, card=card("4242424242424241"))
        assert not TestCharge.objects.exists()

    def test_a_refund_is_made_once_and_never_exceeds_the_charge(self, provider):
        provider.charge(key="k", amount=TEN, card=card())
        part = {"charge_key": "k", "key": "r1", "amount": Decimal("6.00")}
        assert provider.refund(**part) == provider.refund(**part)
        with pytest.raises(ValueError, match="exceed"):
            provider.refund(charge_key="k", key="r2", amount=Decimal("4.01"))
        assert TestRefund.objects.count() == 1
        assert TestCharge.objects.get().refunded == Decimal("6.00")

    def test_voiding_twice_or_voiding_nothing_is_harmless(self, provider):
        provider.void(key="unknown")
        provider.charge(key="k", amount=TEN, card=card())
        provider.void(key="k")
        provider.void(key="k")
        assert provider.charge(key="k", amount=TEN, card=card()).state == "voided"

    def test_only_one_answer_counts(self, provider):
        provider.charge(key="k", amount=TEN, card=card(testprovider.CARD_CHALLENGE))
        assert provider.confirm(key="k", answer="000000").state == "declined"
        assert provider.confirm(key="k", answer="123456").state == "declined"
