"""The page of the administration about the stock as a whole."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.charts import chart, day_label, whole
from inventory import selectors
from inventory.admin.base import may
from inventory.admin.planning import order_lines
from inventory.models import PurchaseOrder, StockDifference, StockLevel, Transfer
from inventory.reasons import reason_text
from inventory.selectors import overview as figures
from inventory.selectors.overview import Product
from inventory.services.levels import expected_demand
from inventory.services.training import CAPABILITY
from shop.templatetags.shop import money

SHOWN = 25
URGENT = 10
Lines = dict[str, tuple[str, Callable[[Product], bool], Callable[[Product], Any]]]


def page(request: HttpRequest) -> HttpResponse:
    """Figures, alerts with what to do, classes and the products behind each of them.

    ``?list=`` chooses the products: ``out``, ``soon``, ``over``, ``lies`` or two letters of the
    matrix. A POST writes purchase orders for the reorder lines that were chosen.
    """
    if not may(request, "view_stocklevel"):
        raise PermissionDenied
    if request.method == "POST":
        return _order(request)
    found = figures.products()
    chosen = request.GET.get("list", "")
    context = {
        **admin.site.each_context(request),
        "title": _("Stock in figures"),
        "opts": StockLevel._meta,
        "sections": {"stock": _section(found)},
        "alerts": _alerts(request, found),
        "urgent": _urgent() if may(request, "view_replenishmentline") else [],
        "may_order": may(request, "add_purchaseorder"),
        "expected": expected_demand() if may(request, "view_forecast") else None,
        "matrix": _matrix(found, chosen),
        "products": _chosen(found, chosen),
    }
    return TemplateResponse(request, "admin/inventory/overview.html", context)


def _order(request: HttpRequest) -> HttpResponse:
    if not may(request, "add_purchaseorder"):
        raise PermissionDenied
    wanted = [int(pk) for pk in request.POST.getlist("line") if pk.isascii() and pk.isdigit()][:500]
    lines = list(selectors.reorder_list().filter(pk__in=wanted))
    drafts = order_lines(request, lines)
    if len(drafts) == 1:
        name = "purchaseorder" if isinstance(drafts[0], PurchaseOrder) else "transfer"
        return redirect(f"admin:inventory_{name}_change", drafts[0].pk)
    if any(isinstance(one, PurchaseOrder) for one in drafts):
        return redirect(reverse("admin:inventory_purchaseorder_changelist") + "?state__exact=draft")
    if drafts:
        return redirect(reverse("admin:inventory_transfer_changelist") + "?state__exact=draft")
    return redirect("admin:inventory_overview")


def _section(found: list[Product]) -> dict[str, Any]:
    here = reverse("admin:inventory_overview")
    out = sum(one.is_out for one in found)
    soon = sum(one.runs_out for one in found)
    over = sum((one.over * one.price for one in found), Decimal(0))
    selling = [one for one in found if one.daily > 0]
    a_day = sum(one.daily * float(one.price) for one in selling)
    held = sum(max(one.free, 0) * float(one.price) for one in selling)
    return {
        "title": _("Stock"),
        "figures": [
            {
                "label": _("Stock value at shelf prices"),
                "value": _dollars(sum((one.value for one in found), Decimal(0))),
            },
            {
                "label": _("Days of cover"),
                "value": number_format(held / a_day, 1) if a_day else "–",
                "note": _("of what sells, by value"),
            },
            {
                "label": _("Out of stock everywhere"),
                "value": out,
                "url": f"{here}?list=out#products",
                "action": _("See the products"),
                "waits": True,
            },
            {
                "label": _("Expected to run out in a week"),
                "value": soon,
                "url": f"{here}?list=soon#products",
                "action": _("See the products"),
                "waits": True,
            },
            {
                "label": _("Stock beyond eight weeks' demand"),
                "value": _dollars(over),
                "url": f"{here}?list=over#products",
                "action": _("See the products"),
            },
            {
                "label": _("On hand without a sale in eight weeks"),
                "value": _dollars(sum((one.value for one in found if one.lies), Decimal(0))),
                "url": f"{here}?list=lies#products",
                "action": _("See the products"),
            },
        ],
        "charts": [_cover(found), *_accuracy()],
        "linked": [],
    }


def _cover(found: list[Product]) -> dict[str, Any]:
    edges = figures.COVER_EDGES
    return chart(
        _("Products that sell, by days of cover"),
        kind="bar",
        head=_("Days of cover"),
        labels=[
            _("none left"),
            f"< {edges[0]}",
            *(f"{low}–{high}" for low, high in pairwise(edges)),
            f"> {edges[-1]}",
        ],
        lines={_("Products"): figures.cover(found)},
    )


def _accuracy() -> Iterable[dict[str, Any]]:
    """Forecasts against what was sold, by segment, and each model on the weeks kept from it."""
    errors = figures.recent_sales().errors
    names = [_("All"), _("Sold daily"), _("Sold weekly"), _("Sold rarely")]
    yield chart(
        _("Error of a week's forecasts (WAPE), by how often a product sells"),
        kind="line" if len(errors) > 1 else "bar",
        head=_("Made on"),
        labels=[day_label(day) for day, _errors in errors],
        # The drawing has three lines; everything together is the table's last column.
        lines={names[place]: [row[place] for _day, row in errors] for place in (1, 2, 3, 0)},
        form=_share,
    )
    tried = figures.held_out(CAPABILITY)
    yield chart(
        _("Error of 28 days' units on weeks kept apart (WAPE), by model"),
        kind="line" if len(tried) > 1 else "bar",
        head=_("Trained on"),
        labels=[day_label(day) for day, _model, _mean in tried],
        lines={
            _("Model"): [model for _day, model, _mean in tried],
            _("28-day mean"): [mean for _day, _model, mean in tried],
        },
        form=_share,
        dashed=_("28-day mean"),
    )


def _alerts(request: HttpRequest, found: list[Product]) -> list[dict[str, Any]]:
    """What needs a person today: a number, its sentence and where it is settled; none is left out
    that is above 0 and that the role may see."""
    today = timezone.localdate()
    states = PurchaseOrder.State
    orders = PurchaseOrder.objects.aggregate(
        drafts=Count("pk", filter=Q(state=states.DRAFT)),
        late=Count("pk", filter=Q(state=states.SENT, expected_on__lt=today)),
    )
    moved = Transfer.objects.aggregate(
        drafts=Count("pk", filter=Q(state=Transfer.State.DRAFT)),
        way=Count("pk", filter=Q(state=Transfer.State.DISPATCHED)),
    )
    lists = {
        name: reverse(f"admin:inventory_{name}_changelist")
        for name in (
            "purchaseorder",
            "transfer",
            "stockdifference",
            "replenishmentline",
            "forecast",
        )
    }
    made = selectors.latest_forecasts().values_list("made_on", flat=True).first()
    best = sum(one.is_out and one.kind.startswith("A") for one in found)
    here = reverse("admin:inventory_overview")
    rows = [
        (best, _("Best sellers (A) that are out of stock"), f"{here}?list=out#products",
         _("See the products"), "view_stocklevel"),
        (selectors.reorder_list().count(), _("Stock levels at or under their reorder point"),
         lists["replenishmentline"] + "?state__exact=open", _("Turn into purchase orders"),
         "view_replenishmentline"),
        (orders["drafts"], _("Purchase orders that wait for approval"),
         lists["purchaseorder"] + "?state__exact=draft", _("Approve and send"),
         "view_purchaseorder"),
        (orders["late"], _("Deliveries that are late"),
         f"{lists['purchaseorder']}?state__exact=sent", _("Ask the supplier"),
         "view_purchaseorder"),
        (moved["drafts"], _("Transfers that wait to be dispatched"),
         lists["transfer"] + "?state__exact=draft", _("Dispatch"), "view_transfer"),
        (moved["way"], _("Transfers on their way"),
         lists["transfer"] + "?state__exact=dispatched", _("Say what arrived"), "view_transfer"),
        (selectors.expiring_lots().count(), _("Lots that expire within three days"),
         reverse("admin:inventory_lot_changelist") + "?expires=soon", _("Sell them cheaper"),
         "view_lot"),
        (StockDifference.objects.filter(resolved_at=None).count(), _("Stock differences"),
         lists["stockdifference"] + "?resolved_at__isempty=1", _("Count and settle"),
         "view_stockdifference"),
        (int(_is_old(made, today)), _("Forecasts older than yesterday"), lists["forecast"],
         _("Look whether the worker runs"), "view_forecast"),
    ]  # fmt: skip
    return [
        {"count": count, "text": text, "url": url, "action": action}
        for count, text, url, action, permission in rows
        if count and may(request, permission)
    ]


def _is_old(made: date | None, today: date) -> bool:
    return made is not None and made < today - timedelta(days=1)


def _urgent() -> list[dict[str, Any]]:
    return [{"line": line, "why": reason_text(line)} for line in selectors.reorder_list()[:URGENT]]


def _matrix(found: list[Product], chosen: str) -> list[dict[str, Any]]:
    """Rows of the nine classes, each cell with its products, share of sales and stock value."""
    cells = figures.matrix(found)
    return [
        {
            "letter": a,
            "cells": [
                {
                    "kind": a + b,
                    "count": whole(cells[a + b][0]),
                    "share": _share(cells[a + b][1]),
                    "value": money(cells[a + b][2]),
                    "chosen": chosen == a + b,
                    "empty": not cells[a + b][0],
                }
                for b in "XYZ"
            ],
        }
        for a in "ABC"
    ]


def _chosen(found: list[Product], chosen: str) -> dict[str, Any]:
    """The products of a list, those that matter most first; what runs out when none is asked."""
    lists: Lines = {
        "out": (_("Out of stock everywhere"), lambda one: one.is_out, lambda one: -one.sold),
        "soon": (
            _("Expected to run out in a week"),
            lambda one: one.runs_out,
            lambda one: -one.sold,
        ),
        "over": (
            _("More than eight weeks' demand"),
            lambda one: one.over > 0,
            lambda one: -one.over * one.price,
        ),
        "lies": (
            _("On hand without a sale in eight weeks"),
            lambda one: one.lies,
            lambda one: -one.value,
        ),
    }
    if len(chosen) == 2 and chosen[0] in "ABC" and chosen[1] in "XYZ":
        title = _("Class %(kind)s") % {"kind": chosen}
        lists[chosen] = (title, lambda one: one.kind == chosen, lambda one: -one.sold)
    title, fits, rank = lists.get(chosen, lists["soon"])
    rows = sorted(filter(fits, found), key=rank)
    return {
        "title": title,
        "count": len(rows),
        "rows": [
            {
                "product": one,
                "daily": number_format(one.daily, 2),
                "days": "–" if one.days is None else number_format(one.days, 1),
            }
            for one in rows[:SHOWN]
        ],
    }


def _dollars(value: Decimal) -> str:
    """Without cents, as a tile is narrow."""
    return f"${whole(float(value))}"


def _share(value: float) -> str:
    return f"{number_format(100 * value, 1)} %"
