"""What shoppers took out of their history, whom campaigns are planned for, words for search."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Forgotten(models.Model):
    """A product whose views and purchases no longer choose what a shopper is shown.

    Orders stay as they are: they are the shop's books. A guest is known by the browser alone.
    """

    customer = models.ForeignKey(
        "shop.Customer",
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("customer"),
    )
    visitor = models.CharField(max_length=40, blank=True)
    product = models.ForeignKey(
        "shop.Product", on_delete=models.CASCADE, related_name="+", verbose_name=_("product")
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("forgotten product")
        verbose_name_plural = _("forgotten products")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"],
                condition=models.Q(customer__isnull=False),
                name="forgotten_once_by_customer",
            ),
            models.UniqueConstraint(
                fields=["visitor", "product"],
                condition=models.Q(customer__isnull=True),
                name="forgotten_once_by_guest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.visitor}: {self.product_id}"


class CampaignPlan(models.Model):
    """Whom to write to in a campaign: worked out by the worker, chosen and sent by staff."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Being worked out")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be worked out")
        SENT = "sent", _("Sent")

    campaign = models.ForeignKey(
        "shop.Campaign", on_delete=models.CASCADE, related_name="plans", verbose_name=_("campaign")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default="waiting")
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    model = models.ForeignKey(
        "foundation.ModelVersion",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("model"),
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    control_percent = models.PositiveSmallIntegerField(_("control group, %"), default=10)
    expected_redemptions = models.FloatField(_("expected redemptions"), null=True)
    expected_margin = models.DecimalField(
        _("expected margin"), max_digits=12, decimal_places=2, null=True
    )

    class Meta:
        verbose_name = _("campaign plan")
        verbose_name_plural = _("campaign plans")
        ordering = ["-made_at"]
        constraints = [
            # Two people who send the same campaign at once: one plan is sent, the other refused.
            models.UniqueConstraint(
                fields=["campaign"], condition=models.Q(state="sent"), name="campaign_sent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.made_at:%Y-%m-%d}"


class PlannedCustomer(models.Model):
    """A customer in a plan: how likely they redeem, and in which group they came."""

    class Group(models.TextChoices):
        OPEN = "", _("not chosen")
        WRITTEN = "written", _("written to")
        CONTROL = "control", _("left alone, for comparison")

    plan = models.ForeignKey(CampaignPlan, on_delete=models.CASCADE, related_name="customers")
    customer = models.ForeignKey("shop.Customer", on_delete=models.CASCADE, related_name="+")
    chance = models.FloatField(_("chance of redeeming"))
    basket = models.DecimalField(_("usual order"), max_digits=10, decimal_places=2)
    group = models.CharField(_("group"), max_length=10, choices=Group.choices, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "customer"], name="planned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.customer_id}"


class SearchWords(models.Model):
    """What people call a department, category, type or product, and what they need it for.

    In place of what the shop ships with for the same key (``recommend/learning/aliases.tsv`` and
    ``needs.tsv``); search takes it in when its index is built anew.
    """

    key = models.CharField(_("what it is about"), max_length=200, unique=True)
    names_en = models.TextField(_("other names, English"), blank=True)
    names_zh = models.TextField(_("other names, Chinese"), blank=True)
    needs_en = models.TextField(_("what it is needed for, English"), blank=True)
    needs_zh = models.TextField(_("what it is needed for, Chinese"), blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["key"]
        verbose_name = _("words for search")
        verbose_name_plural = _("words for search")

    def __str__(self) -> str:
        return self.key
