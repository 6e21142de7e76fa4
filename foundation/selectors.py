"""What staff read of the models."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from foundation.cards import figure_name, group_name, words
from foundation.charts import DASHES, POINT, chart, day_label
from foundation.models import Alert, Measurement, ModelVersion, TrainingRun

CURVE_SIZE = (160, 40)
LINE = {
    "borderColor": "var(--color-primary-700)",
    "backgroundColor": "var(--color-primary-700)",
    "pointStyle": POINT,
    "pointRadius": 3,
    "displayYAxis": True,
    "maxTicksXLimit": 8,
}
"""Points are drawn, so that a first reading can be seen."""
COMPARED = {"borderColor": "var(--color-chart-third)", "borderDash": DASHES, "pointRadius": 0}
RETRIED = (TrainingRun.State.FAILED, TrainingRun.State.CANCELLED)


def active_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE)


def dashboard() -> dict[str, Any]:
    """Title, figures, ages and one row per active model, for the administrator's start page."""
    versions = reverse("admin:foundation_modelversion_changelist")
    runs = reverse("admin:foundation_trainingrun_changelist")
    states = TrainingRun.State
    week = timezone.now() - timedelta(days=7)
    at_work = TrainingRun.objects.aggregate(
        running=Count("pk", filter=Q(state=states.RUNNING)),
        failed=Count("pk", filter=Q(state=states.FAILED, started_at__gte=week)),
    )
    waiting = ModelVersion.objects.filter(status=ModelVersion.Status.CANDIDATE).count()
    active = list(active_versions())
    alerts = Counter(
        Alert.objects.filter(closed_at__isnull=True).values_list("capability", flat=True)
    )
    return {
        "title": _("Models"),
        "figures": [
            {
                "label": _("Open alerts"),
                "value": alerts.total(),
                "url": reverse("admin:foundation_watch"),
                "action": _("See what has moved"),
                "waits": True,
            },
            {
                "label": _("Active models"),
                "value": len(active),
                "url": f"{versions}?status__exact=active",
                "action": _("Open the model cards"),
            },
            {
                "label": _("Candidates"),
                "value": waiting,
                "url": f"{versions}?status__exact=candidate",
                "action": _("Compare and activate"),
            },
            {
                "label": _("Runs at work"),
                "value": at_work["running"],
                "url": reverse("admin:foundation_training"),
                "action": _("Watch or start a training"),
            },
            {
                "label": _("Failed runs, last 7 days"),
                "value": at_work["failed"],
                "url": f"{runs}?state__exact=failed",
                "action": _("Read why and try again"),
                "waits": True,
            },
        ],
        "charts": [_ages(active)],
        "columns": [_("Model"), _("Version"), _("Health"), _("Trained"), _("Figures")],
        "rows": [
            [
                version.capability,
                version.version,
                _("alerts: %(n)d") % {"n": alerts[version.capability]}
                if alerts[version.capability]
                else _("good"),
                date_format(timezone.localtime(version.created_at), "SHORT_DATETIME_FORMAT"),
                metrics_text(version),
            ]
            for version in active
        ],
        "links": [
            reverse("admin:foundation_modelversion_change", args=[version.pk]) for version in active
        ],
    }


def _ages(active: list[ModelVersion]) -> dict[str, Any]:
    """Days since each active model was made."""
    now = timezone.now()
    return chart(
        _("Age of the active models, days"),
        kind="bar",
        head=_("Model"),
        labels=[version.capability for version in active],
        lines={
            _("Days"): [
                round((now - version.created_at).total_seconds() / 86_400, 1) for version in active
            ]
        },
        form=lambda value: number_format(value, 1),
    )


def metrics_text(version: ModelVersion) -> str:
    """A version's figures in one line, in words: ``households 1,930, AUC 0.81``."""
    shown = {
        name: value
        for name, value in sorted(version.metrics.items())
        if not name.endswith(("_low", "_high")) and not isinstance(value, dict)
    }
    return ", ".join(
        f"{figure_name(version.capability, name)} {_figure(value)}" for name, value in shown.items()
    )


def recent_runs(limit: int = 20) -> list[TrainingRun]:
    return list(TrainingRun.objects.select_related("model")[:limit])


