"""Where staff see trained models, activate one or roll back, and watch training runs."""

import json
from datetime import datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from foundation import graph, outbox, pages, registry
from foundation.admin_base import ReadOnlyAdmin
from foundation.models import (
    Alert,
    Measurement,
    ModelVersion,
    Node,
    OutboxMessage,
    TrainingRun,
)
from foundation.selectors import metrics_text


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = [
        "__str__",
        "state",
        "figures",
        "decided",
        "data_from",
        "data_to",
        "created_at",
        "links",
    ]
    list_filter = ["status", "capability"]
    search_fields = ["capability", "sha256", "code_revision"]
    actions = ["activate"]
    fields = [
        "capability",
        "version",
        "status",
        "figures",
        "decided",
        "parameters_text",
        "data_from",
        "data_to",
        "artefact",
        "digest",
        "code_revision",
        "created_at",
        "activated_at",
    ]

    @display(
        description=_("status"),
        ordering="status",
        label={
            ModelVersion.Status.ACTIVE.value: "success",
            ModelVersion.Status.CANDIDATE.value: "info",
            ModelVersion.Status.RETIRED.value: "warning",
        },
    )
    def state(self, version: ModelVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    @admin.display(description=_("figures on held-out data"))
    def figures(self, version: ModelVersion) -> str:
        return metrics_text(version) or "–"

    @admin.display(description=_("decision"))
    def decided(self, version: ModelVersion) -> str:
        return version.decided

    @admin.display(description=_("parameters"))
    def parameters_text(self, version: ModelVersion) -> SafeString:
        text = json.dumps(version.parameters, indent=2, ensure_ascii=False)
        return format_html('<pre class="wrap-long">{}</pre>', text)

    @admin.display(description="SHA-256")
    def digest(self, version: ModelVersion) -> SafeString:
        # In one word it would be wider than a phone.
        return format_html('<span class="wrap-long">{}</span>', version.sha256)

    @admin.display(description="")
    def links(self, version: ModelVersion) -> SafeString:
        card = reverse("admin:foundation_card", args=[version.pk])
        link = format_html(
            '<a class="underline whitespace-nowrap" href="{}">{}</a>', card, _("Model card")
        )
        if version.status != ModelVersion.Status.ACTIVE:
            return link
        back = reverse("admin:foundation_roll_back", args=[version.capability])
        return format_html(
            '{} · <a class="underline whitespace-nowrap" href="{}">{}</a>',
            link,
            back,
            _("Roll back"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/card/", view(pages.card), name="foundation_card"),
            path("watch/", view(pages.watch), name="foundation_watch"),
            path("roll-back/<str:capability>/", view(pages.roll_back), name="foundation_roll_back"),
            *super().get_urls(),
        ]

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("foundation.change_modelversion")

    @admin.action(
        description=_("Activate (or roll back to) this version"), permissions=["activate"]
    )
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Make the chosen versions serve; at most one of each capability can be chosen."""
        chosen = list(queryset)
        if len({version.capability for version in chosen}) < len(chosen):
            text = _("Choose one version of each model: only one of them can be active.")
            self.message_user(request, text, messages.ERROR)
            return
        for version in chosen:
            try:
                registry.activate(version)
            except registry.ArtefactDamaged:
                text = _(
                    "%(model)s was not activated: its file is missing or was altered. Train it "
                    "again or choose another version; the model that is active stays so."
                )
                self.message_user(request, text % {"model": version}, messages.ERROR)
                continue
            self.log_change(request, version, "Activated.")
            text = _("%(model)s is active. Every process uses it within a few seconds.")
            self.message_user(request, text % {"model": version}, messages.SUCCESS)


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = ["capability", "outcome", "progress", "told", "started_at", "finished_at"]
    list_filter = ["state", "capability"]
    search_fields = ["capability", "message"]
    list_select_related = ["model"]
    date_hierarchy = "started_at"
    fields = [
        "capability",
        "state",
        "progress",
        "told",
        "technical",
        "started_at",
        "finished_at",
        "model",
        "lines",
    ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("training/", view(pages.training), name="foundation_training"),
            path("training/start/", view(pages.start), name="foundation_training_start"),
            path(
                "training/<int:pk>/cancel/", view(pages.cancel), name="foundation_training_cancel"
            ),
            *super().get_urls(),
        ]

    @display(
        description=_("state"),
        ordering="state",
        label={
            TrainingRun.State.RUNNING.value: "info",
            TrainingRun.State.DONE.value: "success",
            TrainingRun.State.FAILED.value: "danger",
            TrainingRun.State.CANCELLED.value: "warning",
        },
    )
    def outcome(self, run: TrainingRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @admin.display(description=_("message"))
    def told(self, run: TrainingRun) -> str:
        return run.told

    @admin.display(description=_("technical message"))
    def technical(self, run: TrainingRun) -> SafeString | str:
        if not run.technical:
            return "–"
        return format_html(
            '<details><summary class="cursor-pointer">{}</summary><code>{}</code></details>',
            _("Show it"),
            run.technical,
        )

    @admin.display(description=_("log"))
    def lines(self, run: TrainingRun) -> SafeString:
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', run.told_log)

    @admin.display(description=_("progress"))
    def progress(self, run: TrainingRun) -> SafeString | str:
        if not run.total:
            return "–"
        percent = min(100, 100 * run.done // run.total)
        return format_html('<progress max="100" value="{}"></progress> {} %', percent, percent)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["kind", "capability", "subject", "value", "limit", "raised_at", "closed_at"]
    list_filter = ["kind", "capability", ("closed_at", admin.EmptyFieldListFilter)]


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = ["capability", "name", "day", "value"]
    list_filter = ["capability", "name"]
    date_hierarchy = "day"


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """What a message says is not shown: it is for whom it goes to."""

    list_display = ["__str__", "shown_state", "attempts", "error", "created_at", "next", "sent_at"]
    list_filter = ["state", "kind"]
    search_fields = ["key"]
    date_hierarchy = "created_at"
    actions = ["send_again"]
    fields = ["key", "kind", "state", "attempts", "error", "created_at", "next", "sent_at"]

    @display(
        description=_("state"),
        ordering="state",
        label={
            OutboxMessage.State.WAITING.value: "info",
            OutboxMessage.State.SENT.value: "success",
            OutboxMessage.State.DROPPED.value: "warning",
            OutboxMessage.State.DEAD.value: "danger",
        },
    )
    def shown_state(self, message: OutboxMessage) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @admin.display(description=_("next attempt"), ordering="next_at")
    def next(self, message: OutboxMessage) -> datetime | None:
        return message.next_at if message.state == OutboxMessage.State.WAITING else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        """Without what is sealed: the list is there to see when a key is missing."""
        return super().get_queryset(request).defer("args")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("foundation.change_outboxmessage")

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Only what was given up; the worker takes it up within seconds."""
        count = 0
        for message in queryset.filter(state=OutboxMessage.State.DEAD):
            if outbox.send_again(message):
                self.log_change(request, message, "Sent again.")
                count += 1
        text = _("%(count)d messages are sent again.") % {"count": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ["named", "kind_named", "graph_key", "drawn"]
    list_filter = ["kind"]
    search_fields = ["key", "name_en", "name_zh"]

    @admin.display(description=_("name"))
    def named(self, node: Node) -> str:
        return graph.name_of(node)

    @admin.display(description=_("kind"), ordering="kind")
    def kind_named(self, node: Node) -> str:
        return graph.kind_of(node)

    @admin.display(description=_("known by"), ordering="key")
    def graph_key(self, node: Node) -> str:
        return node.key

    @admin.display(description=_("neighbourhood"))
    def drawn(self, node: Node) -> SafeString:
        url = reverse("admin:foundation_graph", args=[node.pk])
        return format_html('<a href="{}">{}</a>', url, _("Draw"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/graph/", view(pages.neighbourhood), name="foundation_graph"),
            *super().get_urls(),
        ]
