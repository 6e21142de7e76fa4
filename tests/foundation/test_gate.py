"""The gate: a candidate serves only if it reaches the active model on the same held-out data."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from foundation import registry
from foundation.models import ModelVersion
from foundation.registry import promote
from foundation.selectors import metrics_text
from tests.foundation.test_registry import CAPABILITY, _damage, always_look, save, serving

__all__ = ["always_look"]
pytestmark = pytest.mark.django_db


def candidate(value: float, *, held_out: str = "december", metric: str = "ndcg") -> ModelVersion:
    version = save(value)
    version.metrics, version.parameters = {metric: value}, {"held_out": held_out}
    version.save()
    return version


def active() -> int:
    return ModelVersion.objects.get(status=ModelVersion.Status.ACTIVE).version


def test_the_first_model_serves() -> None:
    assert promote(candidate(0.4), "ndcg").promoted
    assert active() == 1


@pytest.mark.parametrize(
    ("value", "higher", "bar", "promoted"),
    [
        (0.41, True, None, True),
        (0.39, True, None, False),
        (0.39, True, -0.05, True),
        (0.41, True, 0.05, False),
        (0.39, False, None, True),
        (0.41, False, None, False),
    ],
)
def test_a_candidate_must_reach_the_bar(value, higher, bar, promoted) -> None:
    promote(candidate(0.40), "ndcg")
    second = candidate(value)
    verdict = promote(second, "ndcg", higher_is_better=higher, bar=bar)
    assert verdict.promoted is promoted
    assert active() == (2 if promoted else 1)
    second.refresh_from_db()
    assert second.decision == verdict.reason


def test_the_bar_is_a_setting(settings) -> None:
    settings.MODEL_GATES = {CAPABILITY: 0.1}
    promote(candidate(0.40), "ndcg")
    assert not promote(candidate(0.42), "ndcg").promoted
    assert promote(candidate(0.45), "ndcg").promoted


def test_figures_of_another_window_are_no_comparison() -> None:
    promote(candidate(0.40), "ndcg")
    verdict = promote(candidate(0.50, held_out="november"), "ndcg")
    assert not verdict.promoted
    assert "other held-out data" in verdict.reason
    again = candidate(0.50, held_out="november")
    assert promote(again, "ndcg", active_metrics={"ndcg": 0.45}).promoted


def test_a_metric_that_was_not_measured_promotes_nothing() -> None:
    assert not promote(candidate(0.4, metric="other"), "ndcg").promoted


def test_a_damaged_candidate_is_refused_while_the_old_one_serves(
    artefact_folder: Path, always_look
) -> None:
    promote(candidate(0.40), "ndcg")
    assert serving() == 0.40
    second = candidate(0.50)
    _damage(artefact_folder / second.artefact, "truncated")
    with pytest.raises(registry.ArtefactDamaged):
        promote(second, "ndcg")
    assert serving() == 0.40


def test_rolling_back_asks_once(admin_client, always_look) -> None:
    promote(candidate(0.40), "ndcg")
    promote(candidate(0.50), "ndcg")
    assert serving() == 0.50
    url = reverse("admin:foundation_roll_back", args=[CAPABILITY])
    assert "Yes, roll back" in admin_client.get(url).content.decode()
    assert serving() == 0.50
    assert "is active" in admin_client.post(url, follow=True).content.decode()
    assert serving() == 0.40


def test_there_may_be_nothing_to_roll_back_to(admin_client) -> None:
    promote(candidate(0.40), "ndcg")
    url = reverse("admin:foundation_roll_back", args=[CAPABILITY])
    assert "No other version" in admin_client.get(url).content.decode()
    assert "No other version" in admin_client.post(url, follow=True).content.decode()


def test_a_model_card_says_figures_intervals_groups_and_limits(admin_client) -> None:
    version = candidate(0.4)
    group = {"value": 0.31, "low": 0.287, "high": 0.333, "n": 42}
    figures = {"ndcg": 0.4, "ndcg_low": 0.387, "ndcg_high": 0.413}
    version.metrics = {**figures, "groups": {"ndcg": {"age: 25-34": group}}}
    version.capability = "recommend.orders"
    version.save()
    page = admin_client.get(reverse("admin:foundation_card", args=[version.pk])).content.decode()
    assert "0.387 – 0.413" in page
    assert "Age: 25-34" in page
    assert "0.287 – 0.333" in page
    assert "The households buy often" in page
    assert "groups" not in metrics_text(version)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "share understood"), ("zh-hans", "理解正确率")]
)
def test_figures_are_called_by_words_on_the_card_and_in_the_gates_decision(
    admin_client, language, said
) -> None:
    version = registry.save_version(
        capability="support.intents",
        suffix=".npz",
        write=lambda path: np.savez_compressed(path, value=np.zeros(3)),
        metrics={"accuracy": 0.94, "accuracy_low": 0.92, "accuracy_high": 0.96},
    )
    with override("zh-hans"):
        # Whatever language it is decided in, the sentence is kept in English.
        assert promote(version, "accuracy").reason.endswith("share understood 0.94")
    version.refresh_from_db()
    with override(language):
        assert said in version.decided
        assert said in metrics_text(version)
    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = admin_client.get(reverse("admin:foundation_card", args=[version.pk])).content.decode()
    assert f"{said}</th>" in page
    assert "accuracy</th>" not in page


def test_what_does_not_beat_the_simple_method_stays_a_candidate() -> None:
    verdict = promote(candidate(0.40), "ndcg", floor={"ndcg": 0.40})
    assert not verdict.promoted
    assert "simple method" in verdict.reason
    assert promote(candidate(0.41), "ndcg", floor={"ndcg": 0.40}).promoted


def test_every_metric_of_several_has_to_be_reached() -> None:
    first, second = candidate(0.40), candidate(0.50)
    for version, recall in ((first, 0.3), (second, 0.2)):
        version.metrics["recall"] = recall
        version.save()
    assert promote(first, "ndcg", "recall").promoted
    verdict = promote(second, "ndcg", "recall")
    assert not verdict.promoted
    assert "recall 0.2 against 0.3" in verdict.reason


def test_a_damaged_active_model_bars_no_successor(artefact_folder: Path) -> None:
    first = candidate(0.50)
    promote(first, "ndcg")
    _damage(artefact_folder / first.artefact, "truncated")
    assert promote(candidate(0.40), "ndcg").promoted
