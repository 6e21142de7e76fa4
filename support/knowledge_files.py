"""The knowledge that ships as files: utterances by intent, answers, flows."""

from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "knowledge"


def _read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def utterances(folder: str = "intents", language: str = "") -> tuple[list[str], list[str]]:
    """Texts and their intents from ``knowledge/<folder>/<language>*.yaml``."""
    texts: list[str] = []
    labels: list[str] = []
    for path in sorted((FOLDER / folder).glob(f"{language}*.yaml")):
        for intent, block in _read(path).items():
            lines = [line.strip() for line in block.splitlines() if line.strip()]
            texts += lines
            labels += [intent] * len(lines)
    return texts, labels


@lru_cache
def read(name: str) -> dict:
    """A knowledge file by its name without ``.yaml``, read once a process."""
    return _read(FOLDER / f"{name}.yaml")


@lru_cache
def intent_names() -> tuple[str, ...]:
    """The intents that have utterances, in the order of the files."""
    return tuple(dict.fromkeys(utterances()[1]))
