"""What staff read of the models."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from foundation.models import ModelVersion, TrainingRun


def active_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE)


def dashboard() -> dict[str, Any]:
    """Title, figures and one row per active model, for the administrator's start page."""
    versions = reverse("admin:foundation_modelversion_changelist")
    runs = reverse("admin:foundation_trainingrun_changelist")
    states = TrainingRun.State
    running = TrainingRun.objects.filter(state=states.RUNNING).count()
    week = TrainingRun.objects.filter(started_at__gte=timezone.now() - timedelta(days=7))
    waiting = ModelVersion.objects.filter(status=ModelVersion.Status.CANDIDATE).count()
    active = list(active_versions())
    return {
        "title": _("Models"),
        "figures": [
            {"label": _("Active models"), "value": len(active), "url": f"{versions}?status=active"},
            {"label": _("Candidates"), "value": waiting, "url": f"{versions}?status=candidate"},
            {"label": _("Runs at work"), "value": running, "url": f"{runs}?state=running"},
            {
                "label": _("Failed runs, last 7 days"),
                "value": week.filter(state=states.FAILED).count(),
                "url": f"{runs}?state=failed",
            },
        ],
        "columns": [_("Model"), _("Version"), _("Trained"), _("Figures")],
        "rows": [
            [
                version.capability,
                version.version,
                date_format(timezone.localtime(version.created_at), "SHORT_DATETIME_FORMAT"),
                metrics_text(version),
            ]
            for version in active
        ],
    }


def metrics_text(version: ModelVersion) -> str:
    """A version's figures in one line: ``households 1,930, repeat_ndcg@10 0.437``."""
    return ", ".join(f"{name} {_figure(value)}" for name, value in sorted(version.metrics.items()))


def _figure(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
