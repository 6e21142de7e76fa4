"""Orders, payments, returns, reviews."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.encryption import EncryptedJSONField, EncryptedTextField
from shop.models.base import Timestamped, money_field


class Order(models.Model):
    """What was bought. Lines and amounts never change after it was placed."""

    class Status(models.TextChoices):
        ON_HOLD = "on_hold", _("Being checked")
        PLACED = "placed", _("Placed")
        PACKED = "packed", _("Packed")
        SHIPPED = "shipped", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.CharField(_("number"), max_length=24, unique=True)
    customer = models.ForeignKey(
        "shop.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    channel = models.ForeignKey("shop.Channel", on_delete=models.PROTECT, related_name="orders")
    email = models.EmailField(_("e-mail address"), blank=True)
    language = models.CharField(max_length=10, default="en")
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PLACED
    )
    placed_at = models.DateTimeField(_("placed"))
    subtotal = money_field(help_text=_("Lines after all discounts."))
    discount = money_field(default=0, help_text=_("Sum of the lines' discounts."))
    delivery_fee = money_field(default=0)
    total = money_field(verbose_name=_("total"))
    refunded = money_field(default=0)
    delivery_option = models.CharField(max_length=40, blank=True)
    delivery_date = models.DateField(null=True, blank=True)
    address = EncryptedJSONField(default=dict, blank=True)
    access_token = models.CharField(
        max_length=64, blank=True, help_text=_("Lets a guest open the order from the e-mail.")
    )
    source_basket_id = models.BigIntegerField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-placed_at", "-id"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="order_customer_time"),
            models.Index(fields=["-placed_at"], name="order_time"),
            models.Index(fields=["status", "-placed_at"], name="order_status_time"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=[self.number])


class OrderLine(models.Model):
    """One variant of an order. ``total = unit_price x quantity - discount - coupon_discount``.

    ``quantity`` is kept as counted by the source; ``unit_price`` is the shelf price.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.Variant", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = money_field(verbose_name=_("unit price"))
    discount = money_field(default=0, help_text=_("Deals."))
    coupon_discount = money_field(default=0)
    total = money_field(verbose_name=_("total"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        indexes = [models.Index(fields=["variant", "order"], name="line_variant_order")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"


class OrderEvent(models.Model):
    """A step in an order's life, shown to the customer as tracking."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    status = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("shop.User", null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"


class Payment(Timestamped):
    """Money asked of a payment provider for one checkout."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        CHALLENGE = "challenge", _("Waiting for confirmation")
        CAPTURED = "captured", _("Paid")
        DECLINED = "declined", _("Declined")
        VOIDED = "voided", _("Given back")

    checkout = models.OneToOneField(
        "shop.Checkout", on_delete=models.PROTECT, related_name="payment"
    )
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    provider = models.CharField(max_length=80)
    reference = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    amount = money_field()
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    failure_code = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")

    def __str__(self) -> str:
        return f"{self.amount} {self.state}"


class Refund(Timestamped):
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = money_field()
    idempotency_key = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount_gt_0")
        ]

    def __str__(self) -> str:
        return str(self.amount)


class ReturnRequest(Timestamped):
    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        RECEIVED = "received", _("Goods received")
        REFUNDED = "refunded", _("Refunded")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    state = models.CharField(max_length=12, choices=State.choices, default=State.REQUESTED)
    reason = models.CharField(_("reason"), max_length=40)
    comment = EncryptedTextField(_("comment"), max_length=2000, blank=True)
    amount = money_field(default=0)
    decided_by = models.ForeignKey("shop.User", null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("return")
        verbose_name_plural = _("returns")

    def __str__(self) -> str:
        return f"{self.order} {self.state}"


class RefundApproval(Timestamped):
    """Money that staff want to pay back, so much that a second person has to agree."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a second person")
        APPROVED = "approved", _("Paid back")
        REFUSED = "refused", _("Refused")

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="refund_approvals", verbose_name=_("order")
    )
    returned = models.ForeignKey(
        ReturnRequest,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="refund_approvals",
        verbose_name=_("return"),
    )
    amount = money_field(verbose_name=_("amount"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    key = models.CharField(
        max_length=80, unique=True, help_text=_("Makes a repetition the same refund.")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.WAITING, db_index=True
    )
    requested_by = models.ForeignKey(
        "shop.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    decided_by = models.ForeignKey(
        "shop.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("refund to approve")
        verbose_name_plural = _("refunds to approve")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="approval_amount_gt_0"),
            models.CheckConstraint(
                condition=~models.Q(state="approved", decided_by=models.F("requested_by")),
                name="approval_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.amount}"


class ReturnLine(models.Model):
    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="return_quantity_gt_0")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line_id}"


class Review(Timestamped):
    """A verified buyer's review; shown once approved."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for moderation")
        APPROVED = "approved", _("Published")
        REJECTED = "rejected", _("Rejected")

    product = models.ForeignKey("shop.Product", on_delete=models.CASCADE, related_name="reviews")
    customer = models.ForeignKey("shop.Customer", on_delete=models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField(
        _("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    body = models.TextField(_("review"), max_length=4000, blank=True)
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    is_sample = models.BooleanField(default=False, help_text=_("Written for the demo."))

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            models.UniqueConstraint(fields=["product", "customer"], name="review_once"),
            models.CheckConstraint(
                condition=models.Q(rating__gte=1, rating__lte=5), name="review_rating_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating} {self.product}"


def _photo_path(photo: "ReviewPhoto", name: str) -> str:
    """A name that nobody outside chose and nobody can guess."""
    return f"reviews/{photo.key}.jpg"


class ReviewPhoto(models.Model):
    """A customer's picture of a product, written anew by us; shown with its review."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="photos")
    file = models.FileField(_("picture"), upload_to=_photo_path)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("review picture")
        verbose_name_plural = _("review pictures")

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("shop:review_photo", args=[self.key])
