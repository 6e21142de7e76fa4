"""The built-in provider: four card numbers, four behaviours, and a memory like a real one's.

The last four digits decide, so that many people can have cards of their own.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.checkout.protocol import CardInput
from shop.models import TestCharge, TestRefund
from shop.payments.cards import card_valid
from shop.payments.fingerprint import digits_of
from shop.payments.provider import CardInvalid, Charge, ProviderTimeout

CARD_OK = "4242424242424242"
CARD_DECLINED = "4000000000000002"
CARD_CHALLENGE = "4000002500003155"
CARD_TIMEOUT = "4000000000000119"
CHALLENGE_ANSWER = "123456"
TEST_CARDS = (
    (CARD_OK, gettext_lazy("is accepted")),
    (CARD_DECLINED, gettext_lazy("is declined")),
    (CARD_CHALLENGE, gettext_lazy("asks for a code; the code is 123456")),
    (CARD_TIMEOUT, gettext_lazy("answers too late; you are still charged once")),
)
"""Shown on the payment form of a demo."""


class TestProvider:
    """See :class:`shop.payments.provider.PaymentProvider`."""

    __test__ = False
    name = "test"

    def charge(self, *, key: str, amount: Decimal, card: CardInput) -> Charge:
        if not card_valid(card, timezone.localdate()):
            raise CardInvalid
        tail = digits_of(card.number)[-4:]
        first_state = {
            CARD_DECLINED[-4:]: TestCharge.State.DECLINED,
            CARD_CHALLENGE[-4:]: TestCharge.State.CHALLENGE,
        }.get(tail, TestCharge.State.CAPTURED)
        row, created = TestCharge.objects.get_or_create(
            key=key, defaults={"amount": amount, "state": first_state}
        )
        if created and tail == CARD_TIMEOUT[-4:]:
            # The money moved but the answer was lost: the worst case a shop has to survive.
            raise ProviderTimeout
        return self._answer(row)

    def confirm(self, *, key: str, answer: str) -> Charge:
        row = TestCharge.objects.get(key=key)
        if row.state == TestCharge.State.CHALLENGE:
            right = answer.strip() == CHALLENGE_ANSWER
            row.state = TestCharge.State.CAPTURED if right else TestCharge.State.DECLINED
            row.save(update_fields=["state"])
        return self._answer(row)

    def void(self, *, key: str) -> None:
        TestCharge.objects.filter(key=key).exclude(state=TestCharge.State.DECLINED).update(
            state=TestCharge.State.VOIDED
        )

    def refund(self, *, charge_key: str, key: str, amount: Decimal) -> str:
        with transaction.atomic():
            row = TestCharge.objects.select_for_update().get(key=charge_key)
            made, created = TestRefund.objects.get_or_create(
                key=key, defaults={"charge": row, "amount": amount}
            )
            if created:
                if row.refunded + amount > row.amount:
                    raise ValueError("A refund cannot exceed the charge.")
                TestCharge.objects.filter(pk=row.pk).update(refunded=F("refunded") + amount)
        return f"test-refund-{made.pk}"

    def _answer(self, row: TestCharge) -> Charge:
        prompt = ""
        if row.state == TestCharge.State.CHALLENGE:
            prompt = _("Your bank asks for the code it sent you.")
        return Charge(reference=f"test-{row.pk}", state=str(row.state), prompt=prompt)
