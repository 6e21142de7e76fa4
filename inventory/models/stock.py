"""Warehouses, stock levels, the ledger they are the sums of, and reservations."""

from typing import NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual


class Warehouse(models.Model):
    """A place with stock, serving one sales channel."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    channel = models.ForeignKey(
        "shop.Channel",
        on_delete=models.PROTECT,
        related_name="warehouses",
        verbose_name=_("sales channel"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")

    def __str__(self) -> str:
        return str(self.name)


class StockLevel(models.Model):
    """Units of one variant in one warehouse.

    ``on_hand`` and ``reserved`` change only together with the ledger, ``inbound`` only with the
    state of a purchase order or transfer, the last two only when the plan is made.
    """

    variant = models.ForeignKey(
        "shop.Variant",
        on_delete=models.CASCADE,
        related_name="stock_levels",
        verbose_name=_("variant"),
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="levels", verbose_name=_("warehouse")
    )
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)
    inbound = models.PositiveIntegerField(
        _("inbound"), default=0, help_text=_("Units of purchase orders and transfers on their way.")
    )
    safety_stock = models.PositiveIntegerField(_("safety stock"), default=0)
    reorder_point = models.PositiveIntegerField(_("reorder point"), default=0)

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

    @property
    def free(self) -> int:
        """Units that can still be promised."""
        return self.on_hand - self.reserved


class Lot(models.Model):
    """Units of a level that expire on one day.

    Units on hand that are in no lot have no known expiry. Lots change only together with the
    level, under its lock: what leaves takes the lot that expires first.
    """

    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    expires_on = models.DateField(
        _("expires on"), help_text=_("The last day on which the units may be sold.")
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        ordering = ["expires_on", "id"]
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse", "expires_on"], name="lot_once_a_day"
            ),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="lot_quantity_gte_0"),
        ]
        indexes = [models.Index(fields=["expires_on"], name="lot_expiry")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}@{self.warehouse_id}, {self.expires_on}"


class AppendOnlyError(Exception):
    """Somebody tried to change or delete a ledger entry. Write one that corrects it instead."""


def _refuse() -> NoReturn:
    raise AppendOnlyError("The ledger is append-only: write a new entry that corrects this one.")


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Reads and inserts; changes are refused here too, not only on single rows."""

    def update(self, **kwargs: object) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()


class LedgerEntry(models.Model):
    """One change of a stock level. Append-only: the sums are the levels.

    Opening stock, receipts, returns, transfers and damages name what they came from in
    ``reference``; the same one is booked once (``ledger_reference_once``), so that a repeated call
    changes nothing.
    """

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

    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    on_hand_change = models.IntegerField(_("change on hand"))
    reserved_change = models.IntegerField(_("change of reserved"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("member of staff"),
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [models.Index(fields=["variant", "warehouse"], name="ledger_variant_wh")]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "reason", "variant", "warehouse"],
                condition=models.Q(
                    reason__in=["opening", "receipt", "return", "transfer", "damage"]
                )
                & ~models.Q(reference=""),
                name="ledger_reference_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.on_hand_change:+d}/{self.reserved_change:+d}"

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        _refuse()


class Reservation(models.Model):
    """Units of one warehouse held for one checkout, until it is placed, undone or out of time.

    ``returned`` counts the sold units that came back, by a cancellation or a return.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONSUMED = "consumed", _("Sold")
        RELEASED = "released", _("Released")

    checkout_uuid = models.UUIDField(_("checkout"))
    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    returned = models.PositiveIntegerField(_("came back"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [
            models.Index(fields=["state", "expires_at"], name="reservation_expiry"),
            models.Index(fields=["variant", "warehouse"], name="reservation_variant_wh"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["checkout_uuid", "variant", "warehouse"], name="reservation_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="reservation_quantity_gt_0"
            ),
            models.CheckConstraint(
                condition=models.Q(returned__lte=models.F("quantity")),
                name="reservation_returned_lte_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id} {self.state}"


class StockDifference(models.Model):
    """Two records of the same stock that do not agree, as the nightly comparison found it."""

    class Kind(models.TextChoices):
        ON_HAND = "on_hand", _("On hand and ledger")
        RESERVED = "reserved", _("Reserved and ledger")
        HELD = "held", _("Reserved and reservations")
        LOTS = "lots", _("On hand and lots")
        INBOUND = "inbound", _("Inbound and what is on its way")

    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    level = models.IntegerField(_("stock level says"))
    expected = models.IntegerField(_("should be"))
    found_at = models.DateTimeField(_("found"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("stock difference")
        verbose_name_plural = _("stock differences")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "warehouse", "kind"],
                condition=models.Q(resolved_at=None),
                name="one_open_difference",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.variant_id}@{self.warehouse_id}: {self.level}/{self.expected}"
