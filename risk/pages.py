"""Pages of the admin about risk as a whole."""

import json
from collections.abc import Callable, Sequence

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.cards import group_name
from risk import overview as figures
from risk.costs import DAYS
from risk.models import Assessment
from risk.words import cost_text

Row = Sequence[object]
COLOURS = ("#2563eb", "#d97706", "#059669")


def overview(request: HttpRequest) -> HttpResponse:
    """Scores, alerts, precision, money, load, speed, drift and fairness, with their tables."""
    if not request.user.has_perm("risk.view_assessment"):
        raise PermissionDenied
    rows = figures.screened()
    weeks = {week: figures.figures(found) for week, found in figures.by_week(rows).items()}

    def weekly(title: str, form: Callable[[float], str], **lines: str) -> dict:
        table = [[week, *(told[name] for name in lines)] for week, told in weeks.items()]
        return _chart(title, "line", [_("Week of"), *lines.values()], table, form)

    charts = [
        _chart(
            _("Orders by probability of fraud"), "bar", [_("Probability"), _("Orders")],
            [list(step) for step in figures.distribution(rows)], _whole,
        ),
        weekly(_("Orders that were not simply allowed"), _share, alert_rate=_("Share")),
        weekly(_("Precision: stopped orders that were fraud"), _share, precision=_("Share")),
        weekly(
            _("Money in frauds, dollars"), _whole, saved=_("Stopped"), lost=_("Let through")
        ),
        weekly(
            _("Screening time, ms"), _tenth, p50=_("Half are faster"), p99=_("99 in 100 are faster")
        ),
        _chart(
            _("Cases"), "bar", [_("Day"), _("Opened"), _("Decided")],
            [list(day) for day in figures.queue_by_day()], _whole,
        ),
        _chart(
            _("Drift of scores (0.25 is much)"), "line", [_("Day"), _("Probability")],
            figures.drift_by_day(), _hundredth,
        ),
        _chart(
            _("Honest orders that were stopped, by group"), "bar",
            [_("Group"), _("Share"), _("Orders")],
            [
                [group_name(f"{kind}: {name}") if kind else _("Everybody"), share, n]
                for kind, name, n, share in figures.fairness(rows)
            ],
            _share, drawn=1,
        ),
    ]  # fmt: skip
    context = {
        **admin.site.each_context(request),
        "title": _("Risk in figures"),
        "opts": Assessment._meta,
        "charts": charts,
        "orders": len(rows),
        "weeks": figures.WEEKS,
        "costs": [
            (cost_text(name), _hundredth(value), _hundredth(assumed), n)
            for name, value, assumed, n in figures.current_costs()
        ],
        "cost_days": DAYS,
        "trials": figures.trials(rows),
    }
    return TemplateResponse(request, "admin/risk/overview.html", context)


def _chart(
    title: str,
    kind: str,
    head: Sequence[str],
    rows: Sequence[Row],
    form: Callable[[float], str],
    *,
    drawn: int = 9,
) -> dict:
    """A chart as Chart.js takes it, and the same as a table. ``drawn`` columns are drawn."""
    # One point is no line.
    kind = kind if len(rows) > 1 else "bar"
    sets = [
        {"label": name, "data": [row[place] for row in rows], "borderColor": colour,
         "backgroundColor": colour, "displayYAxis": True, "maxTicksXLimit": 9,
         "maxBarThickness": 24, "stack": str(name)}
        for place, (name, colour) in enumerate(zip(head[1:], COLOURS, strict=False), 1)
        if place <= drawn
    ]  # fmt: skip
    data = {"labels": [row[0] for row in rows], "datasets": sets}
    table = [
        [row[0], *(_cell(value, form if place < drawn else _whole) for place, value in
                   enumerate(row[1:]))]
        for row in rows
    ]  # fmt: skip
    known = any(value is not None for row in rows for value in row[1:])
    return {
        "title": title,
        "kind": kind,
        "head": head,
        "rows": table if known else [],
        "data": json.dumps(data),
    }


def _cell(value: object, form: Callable[[float], str]) -> str:
    return form(float(value)) if isinstance(value, int | float) else "–"


def _share(value: float) -> str:
    return f"{number_format(100 * value, 1)} %"


def _whole(value: float) -> str:
    return number_format(value, 0, force_grouping=True)


def _tenth(value: float) -> str:
    return number_format(value, 1)


def _hundredth(value: float) -> str:
    return number_format(value, 2)
