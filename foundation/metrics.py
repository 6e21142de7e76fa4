"""Gauges of the models for Prometheus, read from the database when they are asked for.

Nothing is counted in a process's memory, so every web process gives the same answer.
"""

from collections.abc import Iterator

from django.db.models import Count, Max
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from foundation.models import Alert, Measurement, TrainingRun
from foundation.selectors import active_versions


def models() -> Iterator[GaugeMetricFamily]:
    """Versions and ages of active models, their newest figures, open alerts, runs by state."""
    now = timezone.now()
    versions = GaugeMetricFamily(
        "mercato_model_version", "Version of the active model", labels=["model"]
    )
    ages = GaugeMetricFamily(
        "mercato_model_age_seconds", "Time since the active model was made", labels=["model"]
    )
    for version in active_versions():
        versions.add_metric([version.capability], version.version)
        ages.add_metric([version.capability], (now - version.created_at).total_seconds())
    yield versions
    yield ages
    figures = GaugeMetricFamily(
        "mercato_model_figure", "Newest reading of a watched figure", labels=["model", "figure"]
    )
    newest = Measurement.objects.values("capability", "name").annotate(day=Max("day")).order_by()
    days = {(row["capability"], row["name"]): row["day"] for row in newest}
    for row in Measurement.objects.filter(day__in=set(days.values())).order_by():
        if days[row.capability, row.name] == row.day:
            figures.add_metric([row.capability, row.name], row.value)
    yield figures
    alerts = GaugeMetricFamily("mercato_model_alerts", "Open alerts", labels=["model", "kind"])
    opened = Alert.objects.filter(closed_at__isnull=True).values_list("capability", "kind")
    for capability, kind, count in opened.annotate(n=Count("pk")).order_by():
        alerts.add_metric([capability, kind], count)
    yield alerts
    runs = GaugeMetricFamily(
        "mercato_training_runs", "Training runs ever, by outcome", labels=["model", "state"]
    )
    counted = TrainingRun.objects.values_list("capability", "state").annotate(n=Count("pk"))
    for capability, state, count in counted.order_by():
        runs.add_metric([capability, state], count)
    yield runs
