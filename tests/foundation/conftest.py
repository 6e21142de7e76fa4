"""An artefact folder of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation import registry
from tests.inventory.conftest import in_threads

__all__ = ["in_threads"]


@pytest.fixture(autouse=True)
def artefact_folder(settings, tmp_path: Path) -> Iterator[Path]:
    settings.ARTEFACT_DIR = tmp_path / "artefacts"
    registry.forget_loaded()
    yield settings.ARTEFACT_DIR
    registry.forget_loaded()
