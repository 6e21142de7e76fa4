"""Where staff plan campaigns and read what they brought."""

from django.contrib import admin
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from recommend import pages
from recommend.models import CampaignPlan
from shop.admin.base import ReadOnlyAdmin

COLOURS = {"waiting": "info", "ready": "warning", "failed": "danger", "sent": "success"}


@admin.register(CampaignPlan)
class CampaignPlanAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "shown_state", "sent_at", "expected_redemptions", "expected_margin"]
    list_filter = ["state"]
    search_fields = ["campaign__code", "campaign__name_en", "campaign__name_zh"]
    list_select_related = ["campaign"]
    fields = [
        "campaign",
        "state",
        "made_by",
        "made_at",
        "sent_at",
        "model",
        "control_percent",
        "expected_redemptions",
        "expected_margin",
    ]
    list_before_template = "admin/recommend/searches_link.html"
    change_form_before_template = "admin/recommend/plan_link.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("searches/", view(pages.search_report), name="recommend_searches"),
            path("campaign/<int:campaign>/", view(pages.plan), name="recommend_plan"),
            path(
                "campaign/<int:campaign>/customers.csv",
                view(pages.export),
                name="recommend_plan_export",
            ),
        ]
        return own + super().get_urls()

    @display(description=_("state"), label=COLOURS)
    def shown_state(self, plan: CampaignPlan) -> tuple[str, str]:
        return plan.state, plan.get_state_display()
