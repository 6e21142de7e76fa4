"""What all trainers share: nothing is trained twice, nothing damaged is kept, all is gated."""

from pathlib import Path

import pytest

from foundation import registry
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from foundation.runs import training_run
from tests.foundation.test_registry import CAPABILITY, _damage

pytestmark = pytest.mark.django_db


def train(signature: str, value: float, gated: tuple[str, ...] = ("ndcg",)) -> ModelVersion:
    def work(active: ModelVersion | None) -> Trained:
        return Trained(
            suffix=".txt",
            write=lambda path: path.write_text(str(value)),
            metrics={"ndcg": value},
            gated=gated,
        )

    return refresh(CAPABILITY, signature, work)


def serving() -> int | None:
    active = registry.active_version(CAPABILITY)
    return active.version if active else None


def test_the_same_data_is_not_trained_on_twice() -> None:
    assert train("monday", 0.4) == train("monday", 0.5)
    assert train("tuesday", 0.5).version == serving() == 2


def test_a_run_that_had_nothing_to_learn_says_so() -> None:
    said = []
    for signature in ("monday", "monday", "tuesday"):
        with training_run(CAPABILITY) as run:
            run.finish_with(train(signature, 0.4))
        said.append(run.run.message)
    assert (said[0], said[2]) == ("", "")
    assert "version 1" in said[1]


def test_a_refused_candidate_is_not_made_again_every_night() -> None:
    train("monday", 0.4)
    refused = train("tuesday", 0.3)
    assert serving() == 1
    assert train("tuesday", 0.3) == refused


def test_a_version_that_was_rolled_back_does_not_come_back_by_itself() -> None:
    train("monday", 0.4)
    train("tuesday", 0.5)
    registry.roll_back(CAPABILITY)
    train("tuesday", 0.5)
    assert serving() == 1


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_file_is_made_anew(damaged: int, artefact_folder: Path) -> None:
    """The serving model's as well as the newest candidate's."""
    train("monday", 0.4)
    train("tuesday", 0.3)
    version = ModelVersion.objects.get(capability=CAPABILITY, version=damaged)
    _damage(artefact_folder / version.artefact, "truncated")
    assert train("tuesday", 0.3).version == 3
    assert serving() == (3 if damaged == 1 else 1)


def test_a_candidate_whose_gate_was_killed_is_gated_again() -> None:
    made = train("monday", 0.4)
    ModelVersion.objects.filter(pk=made.pk).update(status="candidate", decision="")
    assert train("monday", 0.4).version == serving() == 2


def test_what_has_no_metric_to_be_better_at_serves_at_once() -> None:
    train("monday", 0.4, gated=())
    assert train("tuesday", 0.3, gated=()).version == serving()
