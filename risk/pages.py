"""Pages of the admin about risk as a whole."""

from collections.abc import Callable, Mapping, Sequence

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.cards import group_name
from foundation.charts import chart, whole
from risk import overview as figures
from risk.costs import DAYS
from risk.models import Assessment
from risk.words import cost_text


def overview(request: HttpRequest) -> HttpResponse:
    """Scores, alerts, precision, money, load, speed, drift and fairness, with their tables."""
    if not request.user.has_perm("risk.view_assessment"):
        raise PermissionDenied
    rows = figures.screened()
    weeks = {week: figures.figures(found) for week, found in figures.by_week(rows).items()}

    def weekly(title: str, form: Callable[[float], str], **lines: str) -> dict:
        return _drawn(
            title,
            "line",
            _("Week of"),
            list(weeks),
            {text: [told[name] for told in weeks.values()] for name, text in lines.items()},
            form,
        )

    steps = figures.distribution(rows)
    days = figures.queue_by_day()
    drift = figures.drift_by_day()
    groups = figures.fairness(rows)
    charts = [
        _drawn(
            _("Orders by probability of fraud"),
            "bar",
            _("Probability"),
            [step[0] for step in steps],
            {_("Orders"): [step[1] for step in steps]},
        ),
        weekly(_("Orders that were not simply allowed"), _share, alert_rate=_("Share")),
        weekly(_("Precision: stopped orders that were fraud"), _share, precision=_("Share")),
        weekly(_("Money in frauds, dollars"), whole, saved=_("Stopped"), lost=_("Let through")),
        weekly(
            _("Screening time, ms"), _tenth, p50=_("Half are faster"), p99=_("99 in 100 are faster")
        ),
        _drawn(
            _("Cases"),
            "bar",
            _("Day"),
            [day[0] for day in days],
            {_("Opened"): [day[1] for day in days], _("Decided"): [day[2] for day in days]},
        ),
        _drawn(
            _("Drift of scores (0.25 is much)"),
            "line",
            _("Day"),
            [day[0] for day in drift],
            {_("Probability"): [day[1] for day in drift]},
            _hundredth,
        ),
        _drawn(
            _("Honest orders that were stopped, by group"),
            "bar",
            _("Group"),
            [
                f"{group_name(f'{kind}: {name}') if kind else _('Everybody')} ({whole(n)})"
                for kind, name, n, _stopped in groups
            ],
            {_("Share"): [share for *_group, share in groups]},
            _share,
        ),
    ]
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


def _drawn(
    title: str,
    kind: str,
    head: str,
    labels: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    form: Callable[[float], str] = whole,
) -> dict:
    # One point is no line.
    kind = kind if len(labels) > 1 else "bar"
    return chart(title, kind=kind, head=head, labels=labels, lines=lines, form=form, zeros=True)


def _share(value: float) -> str:
    return f"{number_format(100 * value, 1)} %"


def _tenth(value: float) -> str:
    return number_format(value, 1)


def _hundredth(value: float) -> str:
    return number_format(value, 2)
