"""Assessments of checkouts, review cases, account freezes."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.TextChoices):
    ALLOW = "allow", _("Allow")
    REVIEW = "review", _("Review")
    BLOCK = "block", _("Block")


class Assessment(models.Model):
    """What was thought of one checkout, and why. Written once, never changed afterwards.

    ``score`` is the share of the training orders that look more ordinary than this one, 0 to 1;
    null when no model could be loaded. Imported orders have an order and no checkout.
    """

    checkout_uuid = models.UUIDField(null=True, blank=True, db_index=True)
    order = models.ForeignKey(
        "shop.Order",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="risk_assessments",
    )
    customer = models.ForeignKey(
        "shop.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.FloatField(_("score"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    reasons = models.JSONField(_("reasons"), default=list)
    features = models.JSONField(_("features"), default=dict)
    card_fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    visitor = models.CharField(max_length=40, blank=True, db_index=True)
    model = models.ForeignKey(
        "foundation.ModelVersion", null=True, blank=True, on_delete=models.SET_NULL
    )
    milliseconds = models.FloatField(_("time in ms"), default=0)
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")

    def __str__(self) -> str:
        return f"{self.get_decision_display()} {self.at:%Y-%m-%d %H:%M}"


class Case(models.Model):
    """A person has to look: an order on hold, or a shopper who appeals against a block."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLEARED = "cleared", _("Cleared")
        FRAUD = "fraud", _("Confirmed fraud")

    class Kind(models.TextChoices):
        REVIEW = "review", _("Order on hold")
        APPEAL = "appeal", _("Appeal")

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_index=True
    )
    message = models.TextField(_("customer's message"), max_length=2000, blank=True)
    contact = models.EmailField(_("e-mail for the answer"), blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "kind"], name="case_once_a_kind")
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()}"


class Freeze(models.Model):
    """A customer who may not order until a member of staff lifts it."""

    customer = models.ForeignKey("shop.Customer", on_delete=models.CASCADE, related_name="freezes")
    reason = models.CharField(_("reason"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)
    frozen_at = models.DateTimeField(_("frozen"), auto_now_add=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-frozen_at"]
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_active=True), name="one_active_freeze"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.reason}"
