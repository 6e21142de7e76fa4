"""What a query names outright: phrases of the catalogue, the longest first.

Products belong to groups (department, category, type, the product itself); a phrase names one or
several groups. "牛油" names butter and says nothing of 牛油果, which a search by characters cannot
tell. A group's *needs* are short texts compared by meaning: documents are expanded by what they
would be asked for, as in Nogueira et al. 2019 ("Document Expansion by Query Prediction"), but by
hand.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommend.learning.segment import LONGEST, Segmenter, phrase_key
from recommend.learning.tokens import CJK, normalise

_PARTS = re.compile(r"\s*(?:[,，、;]|\s&\s|\sand\s|与|和)\s*")
VAGUE = 0.2
"""How much less the needs of a wide group count: what unblocks a drain before all cleaners."""
_CHINESE = re.compile(rf"[{CJK}]")


@dataclass(frozen=True)
class Group:
    """What its products are called, most telling first, and what they are for.

    ``weight`` is how much a name of the group says about one of its products.
    """

    names: tuple[str, ...]
    needs: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass
class PhraseTable:
    """Phrases of g groups over n documents.

    Attributes
    ----------
    doc_groups : int32 array, shape (n, 4)
        Groups of each document; -1 where there is none.
    keys : array of str, shape (p,)
        Sorted.
    starts, groups, weights
        Phrase i names ``groups[starts[i]:starts[i + 1]]`` with these weights.
    need_groups : int32 array, shape (m,)
        The group of each need.
    need_vectors : float32 array, shape (m, d)
        A little shorter than 1 for wide groups.
    """

    doc_groups: npt.NDArray[np.int32]
    keys: npt.NDArray[np.str_]
    starts: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    need_groups: npt.NDArray[np.int32]
    need_vectors: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        self._place = {key: row for row, key in enumerate(self.keys.tolist())}
        tables = (self.doc_groups, self.groups, self.need_groups)
        # One more than there are: the last stands for "none", which index -1 finds.
        self._slots = 2 + max(int(table.max(initial=-1)) for table in tables)

    @property
    def words(self) -> set[str]:
        """English words of all phrases."""
        return {word for key in self._place for word in key.split(" ") if word.isascii()}

    @property
    def chinese(self) -> list[str]:
        return [key for key in self._place if _CHINESE.match(key) and " " not in key]

    def scores(self, units: Sequence[str], importance: Sequence[float]) -> npt.NDArray[np.float64]:
        """Return how much of the query each document is named by, 0 to 1, shape (n,).

        ``importance`` has one weight for each unit.
        """
        total = sum(importance)
        found = np.zeros(len(self.doc_groups))
        if not total:
            return found
        place = 0
        while place < len(units):
            length, row = self._longest(units, place)
            if row is not None:
                share = sum(importance[place : place + length]) / total
                found += share * self._named(row)
            place += length
        return np.minimum(found, 1.0)

    def _longest(self, units: Sequence[str], place: int) -> tuple[int, int | None]:
        for length in range(min(LONGEST, len(units) - place), 0, -1):
            row = self._place.get(phrase_key(units[place : place + length]))
            if row is not None:
                return length, row
        return 1, None

    def _named(self, row: int) -> npt.NDArray[np.float64]:
        first, last = self.starts[row : row + 2]
        by_group = np.zeros(self._slots)
        by_group[self.groups[first:last]] = self.weights[first:last]
        return by_group[self.doc_groups].max(axis=1)

    def needs(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the best cosine of each document's needs and names to a query, shape (n,)."""
        by_group = np.full(self._slots, -1.0, np.float32)
        if len(self.need_groups):
            np.maximum.at(by_group, self.need_groups, self.need_vectors @ vector)
        return by_group[self.doc_groups].max(axis=1)

    def arrays(self) -> dict[str, npt.NDArray]:
        return {
            "doc_groups": self.doc_groups,
            "phrase_keys": self.keys,
            "phrase_starts": self.starts,
            "phrase_groups": self.groups,
            "phrase_weights": self.weights,
            "need_groups": self.need_groups,
            "need_vectors": self.need_vectors.astype(np.float16),
        }

    @classmethod
    def from_arrays(cls, parts: Mapping[str, npt.NDArray]) -> "PhraseTable":
        return cls(
            doc_groups=parts["doc_groups"],
            keys=parts["phrase_keys"],
            starts=parts["phrase_starts"],
            groups=parts["phrase_groups"],
            weights=parts["phrase_weights"],
            need_groups=parts["need_groups"],
            need_vectors=parts["need_vectors"].astype(np.float32),
        )


def build_phrases(
    groups: Mapping[str, Group],
    members: Sequence[Iterable[str]],
    vectors: Mapping[str, npt.NDArray],
) -> PhraseTable:
    """Collect the phrases of the groups that documents belong to.

    Parameters
    ----------
    members
        For each document the keys of its groups; unknown ones are left out.
    vectors
        Unit vectors of every text that :func:`texts_of` gives.
    """
    place = {key: number for number, key in enumerate(sorted(groups))}
    cutter = Segmenter()
    table: dict[str, dict[int, float]] = {}
    need_groups, need_vectors = [], []
    for key, number in place.items():
        group = groups[key]
        for name in group.names:
            for part in {name, *_PARTS.split(name)}:
                phrase = _plain_key(cutter, part)
                if phrase:
                    weights = table.setdefault(phrase, {})
                    weights[number] = max(weights.get(number, 0.0), group.weight)
        for text in texts_of(group):
            need_groups.append(number)
            need_vectors.append(vectors[text] * (1 - VAGUE * (1 - group.weight)))
    width = max((len(list(keys)) for keys in members), default=1) or 1
    doc_groups = np.full((len(members), width), -1, np.int32)
    for row, keys in enumerate(members):
        for column, key in enumerate(keys):
            doc_groups[row, column] = place.get(key, -1)
    return _packed(table, doc_groups, need_groups, need_vectors)


def texts_of(group: Group) -> tuple[str, ...]:
    """Return what is compared by meaning."""
    return (*group.needs, *group.names)


def _plain_key(cutter: Segmenter, name: str) -> str:
    """A Chinese name whole, an English one as its words."""
    flat = normalise(name)
    if _CHINESE.search(flat):
        return "".join(flat.split())
    return phrase_key(cutter.units(flat))


def _packed(
    table: Mapping[str, Mapping[int, float]],
    doc_groups: npt.NDArray[np.int32],
    need_groups: list[int],
    need_vectors: list[npt.NDArray],
) -> PhraseTable:
    keys = sorted(table)
    starts, groups, weights = [0], [], []
    for key in keys:
        groups += list(table[key])
        weights += list(table[key].values())
        starts.append(len(groups))
    return PhraseTable(
        doc_groups=doc_groups,
        keys=np.array(keys, dtype=np.str_),
        starts=np.array(starts, np.int32),
        groups=np.array(groups, np.int32),
        weights=np.array(weights, np.float32),
        need_groups=np.array(need_groups, np.int32),
        need_vectors=np.array(need_vectors, np.float32),
    )
