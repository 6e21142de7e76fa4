"""Models are versioned, checked by their hash, activated one at a time, and rolled back."""

from pathlib import Path

import numpy as np
import pytest

from foundation import registry
from foundation.models import ModelVersion

pytestmark = pytest.mark.django_db
CAPABILITY = "tests.numbers"


def save(value: float) -> ModelVersion:
    return registry.save_version(
        capability=CAPABILITY,
        suffix=".npz",
        write=lambda path: np.savez_compressed(path, value=np.full(1000, value)),
    )


def load(path: Path, version: ModelVersion) -> float:
    with np.load(path, allow_pickle=False) as file:
        return float(file["value"][0])


def serving() -> float | None:
    return registry.active_artefact(CAPABILITY, load)


def path_of(version: ModelVersion, folder: Path) -> Path:
    return folder / version.artefact


@pytest.fixture
def always_look(monkeypatch) -> None:
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.0)


def test_nothing_is_served_before_something_is_active() -> None:
    save(1.0)
    assert serving() is None


def test_versions_count_up_and_only_one_is_active() -> None:
    first, second = save(1.0), save(2.0)
    registry.activate(first)
    registry.activate(second)
    first.refresh_from_db()
    assert (first.version, second.version) == (1, 2)
    assert first.status == ModelVersion.Status.RETIRED
    assert ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE).count() == 1


def test_a_new_active_version_is_noticed(always_look) -> None:
    first, second = save(1.0), save(2.0)
    registry.activate(first)
    assert serving() == 1.0
    registry.activate(second)
    assert serving() == 2.0


def test_roll_back_serves_the_old_model_again(always_look) -> None:
    first, second = save(1.0), save(2.0)
    registry.activate(first)
    registry.activate(second)
    assert serving() == 2.0
    registry.activate(first)
    assert serving() == 1.0


def test_between_looks_the_held_model_serves_without_a_query(django_assert_num_queries) -> None:
    registry.activate(save(1.0))
    assert serving() == 1.0
    with django_assert_num_queries(0):
        assert serving() == 1.0


@pytest.mark.parametrize("damage", ["altered", "truncated", "missing"])
def test_a_damaged_artefact_is_refused(artefact_folder: Path, damage: str) -> None:
    version = save(1.0)
    _damage(path_of(version, artefact_folder), damage)
    with pytest.raises(registry.ArtefactDamaged, match="Train it again or roll back"):
        registry.activate(version)
    version.refresh_from_db()
    assert version.status == ModelVersion.Status.CANDIDATE


@pytest.mark.parametrize("damage", ["altered", "truncated", "missing"])
def test_the_old_model_goes_on_serving_beside_a_damaged_new_one(
    artefact_folder: Path, always_look, damage: str
) -> None:
    first, second = save(1.0), save(2.0)
    registry.activate(first)
    assert serving() == 1.0
    registry.activate(second)
    _damage(path_of(second, artefact_folder), damage)
    assert serving() == 1.0


def test_a_model_that_cannot_be_loaded_is_none_for_a_fresh_process(artefact_folder: Path) -> None:
    version = save(1.0)
    registry.activate(version)
    _damage(path_of(version, artefact_folder), "truncated")
    assert serving() is None


def test_a_failed_write_leaves_neither_row_nor_file(artefact_folder: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        registry.save_version(capability=CAPABILITY, suffix=".npz", write=write)
    assert not ModelVersion.objects.exists()
    assert list(artefact_folder.rglob("*.npz")) == []


def test_two_workers_get_two_numbers(in_threads, artefact_folder: Path) -> None:
    versions = in_threads([lambda value=value: save(float(value)) for value in range(6)])
    assert sorted(version.version for version in versions) == [1, 2, 3, 4, 5, 6]
    for version in versions:
        assert registry.verify(version).is_file()


def test_two_activations_leave_one_active(in_threads) -> None:
    versions = [save(1.0), save(2.0), save(3.0)]
    results = in_threads([lambda v=v: registry.activate(v) for v in versions])
    assert [r for r in results if isinstance(r, Exception)] == []
    active = ModelVersion.objects.filter(status=ModelVersion.Status.ACTIVE)
    assert in_threads([active.count]) == [1]


def _damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        flipped = bytes([content[middle] ^ 0xFF])
        path.write_bytes(content[:middle] + flipped + content[middle + 1 :])