def run_state(run: TrainingRun) -> dict[str, Any]:
    """What the page about training shows of a run, as JSON."""
    at_work = run.state == TrainingRun.State.RUNNING
    percent = min(100, 100 * run.done // run.total) if run.total else 0
    if run.state == TrainingRun.State.DONE:
        percent = 100
    until = timezone.now() if at_work else (run.finished_at or run.started_at)
    spent = (until - run.started_at).total_seconds()
    # By the steps, not by whole percents: in a long training these come minutes apart.
    left = round(spent * max(run.total - run.done, 0) / run.done) if at_work and run.done else None
    return {
        "id": run.pk,
        "capability": run.capability,
        "state": run.state,
        "state_name": str(run.get_state_display()),
        "percent": percent,
        "seconds": round(spent),
        "left": _duration(left),
        "can_retry": run.state in RETRIED and run.capability in settings.MODEL_TRAINERS,
        "message": run.told,
        "technical": run.technical,
        "log": run.told_log,
        "loss": round(run.curve[-1][1], 4) if run.curve else None,
        "points": curve_points(run.curve),
        "model": str(run.model) if run.model else "",
    }


def _duration(seconds: int | None) -> str:
    """``12 s`` or ``3 min``; empty when it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _("%(seconds)s s") % {"seconds": seconds}
    return _("%(minutes)s min") % {"minutes": round(seconds / 60)}


def curve_points(curve: list[list[float]]) -> str:
    """A loss curve as the points of an SVG polyline, ``CURVE_SIZE`` wide and high."""
    if len(curve) < 2:
        return ""
    width, height = CURVE_SIZE
    steps, losses = zip(*curve, strict=True)
    across, down = max(steps) - min(steps) or 1, max(losses) - min(losses) or 1
    return " ".join(
        f"{width * (step - min(steps)) / across:.1f},{height * (max(losses) - loss) / down:.1f}"
        for step, loss in curve
    )


def run_states() -> list[dict[str, Any]]:
    """The newest runs as the page about training is told of them."""
    return [run_state(run) for run in recent_runs()]


def card(version: ModelVersion) -> dict[str, Any]:
    """Figures with their intervals, where a metric has ``<name>_low`` and ``<name>_high``.

    ``groups`` are figures by group of people: name of the figure, then (group, its figures).
    """
    metrics = version.metrics
    figures = [
        {
            "name": figure_name(version.capability, name),
            "value": _figure(value),
            "low": _figure(metrics.get(f"{name}_low", "")),
            "high": _figure(metrics.get(f"{name}_high", "")),
        }
        for name, value in sorted(metrics.items())
        if not name.endswith(("_low", "_high")) and not isinstance(value, dict)
    ]
    said = words(version.capability)
    return {
        "figures": figures,
        "groups": [
            (
                figure_name(version.capability, name),
                [(group_name(group), _all_figures(row)) for group, row in rows.items()],
            )
            for name, rows in metrics.get("groups", {}).items()
        ],
        "purpose": said.purpose if said else "",
        "limits": said.limits if said else [],
        "parameters": json.dumps(version.parameters, indent=2, ensure_ascii=False, sort_keys=True),
        "alerts": Alert.objects.filter(capability=version.capability, closed_at__isnull=True),
        "run": TrainingRun.objects.filter(model=version).first(),
    }


def _all_figures(row: dict[str, float]) -> dict[str, str]:
    return {name: _figure(value) for name, value in row.items()}


def watched(days: int = 60) -> dict[str, Any]:
    """Open alerts and one chart with its table for each measured figure, as Chart.js takes it."""
    since = timezone.localdate() - timedelta(days=days)
    lines: dict[str, list[Measurement]] = {}
    for row in Measurement.objects.filter(day__gte=since):
        lines.setdefault(f"{row.capability}: {_(row.name)}", []).append(row)
    charts = [
        {
            "title": title,
            "latest": _figure(round(rows[-1].value, 4)),
            "rows": [
                (row.day, _figure(round(row.value, 4)), _against(row)) for row in reversed(rows)
            ],
            "data": json.dumps(
                {"labels": [day_label(row.day) for row in rows], "datasets": _lines(title, rows)}
            ),
        }
        for title, rows in lines.items()
    ]
    alerts = [
        {"alert": alert, "subject": _(alert.subject)}
        for alert in Alert.objects.filter(closed_at__isnull=True)
    ]
    return {"charts": charts, "alerts": alerts}


def _lines(title: str, rows: list[Measurement]) -> list[dict[str, Any]]:
    """The figure, and dashed what it is compared with, where that is known."""
    lines = [{"label": title, "data": [row.value for row in rows], **LINE}]
    if any(row.against is not None for row in rows):
        beside = [row.against for row in rows]
        lines.append({"label": _("compared with"), "data": beside, **LINE, **COMPARED})
    return lines


def _against(row: Measurement) -> str:
    return "–" if row.against is None else _figure(round(row.against, 4))


def _figure(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
