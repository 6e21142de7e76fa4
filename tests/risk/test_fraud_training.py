"""The model that learns from outcomes passes the gate, and its file is what was written."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from foundation import registry
from foundation.models import ModelVersion
from risk import fraud
from risk.models import Assessment, Case, Signal

pytestmark = pytest.mark.django_db
ACTIVE, CANDIDATE = ModelVersion.Status.ACTIVE, ModelVersion.Status.CANDIDATE
FIRST_DAY, DAYS = 110, 50


def outcomes(*, first_day: int, days: int, frauds: int, seed: int, name: str) -> None:
    """Orders whose outcome is known; a thief has a browser with many cards and buys dear."""
    rng, now = np.random.default_rng(seed), timezone.now()
    rows = []
    for number in range(300 + frauds):
        bad = number >= 300
        person = "" if bad else str(number % 60)
        rows.append(
            Signal(
                kind=Signal.Kind.ORDER,
                source=Signal.Source.CHECKOUT,
                reference=f"{name}-{number}",
                at=now - timedelta(days=float(first_day - rng.uniform(0, days))),
                customer=person,
                card=f"{name}-stolen-{number}" if bad else f"card-{person}",
                visitor=f"{name}-thief-{number // 20}" if bad else f"visitor-{person}",
                address=f"address-{person}",
                total=float(rng.uniform(150, 400) if bad else rng.lognormal(3, 0.5)),
                lines=2,
                units=3,
                fraud=bad,
                known_at=now,
            )
        )
    Signal.objects.bulk_create(rows)


@pytest.fixture
def first(screened) -> ModelVersion:
    """What was learned from fifty days of true outcomes."""
    outcomes(first_day=FIRST_DAY, days=DAYS, frauds=60, seed=0, name="old")
    version = fraud.train()
    assert version is not None
    return version


def news() -> None:
    outcomes(first_day=FIRST_DAY - DAYS, days=15, frauds=30, seed=1, name="new")


def test_the_first_model_serves_and_knows_how_good_it_is(first):
    assert first.status == ACTIVE
    assert first.metrics["average_precision"] > 0.9
    assert fraud.train() == first


def test_what_learned_from_wrong_outcomes_does_not_serve(first):
    """Somebody labels the past the wrong way round: the newest orders, which are right, tell."""
    newest = Signal.objects.latest("at").at
    news()
    Signal.objects.filter(at__lte=newest, fraud=True).update(fraud=False)
    known = Signal.objects.filter(at__lte=newest, reference__startswith="old-")
    Signal.objects.filter(pk__in=known.order_by("total").values("pk")[:80]).update(fraud=True)
    worse = fraud.train()
    first.refresh_from_db()
    assert (worse.status, first.status) == (CANDIDATE, ACTIVE)
    assert worse.decision.startswith("refused: average precision")
    # Refused once, it is not tried again before there is something new.
    assert fraud.train() == worse


def test_what_is_no_worse_on_the_same_newest_orders_serves(first):
    news()
    better = fraud.train()
    first.refresh_from_db()
    assert (better.status, first.status) == (ACTIVE, ModelVersion.Status.RETIRED)
    assert "against" in better.decision


def test_with_too_few_new_frauds_nothing_can_be_compared_and_the_old_one_stays(first):
    outcomes(first_day=FIRST_DAY - DAYS, days=15, frauds=2, seed=1, name="new")
    version = fraud.train()
    assert version.status == CANDIDATE
    assert "not measured" in version.decision


def alter(version: ModelVersion, settings) -> None:
    path = Path(settings.ARTEFACT_DIR) / version.artefact
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    registry.forget_loaded()


def test_an_altered_model_scores_nothing_and_orders_go_to_a_person(first, settings, buy):
    alter(first, settings)
    order = buy()
    assessment = Assessment.objects.get(order=order)
    assert assessment.probability is None
    assert "model_late" in {reason["code"] for reason in assessment.reasons}
    assert Case.objects.filter(assessment=assessment, kind=Case.Kind.REVIEW).exists()


def test_an_altered_candidate_is_never_activated(first, settings):
    news()
    version = fraud.train()
    registry.roll_back(fraud.CAPABILITY)
    alter(version, settings)
    with pytest.raises(registry.ArtefactDamaged):
        registry.activate(version)
    assert registry.active_version(fraud.CAPABILITY) == first


def test_training_replaces_a_model_that_was_altered(first, settings):
    alter(first, settings)
    again = fraud.train()
    assert again.pk != first.pk
    assert again.status == ACTIVE
    assert registry.intact(again)
