"""Warehouses, stock and its ledger, reservations, forecasts, replenishment."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual


class Warehouse(models.Model):
    """A place with stock, serving one sales channel."""

    code = models.SlugField(max_length=40, unique=True)
    name_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    channel = models.ForeignKey("shop.Channel", on_delete=models.PROTECT, related_name="warehouses")
    position = models.PositiveSmallIntegerField(default=0)
    name = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")

    def __str__(self) -> str:
        return str(self.name)


class StockLevel(models.Model):
    """Units of one variant in one warehouse. Changed only together with the ledger."""

    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.CASCADE, related_name="stock_levels"
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="level_once"),
            models.CheckConstraint(
                condition=models.Q(reserved__lte=models.F("on_hand")), name="reserved_lte_on_hand"
            ),
            models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="on_hand_gte_0"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="reserved_gte_0"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.on_hand}"


class LedgerEntry(models.Model):
    """One change of a stock level. Append-only: the sums are the levels."""

    class Reason(models.TextChoices):
        OPENING = "opening", _("Opening stock")
        RECEIPT = "receipt", _("Receipt")
        RESERVATION = "reservation", _("Reservation")
        RELEASE = "release", _("Release")
        SALE = "sale", _("Sale")
        RETURN = "return", _("Return")
        TRANSFER = "transfer", _("Transfer")
        COUNT = "count", _("Count")
        DAMAGE = "damage", _("Damage")

    variant = models.ForeignKey("shop.Variant", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    on_hand_change = models.IntegerField(_("change on hand"))
    reserved_change = models.IntegerField(_("change of reserved"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [models.Index(fields=["variant", "warehouse"], name="ledger_variant_wh")]

    def __str__(self) -> str:
        return f"{self.reason} {self.on_hand_change:+d}/{self.reserved_change:+d}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise TypeError("The ledger is append-only: write a new entry that corrects this one.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("The ledger is append-only: write a new entry that corrects this one.")


class Reservation(models.Model):
    """Units held for one checkout, until it is placed, undone or runs out of time."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONSUMED = "consumed", _("Sold")
        RELEASED = "released", _("Released")
        RETURNED = "returned", _("Put back")

    checkout_uuid = models.UUIDField(db_index=True)
    variant = models.ForeignKey("shop.Variant", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [models.Index(fields=["state", "expires_at"], name="reservation_expiry")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id} {self.state}"


class Forecast(models.Model):
    """Expected daily units of a variant over all channels, from the day after ``made_on``."""

    variant = models.OneToOneField(
        "shop.Variant", on_delete=models.CASCADE, related_name="forecast"
    )
    made_on = models.DateField(_("made on"))
    method = models.CharField(_("method"), max_length=40)
    daily = models.JSONField(_("daily units"), help_text=_("28 means."))
    total = models.FloatField(_("units in 28 days"))
    deviation = models.FloatField(
        _("standard deviation"), default=0, help_text=_("Of one day's units.")
    )

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.total:.1f}"


class Supplier(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time in days"), default=5)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")

    def __str__(self) -> str:
        return self.name


class ReorderLine(models.Model):
    """A variant whose stock position is below its reorder point, and why."""

    variant = models.OneToOneField(
        "shop.Variant", on_delete=models.CASCADE, related_name="reorder_line"
    )
    position = models.IntegerField(
        _("stock position"), help_text=_("On hand, not reserved, ordered.")
    )
    reorder_point = models.PositiveIntegerField(_("reorder point"))
    order_up_to = models.PositiveIntegerField(_("order-up-to level"))
    quantity = models.PositiveIntegerField(_("suggested quantity"))
    days_left = models.FloatField(_("days of stock left"), null=True, blank=True)
    made_on = models.DateField(_("made on"))

    class Meta:
        ordering = ["days_left", "-quantity"]
        verbose_name = _("reorder line")
        verbose_name_plural = _("reorder list")

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.quantity}"


class PurchaseOrder(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")

    def __str__(self) -> str:
        return f"PO-{self.pk}"


class PurchaseOrderLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.Variant", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="po_variant_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="po_quantity_gt_0"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"
