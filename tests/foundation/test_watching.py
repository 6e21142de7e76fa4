"""Readings become measurements; what passes its limit raises one alert until it is over."""

from datetime import timedelta

import numpy as np
import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from foundation import registry, watching
from foundation.learning import stability
from foundation.models import Alert, Measurement, ModelVersion
from tests.foundation.test_registry import save

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
