"""Deals, planned promotions, campaigns, coupons."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual, money_field


class Deal(models.Model):
    """A reduced price for a time."""

    variant = models.ForeignKey("shop.Variant", on_delete=models.CASCADE, related_name="deals")
    price = money_field(verbose_name=_("deal price"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        indexes = [models.Index(fields=["variant", "ends_at"], name="deal_variant_end")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="deal_ends_after_start"
            ),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="deal_price_gte_0"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} {self.price}"


class PlannedPromotion(models.Model):
    """Mailer and display of a variant in a week, known before the week begins.

    Shares are between 0 and 1: of the sales-weighted stores, how many carry it.
    """

    variant = models.ForeignKey("shop.Variant", on_delete=models.CASCADE, related_name="planned")
    week_start = models.DateField(_("week"))
    mailer_share = models.FloatField(default=0)
    display_share = models.FloatField(default=0)
    mailer_channels = models.JSONField(default=list, help_text=_("Codes of the sales channels."))
    display_channels = models.JSONField(default=list, help_text=_("Codes of the sales channels."))

    class Meta:
        verbose_name = _("planned promotion")
        verbose_name_plural = _("planned promotions")
        constraints = [
            models.UniqueConstraint(fields=["variant", "week_start"], name="planned_once_a_week")
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.week_start}"


class Campaign(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    name_en = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120)
    kind = models.CharField(_("type"), max_length=20, blank=True)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    customers: models.ManyToManyField = models.ManyToManyField(
        "shop.Customer", through="shop.CampaignTarget", related_name="campaigns"
    )
    name = Bilingual()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return str(self.name)


class CampaignTarget(models.Model):
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE)
    customer = models.ForeignKey("shop.Customer", on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "customer"], name="target_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.customer_id}"


class Coupon(models.Model):
    """A code that lowers the price of a cart, or of the variants it names."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent off")
        AMOUNT = "amount", _("Amount off")

    code = models.CharField(_("code"), max_length=40, unique=True)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="coupons"
    )
    name_en = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    value = money_field(verbose_name=_("value"))
    min_subtotal = money_field(verbose_name=_("minimum order"), default=0)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    max_uses = models.PositiveIntegerField(_("uses in all"), null=True, blank=True)
    max_uses_per_customer = models.PositiveIntegerField(_("uses per customer"), default=1)
    targeted_only = models.BooleanField(_("only for the campaign's customers"), default=False)
    variants: models.ManyToManyField = models.ManyToManyField(
        "shop.Variant", blank=True, related_name="coupons", help_text=_("None: the whole cart.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    name = Bilingual()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.CheckConstraint(condition=models.Q(value__gt=0), name="coupon_value_gt_0"),
            models.CheckConstraint(
                condition=~models.Q(kind="percent") | models.Q(value__lte=100),
                name="coupon_percent_lte_100",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponRedemption(models.Model):
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    customer = models.ForeignKey(
        "shop.Customer", null=True, on_delete=models.SET_NULL, related_name="redemptions"
    )
    order = models.ForeignKey(
        "shop.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="redemptions"
    )
    redeemed_at = models.DateTimeField()
    discount = money_field(default=0)

    class Meta:
        verbose_name = _("coupon redemption")
        verbose_name_plural = _("coupon redemptions")

    def __str__(self) -> str:
        return f"{self.coupon} {self.redeemed_at:%Y-%m-%d}"
