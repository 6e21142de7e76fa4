"""Readings become measurements; what passes its limit raises one alert until it is over."""

import json
from datetime import timedelta

import numpy as np
import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from foundation import registry, tasks, watching
from foundation.learning import stability
from foundation.models import Alert, Measurement, ModelVersion, TrainingRun
from foundation.selectors import watched
from tests.foundation.test_registry import CAPABILITY, save

pytestmark = pytest.mark.django_db
RANDOM = np.random.default_rng(0)
THEN = RANDOM.normal(size=5000)


@pytest.mark.parametrize(
    ("now", "low", "high"),
    [
        (RANDOM.normal(size=5000), 0, 0.01),
        (RANDOM.normal(0.2, 1, 5000), 0.01, 0.1),
        (RANDOM.normal(1.0, 1, 5000), 0.25, 99),
        (np.full(10, np.nan), 0, 0),
        (np.array([]), 0, 0),
    ],
)
def test_stability_of_a_population(now, low: float, high: float) -> None:
    assert low <= stability.stability_index(THEN, now) <= high


def test_an_alert_opens_once_and_closes_when_it_is_over() -> None:
    shifted = watching.drift("tests.numbers", "age", THEN, THEN + 2)
    assert watching.record(shifted) is not None
    assert watching.record(shifted) is None
    assert Alert.objects.filter(closed_at__isnull=True).count() == 1
    watching.record(watching.drift("tests.numbers", "age", THEN, THEN))
    assert not Alert.objects.filter(closed_at__isnull=True).exists()
    assert Measurement.objects.get().value == 0


def test_a_metric_that_fell_since_promotion_is_decay() -> None:
    assert watching.decay("tests.numbers", "ndcg", promoted=0.4, live=0.3).is_bad
    assert not watching.decay("tests.numbers", "ndcg", promoted=0.4, live=0.39).is_bad


def test_an_old_model_is_told_to_staff_and_by_mail(settings, admin_client) -> None:
    settings.ADMINS = [("Operator", "operator@example.com")]
    registry.activate(save(1.0))
    assert watching.watch() == []
    old = timezone.now() - timedelta(days=30)
    ModelVersion.objects.update(created_at=old)
    assert len(watching.watch()) == 1
    assert watching.watch() == []
    assert len(mail.outbox) == 1
    page = admin_client.get(reverse("admin:foundation_watch")).content.decode()
    assert "days since training" in page


def broken():
    raise RuntimeError("no data today")


def test_one_broken_watcher_hides_no_other(settings) -> None:
    settings.MODEL_WATCHERS = ["tests.foundation.test_watching.broken", *settings.MODEL_WATCHERS]
    registry.activate(save(1.0))
    watching.watch()
    assert Measurement.objects.exists()


def shifted() -> list[watching.Reading]:
    return [watching.drift(CAPABILITY, name, THEN, THEN + 2) for name in ("age", "price")]


def test_alerts_start_one_training_where_the_setting_says_so(
    settings, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    settings.MODEL_WATCHERS = ["tests.foundation.test_watching.shifted"]
    sent: list[str] = []
    monkeypatch.setattr(tasks.train, "delay", sent.append)

    def look() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            watching.watch()

    look()
    assert sent == []
    Alert.objects.all().delete()
    settings.MODEL_RETRAIN = [CAPABILITY]
    look()
    look()
    assert sent == [CAPABILITY]
    Alert.objects.all().delete()
    TrainingRun.objects.create(capability=CAPABILITY)
    look()
    assert sent == [CAPABILITY], "a run of it was at work"


def test_each_chart_has_its_table(admin_client, settings) -> None:
    settings.MODEL_WATCHERS = ["tests.foundation.test_watching.shifted"]
    watching.watch()
    page = admin_client.get(reverse("admin:foundation_watch")).content.decode()
    assert page.count("<canvas") == page.count("Show as a table") == 2


def test_a_live_figure_is_drawn_against_the_one_it_was_promoted_with(admin_client) -> None:
    watching.record(watching.figure("tests.numbers", "error", 0.31, against=0.25))
    watching.record(watching.drift("tests.numbers", "age", THEN, THEN))
    watching.record(watching.figure("tests.numbers", "alone", 0.5))
    charts = {chart["title"]: chart for chart in watched()["charts"]}
    lines = json.loads(charts["tests.numbers: error"]["data"])["datasets"]
    assert [line["data"] for line in lines] == [[0.31], [0.25]]
    assert lines[0]["pointStyle"] == "circle", "one reading is no line: only its point is seen"
    limit = json.loads(charts["tests.numbers: age"]["data"])["datasets"][1]
    assert limit["data"] == [watching.DRIFT_LIMIT]
    assert len(json.loads(charts["tests.numbers: alone"]["data"])["datasets"]) == 1
    page = admin_client.get(reverse("admin:foundation_watch")).content.decode()
    assert "<td>0.25</td>" in page


def test_every_watcher_of_the_settings_reads_an_empty_shop(settings) -> None:
    for path in settings.MODEL_WATCHERS:
        assert list(import_string(path)()) == [], path


def test_prometheus_reads_models_and_business_from_this_machine_alone(client, settings) -> None:
    registry.activate(save(1.0))
    watching.record(shifted()[0])
    page = client.get("/metrics").content.decode()
    assert f'mercato_model_version{{model="{CAPABILITY}"}} 1.0' in page
    assert f'mercato_model_alerts{{kind="drift",model="{CAPABILITY}"}} 1.0' in page
    assert 'mercato_orders{within="24h"} 0.0' in page
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 403
    settings.METRICS_TOKEN = "letters"
    assert client.get("/metrics").status_code == 403
    given = {"HTTP_AUTHORIZATION": "Bearer letters", "REMOTE_ADDR": "192.0.2.1"}
    assert client.get("/metrics", **given).status_code == 200


def test_broken_gauges_hide_no_others(client, settings) -> None:
    settings.METRICS = ["tests.foundation.test_watching.broken", *settings.METRICS]
    assert "mercato_orders" in client.get("/metrics").content.decode()
