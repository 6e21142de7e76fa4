"""Campaigns, coupons, planned promotions. Deals are with the catalogue."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from foundation.admin_base import ReadOnlyAdmin
from shop.models import Campaign, Coupon, CouponRedemption, PlannedPromotion


class RunningFilter(admin.SimpleListFilter):
    """Running now, over, or still to come."""

    title = _("running")
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("Now")), ("past", _("Over")), ("future", _("Still to come"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        if self.value() == "now":
            return queryset.filter(starts_at__lte=now, ends_at__gt=now)
        if self.value() == "past":
            return queryset.filter(ends_at__lte=now)
        if self.value() == "future":
            return queryset.filter(starts_at__gt=now)
        return queryset


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    list_display = ["__str__", "code", "kind", "starts_on", "ends_on", "show_targets"]
    search_fields = ["code", "name_en", "name_zh"]
    list_filter = ["kind"]
    change_form_before_template = "admin/shop/campaign_link.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        return super().get_queryset(request).annotate(targets=Count("campaigntarget"))

    @admin.display(description=_("customers targeted"), ordering="targets")
    def show_targets(self, campaign: Campaign) -> int:
        return campaign.targets  # type: ignore[attr-defined]


@admin.register(Coupon)
class CouponAdmin(ModelAdmin):
    list_display = ["code", "__str__", "kind", "value", "starts_at", "ends_at", "is_active"]
    list_filter = [RunningFilter, "kind", "is_active", "targeted_only"]
    search_fields = ["code", "name_en", "name_zh", "campaign__code"]
    autocomplete_fields = ["variants", "campaign"]
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A coupon that was used stays on record; switch it off instead."""
        used = obj is not None and obj.redemptions.exists()
        return super().has_delete_permission(request, obj) and not used


@admin.register(CouponRedemption)
class CouponRedemptionAdmin(ReadOnlyAdmin):
    list_display = ["redeemed_at", "coupon", "customer", "order", "discount"]
    search_fields = ["coupon__code", "order__number"]
    list_select_related = ["coupon", "customer__user", "order"]
    date_hierarchy = "redeemed_at"


@admin.register(PlannedPromotion)
class PlannedPromotionAdmin(ReadOnlyAdmin):
    list_display = ["week_start", "variant", "mailer_share", "display_share"]
    search_fields = ["variant__product__title_en", "variant__product__title_zh"]
    list_select_related = ["variant__product"]
    date_hierarchy = "week_start"
