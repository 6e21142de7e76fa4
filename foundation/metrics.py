"""Gauges of the models for Prometheus, read from the database when they are asked for.

Nothing is counted in a process's memory, so every web process gives the same answer.
"""

from collections.abc import Iterator

from django.db.models import Count, Max, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from foundation.models import Alert, Measurement, OutboxMessage, TrainingRun
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


def outbox() -> Iterator[GaugeMetricFamily]:
    """Messages to the outside by state, and how long the oldest has been waiting."""
    messages = GaugeMetricFamily(
        "mercato_outbox_messages", "Mails and webhooks by state", labels=["state"]
    )
    found = dict(OutboxMessage.objects.values_list("state").annotate(n=Count("pk")).order_by())
    for state in OutboxMessage.State.values:
        messages.add_metric([state], found.get(state, 0))
    yield messages
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily(
        "mercato_outbox_oldest_seconds", "Age of the oldest message that waits", value=age
    )
