"""Qualities of products that their type implies, and the words people ask for them with.

>>> from recommend.learning.qualities import asked_for, load, of_type
>>> of_type("SOY/RICE MILK", load())
['lactose-free']
>>> sorted(asked_for("dairy free", load()))
['lactose-free']
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True)
class Quality:
    """Words in both languages, the first of each to show; ``types`` finds types that have it."""

    key: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]
    types: re.Pattern[str]


@lru_cache
def load() -> tuple[Quality, ...]:
    """Read ``qualities.tsv``."""
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, english, chinese, types = line.split("\t")
            words = [tuple(part.split("; ")) for part in (english, chinese)]
            found.append(Quality(key, words[0], words[1], re.compile(types)))
    return tuple(found)


def of_type(product_type: str, qualities: tuple[Quality, ...]) -> list[str]:
    """Return the keys of the qualities that products of a type have."""
    return [one.key for one in qualities if one.types.search(product_type)]


def asked_for(words: str, qualities: tuple[Quality, ...]) -> set[str]:
    """Return the keys of the qualities that are called so; a hyphen counts as a space."""
    meant = _plain(words)
    return {
        one.key
        for one in qualities
        if meant in {_plain(word) for word in one.english + one.chinese}
    }


def _plain(words: str) -> str:
    return " ".join(words.lower().replace("-", " ").split())
