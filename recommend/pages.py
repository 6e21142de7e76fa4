"""Pages of the admin: a campaign's audience planned, sent and compared; what searches miss."""

import csv
from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format, number_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.charts import chart, whole
from foundation.spreadsheets import plain
from recommend import planning
from recommend.models import CampaignPlan
from recommend.selectors.plans import Forecast, Terms, forecast, outcome
from recommend.selectors.searches import searches
from shop.models import Campaign, Customer, User

REASONS = {
    planning.NO_MODEL: gettext_lazy(
        "No redemption model serves yet. Train recommend.coupons under Training; it needs past"
        " campaigns whose coupons some customers redeemed."
    ),
    planning.NO_COUPONS: gettext_lazy("The campaign has no active coupon. Add one first."),
    planning.NOBODY: gettext_lazy("Every customer who may be written to has the campaign already."),
}
REFUSALS = {
    "not_ready": gettext_lazy("The plan is not ready; work it out again."),
    "sent_already": gettext_lazy("This campaign was sent already."),
    "over": gettext_lazy("The campaign is over."),
    "size": gettext_lazy("There are fewer customers in the plan than that."),
}


class PlanForm(forms.Form):
    """What staff choose; the defaults are the plan's own best."""

    size = forms.IntegerField(label=gettext_lazy("Customers"), min_value=1)
    control_percent = forms.IntegerField(
        label=gettext_lazy("Control group, %"), min_value=0, max_value=50, initial=10
    )
    margin_percent = forms.DecimalField(
        label=gettext_lazy("Margin of the goods, %"),
        min_value=0,
        max_value=100,
        decimal_places=1,
        initial=Terms.margin_percent,
    )
    contact_cost = forms.DecimalField(
        label=gettext_lazy("Cost of writing to one, dollars"),
        min_value=0,
        max_value=100,
        decimal_places=3,
        initial=Terms.contact_cost,
    )


def plan(request: HttpRequest, campaign: int) -> HttpResponse:
    """Work out, weigh, send: what the newest plan of a campaign allows next."""
    wanted = _campaign(request, campaign)
    newest = wanted.plans.first()  # type: ignore[attr-defined]
    if request.method == "POST" and "work_out" in request.POST:
        planning.begin(campaign=wanted, by=request.user if isinstance(request.user, User) else None)
        return redirect(request.path)
    context = {
        **admin.site.each_context(request),
        "title": _("Plan: %(campaign)s") % {"campaign": wanted},
        "opts": CampaignPlan._meta,
        "campaign": wanted,
        "plan": newest,
        "reason": REASONS.get(newest.reason, "") if newest else "",
        "outcome": outcome(newest) if newest else None,
    }
    if newest and newest.state == CampaignPlan.State.READY:
        form = PlanForm(request.POST if request.method == "POST" else None)
        terms = _terms(form)
        told = forecast(newest, terms)
        if not form.is_bound:
            form = PlanForm(initial={"size": told.best})
        size = form.cleaned_data["size"] if form.is_bound and form.is_valid() else told.best
        if request.method == "POST" and "send" in request.POST and form.is_valid():
            return _send(request, newest, form, terms)
        context |= {
            "form": form,
            "told": told,
            "chosen": told.reach(min(size, len(told.customers))),
            "everybody": len(told.customers),
            "charts": _drawn(told),
        }
    return TemplateResponse(request, "admin/recommend/plan.html", context)


def _campaign(request: HttpRequest, number: int) -> Campaign:
    if not request.user.has_perm("shop.change_campaign"):
        raise PermissionDenied
    return get_object_or_404(Campaign, pk=number)


def _terms(form: PlanForm) -> Terms:
    """The form's assumptions; the usual ones while it is empty or wrong."""
    if not form.is_bound or not form.is_valid():
        return Terms()
    return Terms(form.cleaned_data["margin_percent"], form.cleaned_data["contact_cost"])


def _send(request: HttpRequest, newest: CampaignPlan, form: PlanForm, terms: Terms) -> HttpResponse:
    try:
        planning.send(
            plan=newest,
            size=form.cleaned_data["size"],
            control_percent=form.cleaned_data["control_percent"],
            terms=terms,
        )
    except planning.PlanRefused as refusal:
        messages.error(request, REFUSALS[refusal.code])
    else:
        messages.success(request, _("The campaign is on its way to the chosen customers."))
    return redirect(request.path)


def _drawn(told: Forecast) -> list[dict]:
    """Expected margin and redemptions by size of the audience."""
    curve = told.curve()
    sizes = [whole(point.size) for point in curve]
    head = _("Customers")
    return [
        chart(
            _("Expected margin by size of the audience"),
            kind="line",
            head=head,
            labels=sizes,
            lines={_("Expected margin, dollars"): [float(point.margin) for point in curve]},
            form=lambda dollars: number_format(dollars, 2, force_grouping=True),
        ),
        chart(
            _("Expected redemptions"),
            kind="line",
            head=head,
            labels=sizes,
            lines={_("Expected redemptions"): [point.redemptions for point in curve]},
            form=lambda people: number_format(people, 1, force_grouping=True),
        ),
    ]


def export(request: HttpRequest, campaign: int) -> HttpResponse:
    """The newest plan's customers as CSV, most worthwhile first, with the group they came in."""
    wanted = _campaign(request, campaign)
    newest = get_object_or_404(CampaignPlan, pk=getattr(wanted.plans.first(), "pk", None))  # type: ignore[attr-defined]
    told = forecast(newest, Terms())
    rows = {row.customer_id: row for row in newest.customers.all()}  # type: ignore[attr-defined]
    people = Customer.objects.select_related("user").in_bulk(told.customers)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = slugify(wanted.code) or str(wanted.pk)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(["customer", "email", "language", "chance", "value", "group"])
    for pk, value in zip(told.customers, told.values, strict=True):
        person, row = people[pk], rows[pk]
        email = plain(person.user.email if person.user else "")
        writer.writerow(
            [pk, email, person.language, f"{row.chance:.4f}", Decimal(f"{value:.2f}"), row.group]
        )
    return response


def search_report(request: HttpRequest) -> HttpResponse:
    """What people search for and do not find, by day and by query."""
    if not request.user.has_perm("shop.view_campaign"):
        raise PermissionDenied
    found = searches()
    days = [date_format(one.day, "MONTH_DAY_FORMAT") for one in found.days]
    context = {
        **admin.site.each_context(request),
        "title": _("What people search for"),
        "opts": CampaignPlan._meta,
        "found": found,
        "charts": [
            chart(
                _("Searches that found nothing, %"),
                kind="line" if len(days) > 1 else "bar",
                head=_("Day"),
                labels=days,
                lines={_("Searches that found nothing, %"): [100 * one.rate for one in found.days]},
                form=lambda share: number_format(share, 1),
            ),
            chart(
                _("Searches"),
                kind="bar",
                head=_("Day"),
                labels=days,
                lines={
                    _("Searches"): [one.searches for one in found.days],
                    _("Found nothing"): [one.empty for one in found.days],
                },
            ),
        ],
        "rates": [(f"{100 * rate:.1f} %") for rate in (found.empty_rate, found.reformulation_rate)],
    }
    return TemplateResponse(request, "admin/recommend/searches.html", context)
