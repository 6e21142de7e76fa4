"""What if: a promotion, a price, a lead time or a service level is changed, on paper only."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from foundation.charts import chart, day_label, whole
from inventory.admin.base import may
from inventory.learning.elasticity import PUBLISHED
from inventory.learning.replenishment import SERVICE_LEVEL
from inventory.learning.weekly import LEVELS
from inventory.learning.whatif import Outlook, changed, outlook
from inventory.models import StockLevel
from inventory.selectors import whatif
from inventory.services.elasticity import elasticities
from inventory.services.suppliers import suppliers_of
from shop.models import Category
from shop.templatetags.shop import money

SHOWN = 25
EVERYWHERE = 100


class WhatIfForm(forms.Form):
    """What is looked at, and what is changed; what is left empty stays as it is planned."""

    products = forms.CharField(
        label=gettext_lazy("SKU or words of the title"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"),
        queryset=Category.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    mailer = forms.IntegerField(
        label=gettext_lazy("Stores with a mailer, per cent"),
        min_value=0,
        max_value=EVERYWHERE,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    display = forms.IntegerField(
        label=gettext_lazy("Stores with a display, per cent"),
        min_value=0,
        max_value=EVERYWHERE,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    weeks = forms.IntegerField(
        label=gettext_lazy("Weeks of the promotion"),
        min_value=1,
        max_value=4,
        initial=1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    price = forms.DecimalField(
        label=gettext_lazy("Change of the price, per cent"),
        min_value=-50,
        max_value=50,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    lead_time = forms.IntegerField(
        label=gettext_lazy("Lead time in days"),
        min_value=1,
        max_value=27,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    service_level = forms.TypedChoiceField(
        label=gettext_lazy("Service level"),
        choices=[("", "–"), *((str(level), f"{100 * level:.0f} %") for level in LEVELS[1:])],
        coerce=float,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.order_by("slug")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors and not told.get("products") and not told.get("category"):
            self.add_error("products", _("Name products or choose a category."))
        return told


def page(request: HttpRequest) -> HttpResponse:
    """The form, and the old plan beside the new one. Nothing is written."""
    if not may(request, "view_forecast"):
        raise PermissionDenied
    form = WhatIfForm(request.GET or None)
    context = {
        **admin.site.each_context(request),
        "title": _("What if"),
        "opts": StockLevel._meta,
        "form": form,
        **(_compared(form.cleaned_data) if form.is_valid() else {}),
    }
    return TemplateResponse(request, "admin/inventory/whatif.html", context)


def _compared(told: dict[str, Any]) -> dict[str, Any]:
    category = told["category"].pk if told["category"] else None
    rows = whatif.products_like(told["products"], category)
    suppliers = suppliers_of(rows.values_list("variant_id", flat=True))
    days = {pk: supplier.lead_time_days for pk, supplier in suppliers.items()}
    base = whatif.base(rows, days, SERVICE_LEVEL)
    if base is None:
        return {"nothing": True}
    mailer, display = (
        None if told[name] is None else told[name] / 100 for name in ("mailer", "display")
    )
    lift = whatif.promotion_lift(base, mailer, display, told["weeks"] or 1)
    level = told["service_level"] or SERVICE_LEVEL
    now = base.situation
    decided = replace(now, service_level=level, spreads=whatif.spreads(base.forecasts, level))
    price = float(1 + (told["price"] or 0) / 100)
    follows = whatif.price_response(base, elasticities())
    new = changed(decided, lift, price, follows.means)
    ends = [changed(decided, lift, price, end).means.sum() for end in (follows.lows, follows.highs)]
    if told["lead_time"]:
        new = replace(new, lead_times=now.lead_times * 0 + told["lead_time"])
    before, after = outlook(now), outlook(new)
    labels = [day_label(base.first_day + day * whatif.DAY) for day in range(len(before.daily))]
    return {
        "count": len(base.forecasts),
        "on_hand": whole(base.on_hand),
        "elasticity": {
            "mean": number_format(follows.mean, 2),
            "low": number_format(follows.low, 2),
            "high": number_format(follows.high, 2),
            "changes": follows.changes,
            "published": number_format(PUBLISHED, 2),
            "learnt": follows.learnt,
            "demand": [number_format(float(units), 1) for units in sorted(ends)]
            if price != 1
            else [],
        },
        "figures": _figures(before, after),
        "chart": chart(
            _("Expected units a day"),
            kind="line",
            head=_("Day"),
            labels=labels,
            lines={
                _("New plan"): [round(float(units), 2) for units in after.daily],
                _("Old plan"): [round(float(units), 2) for units in before.daily],
            },
            form=lambda value: number_format(value, 1),
            dashed=_("Old plan"),
        ),
        "rows": [
            {
                "title": str(variant),
                "units": [number_format(float(side.means[row].sum()), 1) for side in (now, new)],
                "points": [int(side.levels.reorder_point[row]) for side in (before, after)],
                "targets": [int(side.levels.order_up_to[row]) for side in (before, after)],
            }
            for row, variant in enumerate(base.variants[:SHOWN])
        ],
    }


def _figures(before: Outlook, after: Outlook) -> list[tuple[str, str, str, str]]:
    """Name, old, new and the difference."""
    both = (before, after)
    kinds = [
        (_("Demand in 28 days, units"), [float(side.daily.sum()) for side in both], _tenth),
        (_("Sales in 28 days"), [side.sales for side in both], money),
        (_("Lost sales, units"), [side.lost for side in both], _tenth),
        (_("Demand that is met, per cent"), [100 * side.fill_rate for side in both], _tenth),
        (
            _("Safety stock, units"),
            [float(side.levels.safety_stock.sum()) for side in both],
            whole,
        ),
        (
            _("Reorder points, units"),
            [float(side.levels.reorder_point.sum()) for side in both],
            whole,
        ),
        (_("Average stock, units"), [side.stock for side in both], _tenth),
        (_("Order lines in 28 days"), [side.orders for side in both], _tenth),
        (_("Cost of holding, ordering and lost sales"), [side.cost for side in both], money),
    ]
    return [
        (name, form(old), form(new), f"{'+' if new >= old else '−'}{form(abs(new - old))}")
        for name, (old, new), form in kinds
    ]


def _tenth(value: float) -> str:
    return number_format(value, 1, force_grouping=True)
