"""Where risk analysts work."""

import json
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import FloatField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from foundation.admin_base import ReadOnlyAdmin
from foundation.encryption import blind_index
from foundation.sayings import told
from risk import audit, linked, pages, services, staff_rules
from risk.expressions import FUNCTIONS, ExpressionError, parse
from risk.models import (
    Alert,
    Assessment,
    AuditEntry,
    Case,
    Chargeback,
    Freeze,
    ListEntry,
    Rule,
    RuleVersion,
)
from risk.rules import brief_text, reason_text, shares
from risk.words import action_text
from shop.models import User


class Watched(ModelAdmin):
    """Whoever looks into one of these is written into the audit log."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        if request.method == "GET" and answer.status_code == 200:
            name, by = self.opts.model_name, cast(User, request.user)
            audit.record(by=by, action=f"view_{name}", subject=f"{name} {object_id}")
        return answer


def percent(share: float | None) -> str:
    return "–" if share is None else f"{number_format(100 * share, 1)} %"


def brief_html(assessment: Assessment) -> SafeString | str:
    """The reasons in one line, without what adds to them: for lists."""
    lines = [brief_text(reason) for reason in assessment.reasons]
    return format_html('<div class="risk-why">{}</div>', "; ".join(lines)) if lines else "–"


def explained_html(assessment: Assessment) -> SafeString | str:
    """The reasons, each with a bar for what every feature adds to it."""
    rows = ((reason_text(reason), _bars(shares(reason))) for reason in assessment.reasons)
    return format_html_join("", "<div>{}{}</div>", rows) or "–"


def _bars(parts: list[tuple[str, int]]) -> SafeString | str:
    if not parts:
        return ""
    label = _("Share of each in this reason")
    bars = format_html_join(
        "", '<li><meter max="100" value="{1}" aria-label="{0}"></meter> {1} % {0}</li>', parts
    )
    return format_html('<ul class="risk-shares" aria-label="{}">{}</ul>', label, bars)


@admin.register(Assessment)
class AssessmentAdmin(Watched):
    list_display = ["at", "decision", "likely", "strange", "order", "customer", "why"]
    list_filter = ["decision", "at"]
    search_fields = ["order__number", "customer__user__email"]
    list_select_related = ["order", "customer__user"]
    show_full_result_count = False

    list_before_template = "admin/risk/overview_link.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(pages.overview)
        return [path("overview/", view, name="risk_overview"), *super().get_urls()]

    @admin.display(description=_("reasons"))
    def why(self, row: Assessment) -> SafeString | str:
        return brief_html(row)

    @admin.display(description=_("probability of fraud"), ordering="probability")
    def likely(self, row: Assessment) -> str:
        return percent(row.probability)

    @admin.display(description=_("score"), ordering="score")
    def strange(self, row: Assessment) -> str:
        return "–" if row.score is None else number_format(row.score, 3)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(Watched):
    list_display = ["id", "kind", "state", "loss", "order", "customer", "why", "opened_at"]
    list_filter = ["state", "kind", "opened_at"]
    search_fields = ["assessment__order__number", "assessment__customer__user__email"]
    list_select_related = ["assessment__order", "assessment__customer__user"]
    fields = [
        "kind",
        "state",
        "goods",
        "history",
        "likely",
        "score",
        "explained",
        "timeline",
        "links",
        "message",
        "contact",
        "proposed_by",
        "note",
    ]
    readonly_fields = [name for name in fields if name != "note"]
    actions = ["clear", "confirm_fraud", "confirm_and_freeze"]
    change_form_after_template = "admin/risk/decide.html"

    class Media:
        js = ["js/risk-case.js"]

    @admin.display(description=_("order"))
    def order(self, case: Case) -> object:
        return case.assessment.order or "–"

    @admin.display(description=_("customer"))
    def customer(self, case: Case) -> object:
        return case.assessment.customer or "–"

    @admin.display(description=_("order"))
    def goods(self, case: Case) -> SafeString | str:
        """The order with its lines, where it goes and what it came to."""
        order = case.assessment.order
        if order is None:
            return "–"
        lines = format_html_join(
            "",
            "<li>{} × {}, {}</li>",
            (
                (line.quantity, line.variant.product, number_format(line.total, 2))
                for line in order.lines.select_related("variant__product")
            ),
        )
        town = ", ".join(filter(None, (order.address.get(n) for n in ("city", "country"))))
        return format_html(
            '<a href="{}">{}</a>, {}<ul class="risk-goods">{}</ul>{}',
            reverse("admin:shop_order_change", args=[order.pk]),
            order.number,
            _("%(total)s dollars") % {"total": number_format(order.total, 2)},
            lines,
            town,
        )

    @admin.display(description=_("customer"))
    def history(self, case: Case) -> SafeString | str:
        """The customer and what it had done before."""
        customer = case.assessment.customer
        if customer is None:
            return str(_("guest"))
        past = linked.past_of(customer, case.assessment.at)
        since = date_format(timezone.localtime(past.first)) if past.first else "–"
        told = [
            _("%(n)s earlier orders since %(since)s, %(spent)s dollars")
            % {"n": past.orders, "since": since, "spent": number_format(past.spent, 2)},
            _("%(n)s refunds, %(amount)s dollars; %(chargebacks)s chargebacks")
            % {
                "n": past.refunds,
                "amount": number_format(past.refunded, 2),
                "chargebacks": past.chargebacks,
            },
        ]
        if past.frozen:
            told.append(str(_("The account is frozen.")))
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("admin:shop_customer_change", args=[customer.pk]),
            customer,
            format_html_join("", "<div>{}</div>", ((text,) for text in told)),
        )

    @admin.display(description=_("probability of fraud"))
    def likely(self, case: Case) -> str:
        return percent(case.assessment.probability)

    @admin.display(description=_("expected loss"), ordering="expected_loss")
    def loss(self, case: Case) -> object:
        return number_format(case.expected_loss, 2)  # type: ignore[attr-defined]

    @admin.display(description=_("score"))
    def score(self, case: Case) -> object:
        score = case.assessment.score
        return "–" if score is None else number_format(score, 3)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """The queue, dearest first: what a fraud would cost, times how likely it is."""
        odds = Coalesce("assessment__probability", Value(0.1), output_field=FloatField())
        total = Cast(Coalesce("assessment__order__total", Value(Decimal(0))), FloatField())
        # The order is by the annotation, which Django's own queryset does not have yet.
        cases = Case.objects.annotate(expected_loss=odds * total)
        return cases.order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> list[str]:
        # The list asks for this and would otherwise fall back on the model's own order.
        return ["-expected_loss", "-opened_at"]

    @admin.display(description=_("reasons"))
    def why(self, case: Case) -> SafeString | str:
        return brief_html(case.assessment)

    @admin.display(description=_("reasons"))
    def explained(self, case: Case) -> SafeString | str:
        return explained_html(case.assessment)

    @admin.display(description=_("timeline"))
    def timeline(self, case: Case) -> SafeString | str:
        rows = (
            (date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"), text)
            for at, text in linked.timeline(case)
        )
        return format_html_join("", "<div><time>{}</time> {}</div>", rows)

    @admin.display(description=_("linked accounts"))
    def links(self, case: Case) -> SafeString | str:
        return linked.graph(case.assessment)

    @admin.action(description=_("Clear: release the order"), permissions=["change"])
    def clear(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        for case in queryset:
            services.decide_case(case=case, fraud=False, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The cases were cleared."))

    @admin.action(description=_("Confirm fraud: cancel and pay back"), permissions=["change"])
    def confirm_fraud(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        self._confirm(request, queryset)

    @admin.action(description=_("Confirm fraud and freeze the customer"), permissions=["change"])
    def confirm_and_freeze(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        self._confirm(request, queryset, freeze=True)

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet[Case], *, freeze: bool = False
    ) -> None:
        waiting = False
        for case in queryset.select_related("assessment__customer"):
            customer = case.assessment.customer
            by: Any = request.user
            decided = services.decide_case(case=case, fraud=True, by=by)
            waiting |= decided.state == Case.State.OPEN
            if freeze and customer is not None:
                services.freeze(customer=customer, reason=str(_("Confirmed fraud")), by=by)
        if waiting:
            text = _("So much money is paid back only when a second person confirms the fraud.")
            messages.warning(request, text)
        else:
            messages.success(request, _("The cases were confirmed."))

    def response_change(self, request: HttpRequest, obj: Case) -> HttpResponse:
        """After a decision comes the next open case, the dearest one."""
        chosen = request.POST.get("_decide", "")
        if chosen not in self.actions:
            return super().response_change(request, obj)
        getattr(self, chosen)(request, Case.objects.filter(pk=obj.pk))
        following = self.get_queryset(request).filter(state=Case.State.OPEN).exclude(pk=obj.pk)
        case = following.first()
        if case is None:
            return redirect("admin:risk_case_changelist")
        return redirect("admin:risk_case_change", case.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Freeze)
class FreezeAdmin(Watched):
    list_display = ["customer", "reason", "is_active", "frozen_at", "frozen_by", "lifted_at"]
    list_filter = ["is_active"]
    search_fields = ["customer__user__email", "customer__name"]
    raw_id_fields = ["customer"]
    fields = ["customer", "reason"]
    actions = ["lift"]

    def save_model(self, request: HttpRequest, obj: Freeze, form: object, change: bool) -> None:
        if not change:
            obj.frozen_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        subject = f"customer {obj.customer_id}"
        audit.record(by=request.user, action="freeze", subject=subject, reason=obj.reason)  # type: ignore[arg-type]

    @admin.action(description=_("Lift the freeze"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Freeze]) -> None:
        for row in queryset:
            services.lift(freeze=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The freezes were lifted."))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RuleForm(forms.ModelForm):
    class Meta:
        model = Rule
        fields = ["name", "expression", "decision", "mode"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["expression"]
        field.widget.attrs |= {
            "data-words": json.dumps(staff_rules.words()),
            "data-label": _("Facts and functions"),
            "data-found": _("%s suggestions; choose with the arrow keys and Enter"),
        }
        field.help_text = format_html(
            '{} <code>{}</code><details class="risk-facts"><summary>{}</summary>{}</details>',
            _("For example:"),
            "total > 300 and visitor_known == 0",
            _("Facts and functions"),
            ", ".join((*staff_rules.NAMES, *FUNCTIONS)),
        )

    def clean_expression(self) -> str:
        text = self.cleaned_data["expression"]
        try:
            parse(text, staff_rules.NAMES)
        except ExpressionError as error:
            raise ValidationError(str(error)) from error
        return text


class RuleVersionInline(TabularInline):
    model = RuleVersion
    fields = readonly_fields = ["version", "expression", "decision", "mode", "at", "by"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm

    class Media:
        js = [Script("js/risk-rule.js", defer=True)]

    list_display = ["name", "expression", "decision", "mode", "version"]
    list_filter = ["mode", "decision"]
    inlines = [RuleVersionInline]

    def save_model(self, request: HttpRequest, obj: Rule, form: object, change: bool) -> None:
        staff_rules.save_rule(obj, by=request.user)  # type: ignore[arg-type]
        tried = staff_rules.dry_run(obj.expression)
        messages.info(
            request,
            _(
                "In the last %(days)s days it would have stopped %(stopped)s of %(orders)s orders: "
                "%(bad)s of them were fraud, %(good)s were cleared."
            )
            % {
                "days": staff_rules.HISTORY_DAYS,
                "stopped": tried.stopped,
                "orders": tried.orders,
                "bad": tried.bad,
                "good": tried.good,
            },
        )


@admin.register(ListEntry)
class ListEntryAdmin(ModelAdmin):
    list_display = ["effect", "field", "value", "reason", "expires_at", "created_by"]
    list_filter = ["effect", "field"]
    search_fields = ["value", "reason"]
    fields = ["effect", "field", "value", "reason", "expires_at"]

    def save_model(self, request: HttpRequest, obj: ListEntry, form: object, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        # The log can never be changed: it must not name somebody who may want to be erased.
        subject = f"{obj.field} {blind_index('audit', obj.value)[:12]}"
        audit.record(by=request.user, action=f"list_{obj.effect}", subject=subject)  # type: ignore[arg-type]


@admin.register(Chargeback)
class ChargebackAdmin(Watched, ReadOnlyAdmin):
    list_display = ["reference", "order", "amount", "fraud", "reason", "received_at"]
    list_filter = ["fraud", "received_at"]
    search_fields = ["reference", "order__number"]
    list_select_related = ["order"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "at", "actor", "done", "subject"]
    list_filter = ["action", "at"]
    search_fields = ["actor", "subject"]

    @admin.display(description=_("what"), ordering="action")
    def done(self, row: AuditEntry) -> str:
        return action_text(row.action)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):
        broken = audit.first_broken()
        if broken is not None:
            messages.error(
                request, _("The log was altered at entry %(number)s.") % {"number": broken}
            )
        return super().changelist_view(request, extra_context)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "subject", "told", "times"]
    list_filter = ["kind", "at"]
    search_fields = ["subject", "text"]

    @admin.display(description=_("text"), ordering="text")
    def told(self, row: Alert) -> str:
        return told(row.text, row.parts)
