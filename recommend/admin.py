"""Where staff plan campaigns and read what they brought, and give search the words people use."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from foundation.admin_base import ReadOnlyAdmin
from recommend import ads, experiments, pages, search_words
from recommend.learning.experiments import Lift
from recommend.models import AdCampaign, AdCreative, CampaignPlan, Experiment, SearchWords
from recommend.search_documents import search_documents

TEXTS = ("names_en", "names_zh", "needs_en", "needs_zh")
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


class SearchWordsForm(forms.ModelForm):
    """Choose from what the catalogue has; one text a line."""

    class Meta:
        model = SearchWords
        fields = ["key", *TEXTS]
        widgets = {name: UnfoldAdminTextareaWidget(attrs={"rows": 6}) for name in TEXTS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            label = self.fields["key"].label
            widget = UnfoldAdminSelectWidget()
            self.fields["key"] = forms.ChoiceField(choices=_choices, widget=widget, label=label)


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Departments, categories and types by the name the reader knows them by."""
    side = 1 if (get_language() or "").startswith("zh") else 0
    taken = set(SearchWords.objects.values_list("key", flat=True))
    parts: dict[str, list[tuple[str, str]]] = {"d": [], "c": [], "t": [], "p": []}
    for key, group in search_documents()[1].items():
        if key not in taken:
            names = group.names[:2] if group.names else (key[2:],)
            parts[key[0]].append((key, names[min(side, len(names) - 1)]))
    titles = {
        "d": gettext("Departments"),
        "c": gettext("Categories"),
        "t": gettext("Types"),
        "p": gettext("Products"),
    }
    return [(titles[kind], sorted(rows, key=lambda row: row[1])) for kind, rows in parts.items()]


@admin.register(SearchWords)
class SearchWordsAdmin(ModelAdmin):
    form = SearchWordsForm
    list_display = ["key", "names_en", "names_zh", "changed_at"]
    search_fields = ["key", *TEXTS]
    fieldsets = [
        (
            None,
            {
                "fields": ["key", *TEXTS],
                "description": _(
                    "One word or sentence a line. Leave all of them empty to begin with what the "
                    "shop ships with; delete the row to go back to it."
                ),
            },
        )
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return ["key"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: SearchWords, form: forms.ModelForm, change: bool
    ) -> None:
        search_words.save(obj)
        self._say(request)

    def delete_model(self, request: HttpRequest, obj: SearchWords) -> None:
        search_words.delete([obj.pk])
        self._say(request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SearchWords]) -> None:
        search_words.delete(list(queryset.values_list("pk", flat=True)))
        self._say(request)

    def _say(self, request: HttpRequest) -> None:
        text = _("Search takes this in once its index is built anew, which is in the queue.")
        self.message_user(request, text, messages.INFO)


class AdCreativeInline(TabularInline):
    model = AdCreative
    fields = ["product", "text_en", "text_zh"]
    autocomplete_fields = ["product"]
    extra = 1


@admin.register(AdCampaign)
class AdCampaignAdmin(ModelAdmin):
    list_display = ["name", "starts_on", "ends_on", "is_active", "spent", "clicked"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    fields = [
        "name",
        ("starts_on", "ends_on"),
        ("budget", "daily_cap"),
        "is_active",
        "spent",
        "clicked",
    ]
    readonly_fields = ["spent", "clicked"]
    inlines = [AdCreativeInline]

    @admin.display(description=_("impressions"), ordering="served")
    def spent(self, campaign: AdCampaign) -> str:
        return f"{campaign.served:,} / {campaign.budget or 0:,}"

    @admin.display(description=_("clicks"))
    def clicked(self, campaign: AdCampaign) -> str:
        count = ads.clicks([campaign]).get(campaign.pk, 0) if campaign.pk else 0
        share = f" ({100 * count / campaign.served:.1f} %)" if campaign.served else ""
        return f"{count:,}{share}"


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    list_display = ["key", "kind", "is_active", "started_at"]
    list_filter = ["is_active", "kind"]
    fields = ["key", "kind", "is_active"]
    change_form_after_template = "admin/recommend/experiment_results.html"
    list_after_template = "admin/recommend/exposure.html"

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return ["key", "kind"] if obj else []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {**(extra_context or {}), "exposure": experiments.exposure_of_new()}
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        running = self.get_object(request, object_id)
        more: dict[str, Any] = dict(extra_context or {})
        if isinstance(running, Experiment):
            more["rows"] = _compared(running)
            more["adaptive"] = running.kind == Experiment.Kind.BANDIT
            more["interleaved"] = running.kind == Experiment.Kind.INTERLEAVING
        return super().change_view(request, object_id, form_url, more)


def _compared(running: Experiment) -> list[dict[str, Any]]:
    """Rows of the table: percentages as text, the interval where there is one."""
    if running.kind == Experiment.Kind.INTERLEAVING:
        found = experiments.preferences(running.key)
        ranker = {"title": _("Learned ranker"), "units": found.learned} | _lifted(found.lift)
        return [{"title": _("Blend"), "units": found.blend}, ranker]
    if running.kind == Experiment.Kind.BANDIT:
        return [
            {
                "title": experiments.TITLES[one.name],
                "rate": f"{100 * one.value:.1f} %",
                "interval": f"{100 * one.low:.1f} – {100 * one.high:.1f} %",
            }
            for one in experiments.values(running.key)
        ]
    rows = []
    for arm in experiments.results(running.key):
        row = {
            "title": experiments.TITLES[arm.name],
            "units": arm.units,
            "rate": f"{100 * arm.rate:.1f} %",
        }
        rows.append(row | _lifted(arm.lift))
    return rows


def _lifted(lift: Lift | None) -> dict[str, Any]:
    if lift is None:
        return {}
    return {
        "lift": f"{100 * lift.difference:+.1f}",
        "interval": f"{100 * lift.low:+.1f} – {100 * lift.high:+.1f}",
        "decided": lift.decided,
    }
