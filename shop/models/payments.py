"""The memory of the built-in test provider, as a real provider keeps its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.base import money_field


class TestCharge(models.Model):
    """One charge at the test provider; its key makes a repeated request the same charge."""

    __test__ = False  # not a test case, whatever its name suggests to pytest

    class State(models.TextChoices):
        CHALLENGE = "challenge", _("Waiting for confirmation")
        CAPTURED = "captured", _("Paid")
        DECLINED = "declined", _("Declined")
        VOIDED = "voided", _("Given back")

    key = models.CharField(max_length=80, unique=True)
    amount = money_field()
    refunded = money_field(default=0)
    state = models.CharField(max_length=12, choices=State.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("test charge")
        verbose_name_plural = _("test charges")

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class TestRefund(models.Model):
    """One refund at the test provider."""

    __test__ = False

    charge = models.ForeignKey(TestCharge, on_delete=models.CASCADE)
    key = models.CharField(max_length=80, unique=True)
    amount = money_field()

    class Meta:
        verbose_name = _("test refund")
        verbose_name_plural = _("test refunds")

    def __str__(self) -> str:
        return f"{self.key} {self.amount}"
