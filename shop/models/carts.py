"""Carts and checkouts: what a shopper means to buy, and one attempt to buy it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.encryption import EncryptedJSONField
from shop.models.base import Timestamped, money_field


class Cart(Timestamped):
    """The open cart of a customer, or of a visitor who holds its token in the session."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        "shop.Customer", null=True, blank=True, on_delete=models.CASCADE, related_name="carts"
    )
    coupon_codes = models.JSONField(default=list, blank=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_open=True), name="one_open_cart"
            )
        ]

    def __str__(self) -> str:
        return str(self.token)


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.Variant", on_delete=models.CASCADE)
    quantity = models.PositiveIntegerField(_("quantity"))
    saved_for_later = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="variant_once_a_cart"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="cart_quantity_gt_0"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"


class Checkout(Timestamped):
    """One attempt to turn a cart into an order.

    The idempotency key makes a doubled click, a retry and a lost answer one and the same attempt.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        CHALLENGE = "challenge", _("Waiting for the customer's confirmation")
        REFUSED = "refused", _("Refused")
        PLACED = "placed", _("Placed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    idempotency_key = models.CharField(max_length=80, unique=True)
    cart = models.ForeignKey(Cart, on_delete=models.PROTECT, related_name="checkouts")
    customer = models.ForeignKey(
        "shop.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="checkouts"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.RUNNING)
    total = money_field(default=0)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal_data = models.JSONField(default=dict, blank=True)
    details = EncryptedJSONField(
        default=dict, help_text=_("Address, delivery, lines and prices as the shopper saw them.")
    )
    order = models.OneToOneField(
        "shop.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="checkout"
    )

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")

    def __str__(self) -> str:
        return f"{self.uuid} {self.state}"
