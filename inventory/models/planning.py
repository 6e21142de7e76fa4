"""Suppliers, forecasts, the reorder list, purchase orders and transfers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory.models.stock import Warehouse


class Supplier(models.Model):
    """Who delivers the products of some departments, and how many days that takes."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time in days"), default=5)
    departments: models.ManyToManyField = models.ManyToManyField(
        "shop.Department",
        blank=True,
        related_name="suppliers",
        verbose_name=_("departments"),
        help_text=_("Departments without a supplier are served by the first supplier."),
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")

    def __str__(self) -> str:
        # The demo's suppliers have translated names; of others there is nothing to translate.
        return gettext(self.name) if self.name else ""


class Forecast(models.Model):
    """Expected daily units of a variant over all channels.

    ``daily[0]`` is the day after ``made_on``. Forecasts of the last weeks are kept, so that they
    can be compared with what was sold.
    """

    variant = models.ForeignKey(
        "shop.Variant",
        on_delete=models.CASCADE,
        related_name="forecasts",
        verbose_name=_("variant"),
    )
    made_on = models.DateField(_("made on"), db_index=True)
    data_to = models.DateField(_("sales until"), help_text=_("Last day the forecast has seen."))
    method = models.CharField(_("method"), max_length=40)
    daily = models.JSONField(_("daily units"), help_text=_("28 means, the day after first."))
    total = models.FloatField(_("units in 28 days"))
    total_q90 = models.FloatField(
        _("90 % quantile of 28 days"), help_text=_("Nine times of ten no more is sold.")
    )
    deviation = models.FloatField(
        _("standard deviation"), default=0, help_text=_("Of one day's units.")
    )
    low = models.JSONField(
        _("one day in ten below"), default=list, blank=True, help_text=_("28 numbers, or none.")
    )
    high = models.JSONField(
        _("one day in ten above"), default=list, blank=True, help_text=_("28 numbers, or none.")
    )
    spread = models.JSONField(
        _("quantiles less the mean"),
        default=list,
        blank=True,
        help_text=_("Of the first 1 to 4 weeks' units, a row a week."),
    )

    class Meta:
        ordering = ["-made_on", "-total"]
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        constraints = [
            models.UniqueConstraint(fields=["variant", "made_on"], name="forecast_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.made_on}: {self.total:.1f}"


class ForecastChunk(models.Model):
    """A part of a day's forecasts that any worker may make; gone when the day's are complete.

    ``first_day`` and ``n_weeks`` say which whole weeks of sales count, ``data_to`` is the last day
    with trade. A claim that is old is of a worker that was lost, and anybody's again.
    """

    made_on = models.DateField(_("made on"))
    number = models.PositiveIntegerField(_("number"))
    first_day = models.DateField(_("first day"))
    n_weeks = models.PositiveIntegerField(_("weeks"))
    data_to = models.DateField(_("sales until"))
    variant_ids = models.JSONField(_("variants"), default=list)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    made = models.PositiveIntegerField(_("forecasts"), default=0)

    class Meta:
        ordering = ["made_on", "number"]
        verbose_name = _("part of the forecasts")
        verbose_name_plural = _("parts of the forecasts")
        constraints = [
            models.UniqueConstraint(fields=["made_on", "number"], name="forecast_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.made_on} {self.number}"


class ReplenishmentLine(models.Model):
    """A stock level whose position is at or below its reorder point, how much to order, and why.

    With a ``source`` the units come from another warehouse that has more than it needs, else from
    the supplier. ``reason_data`` holds what the reason's text needs; see :mod:`inventory.reasons`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ORDERED = "ordered", _("Ordered")

    class Reason(models.TextChoices):
        OUT_OF_STOCK = "out_of_stock", _("Out of stock")
        RUNS_OUT = "runs_out", _("Runs out before new goods arrive")
        BELOW_POINT = "below_point", _("At or below the reorder point")
        NEW_PRODUCT = "new_product", _("New product, low stock")

    variant = models.ForeignKey(
        "shop.Variant",
        on_delete=models.CASCADE,
        related_name="replenishment_lines",
        verbose_name=_("variant"),
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    source = models.ForeignKey(
        Warehouse,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("from warehouse"),
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    position = models.IntegerField(
        _("stock position"), help_text=_("Free units and those that are on order.")
    )
    reorder_point = models.PositiveIntegerField(_("reorder point"))
    order_up_to = models.PositiveIntegerField(_("order-up-to level"))
    days_left = models.FloatField(_("days of stock left"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    reason_data = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    made_on = models.DateField(_("made on"))
    order_line = models.ForeignKey(
        "inventory.PurchaseOrderLine",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replenishment_lines",
        verbose_name=_("purchase order line"),
    )
    transfer_line = models.ForeignKey(
        "inventory.TransferLine",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replenishment_lines",
        verbose_name=_("transfer line"),
    )

    class Meta:
        ordering = ["days_left", "-quantity", "id"]
        verbose_name = _("reorder line")
        verbose_name_plural = _("reorder list")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse"],
                condition=models.Q(state="open"),
                name="one_open_reorder_line",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="reorder_quantity_gt_0"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}@{self.warehouse_id}: {self.quantity}"


class PurchaseOrder(models.Model):
    """An order to a supplier for one warehouse: written, approved, sent, received."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.DRAFT, State.APPROVED, State.SENT)

    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="orders", verbose_name=_("supplier")
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("approved by"),
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        indexes = [models.Index(fields=["state", "warehouse"], name="po_state_warehouse")]

    def __str__(self) -> str:
        return f"PO-{self.pk}"


class PurchaseOrderLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="po_variant_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="po_quantity_gt_0"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"


class Transfer(models.Model):
    """Goods on their way from one warehouse to another: written, dispatched, received.

    Dispatched units have left the source and are ``inbound`` at the target until somebody says how
    many arrived. ``TR-12`` is the reference of all its ledger entries.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        DISPATCHED = "dispatched", _("On its way")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.DRAFT, State.DISPATCHED)

    source = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("from warehouse")
    )
    target = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("to warehouse")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    dispatched_at = models.DateTimeField(_("dispatched at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        indexes = [models.Index(fields=["state", "target"], name="transfer_state_target")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="transfer_two_places"
            )
        ]

    def __str__(self) -> str:
        return f"TR-{self.pk}"


class TransferLine(models.Model):
    """Units of one variant; ``received`` and the reason are known when the goods arrive."""

    class Short(models.TextChoices):
        NOT_SENT = "not_sent", _("Was not sent, is still at the source")
        DAMAGED = "damaged", _("Damaged on the way")
        LOST = "lost", _("Lost on the way")

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    received = models.PositiveIntegerField(_("received"), null=True, blank=True)
    short_reason = models.CharField(
        _("why fewer arrived"), max_length=10, choices=Short.choices, blank=True
    )
    lots = models.JSONField(
        _("expiry dates"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_("Units by the day they expire on, of those that have one."),
    )

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_variant_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="transfer_quantity_gt_0"
            ),
            models.CheckConstraint(
                condition=models.Q(received=None) | models.Q(received__lte=models.F("quantity")),
                name="transfer_received_lte_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"
