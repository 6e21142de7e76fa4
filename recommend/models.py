"""What shoppers took out of their history, campaigns, words for search, advertisements."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual


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


class AdCampaign(models.Model):
    """What is advertised in the shop's own slots: when, how often, and how much of it."""

    name = models.CharField(_("name"), max_length=120)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    budget = models.PositiveIntegerField(
        _("impressions paid for"), help_text=_("After so many the campaign is over.")
    )
    daily_cap = models.PositiveSmallIntegerField(
        _("times a day for one customer"), default=3, db_default=3
    )
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    served = models.PositiveIntegerField(
        _("impressions served"), default=0, db_default=0, editable=False
    )

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("advertising campaign")
        verbose_name_plural = _("advertising campaigns")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="ad_campaign_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(served__lte=models.F("budget")), name="ad_campaign_in_budget"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.budget is not None and self.budget < self.served:
            raise ValidationError({"budget": _("More than that has been served already.")})


class AdCreative(models.Model):
    """One advertisement: a product and what is said of it."""

    campaign = models.ForeignKey(
        AdCampaign,
        on_delete=models.CASCADE,
        related_name="creatives",
        verbose_name=_("advertising campaign"),
    )
    product = models.ForeignKey(
        "shop.Product", on_delete=models.CASCADE, related_name="+", verbose_name=_("product")
    )
    text_en = models.CharField(_("text, English"), max_length=160)
    text_zh = models.CharField(_("text, Chinese"), max_length=160)

    text = Bilingual()

    class Meta:
        verbose_name = _("advertisement")
        verbose_name_plural = _("advertisements")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "product"], name="advertised_once"),
        ]

    def __str__(self) -> str:
        return self.text_en


class AdExposure(models.Model):
    """How often a customer was shown a campaign on a day; kept to keep the limit."""

    customer = models.ForeignKey(
        "shop.Customer", on_delete=models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    campaign = models.ForeignKey(
        AdCampaign,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("advertising campaign"),
    )
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("time"), auto_now_add=True)
    times = models.PositiveSmallIntegerField(_("times shown"), default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "campaign", "day"], name="ad_exposure_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.campaign_id} {self.day}: {self.times}"


class Experiment(models.Model):
    """What the start page shows, tried on those who allow it: the order of groups, or a ranking."""

    class Kind(models.TextChoices):
        AB = "ab", _("Equal shares, for a comparison")
        BANDIT = "bandit", _("What works for whom, learned as it goes")
        INTERLEAVING = "draft", _("Learned ranker against blend, in one list")

    key = models.SlugField(
        _("key"),
        max_length=28,
        unique=True,
        help_text=_("Decides who is in which group; it does not change."),
    )
    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices, default=Kind.AB)
    is_active = models.BooleanField(
        _("active"), default=True, db_default=True, help_text=_("One runs at a time.")
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"],
                condition=models.Q(is_active=True),
                name="experiment_runs_alone",
                violation_error_message=_("Another experiment is running."),
            ),
        ]

    def __str__(self) -> str:
        return self.key
