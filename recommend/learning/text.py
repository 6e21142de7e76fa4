"""Search over product texts: phrases, words and meaning together, Chinese and English.

Phrases: what the query names outright (phrases.py). Words: BM25 with fields (Robertson, Zaragoza,
Taylor 2004, "Simple BM25 extension to multiple weighted fields", CIKM), divided by what a perfect
match would get. Meaning: cosine of sentence vectors, to names and to what a thing is for. The
three are added; a little popularity decides between products that are alike. A mistyped query is
searched as it is and as it was meant (spelling.py), and each product keeps the better score.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommend.learning.aliases import load_aliases
from recommend.learning.phrases import Group, PhraseTable, build_phrases, texts_of
from recommend.learning.segment import Segmenter
from recommend.learning.spelling import Speller
from recommend.learning.tokens import has_chinese, is_single, query_weights, tokens

Encode = Callable[[list[str]], npt.NDArray[np.float32]]

K1 = 0.6
B = 0.3
PHRASES, WORDS, MEANING, POPULARITY = 0.5, 0.25, 0.65, 0.04
COSINE_FLOOR, COSINE_SPAN = 0.3, 0.7
NEAR = 0.13
"""Without a word in common a product counts only if its cosine is this close to the best."""
LEAST_COSINE = 0.38
LEAST_WORDS = 0.4
"""With fewer of the query's words than this share of the best match, meaning must speak for it."""
LEAST_SHARE = 0.08
LEAST_PHRASE = 0.25
NOT_ASKED_FOR = 0.05
"""What a thing for children loses when the query does not speak of any, and a thing to put into
another when only the other is named: about what words make between things that the query names
alike, less than there is to things it does not name."""
CORRECTED = 0.95
"""A product found by what was probably meant counts a little less."""


_FOR_CHILDREN = re.compile(r"\b(?:kids?|child(?:ren)?|toddlers?|juniors?)\b|儿童|童鞋|幼儿")
_CHILDREN = re.compile(
    r"\b(?:kids?|child(?:ren)?|toddlers?|juniors?|boys?|girls?|sons?|daughters?|bab(?:y|ies)|school|"
    r"grand(?:son|daughter|child)\w*|little ones?)\b|童|孩|宝宝|小朋友|儿子|女儿|学步|小学|婴|幼|娃"
)
_PUT_INTO = re.compile(r"\b(?:creamers?|half and half)\b|植脂末|奶精|伴侣")
"""Creamer stands on the shelf of coffee and bears its name; who wants coffee wants no creamer."""


@dataclass(frozen=True)
class Document:
    """A product's texts: ``fields`` as (weight, text), ``names`` as what it is, per language.

    ``groups`` are keys of what it belongs to, as in :func:`build_index`.
    """

    id: int
    names: tuple[str, str]
    fields: tuple[tuple[float, str], ...]
    popularity: float = 0.0
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """A document's place: ``score`` about 0 to 1; ``reason`` is ``words`` or ``meaning``."""

    row: int
    id: int
    score: float
    reason: str


@dataclass
class TextIndex:
    """Searchable texts of n documents.

    Attributes
    ----------
    ids : int64 array, shape (n,)
    vectors : float32 array, shape (n_names, d)
        Unit vectors of the distinct names.
    name_rows : int32 array, shape (n, 2)
        Row in ``vectors`` of each document's English and Chinese name.
    terms : array of str, shape (n_terms,)
        Sorted vocabulary.
    weights : csc_array, shape (n, n_terms)
        BM25 term weights without idf, 1 for a term that is all a field says.
    idf : float32 array, shape (n_terms,)
    popularity : float32 array, shape (n,)
        0 to 1.
    for_children : bool array, shape (n,)
        Whether a name says so.
    put_into : bool array, shape (n,)
        Whether it is there to be put into something else.
    phrases : PhraseTable
    encoder : str
        Name of the encoder that made the vectors.
    """

    ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    name_rows: npt.NDArray[np.int32]
    terms: npt.NDArray[np.str_]
    weights: sparse.csc_array
    idf: npt.NDArray[np.float32]
    popularity: npt.NDArray[np.float32]
    for_children: npt.NDArray[np.bool_]
    put_into: npt.NDArray[np.bool_]
    phrases: PhraseTable
    encoder: str = ""
    _row_of: dict[int, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._row_of = {int(pk): row for row, pk in enumerate(self.ids)}
        chinese = self.phrases.chinese
        said = [text for alias in load_aliases().values() for text in alias.names + alias.needs]
        terms = [*self.terms.tolist(), *(term for text in said for term in tokens(text))]
        pairs = [term for term in terms if len(term) == 2 and has_chinese(term)]
        pairs += [phrase[i : i + 2] for phrase in chinese for i in range(len(phrase) - 1)]
        # A word nobody uses would weigh most; it counts like a rather rare one.
        self._unknown = float(np.quantile(self.idf, 0.75)) if len(self.idf) else 1.0
        self._segmenter = Segmenter(chinese)
        self._speller = Speller([*terms, *self.phrases.words], chinese, pairs)

    def row_of(self, document_id: int) -> int | None:
        return self._row_of.get(document_id)

    def readings(self, text: str) -> list[str]:
        """Return the query and, where it is mistyped, what was probably meant."""
        meant = self._speller.correct(text)
        return [text] if "".join(meant.split()) == "".join(text.split()) else [text, meant]

    def search(
        self, readings: Sequence[str], vectors: Sequence[npt.NDArray[np.float32]], limit: int
    ) -> list[Match]:
        """Return the best matches, best first.

        Parameters
        ----------
        readings
            What :meth:`readings` gives.
        vectors
            The readings' unit vectors; empty to search by words alone.
        """
        parts = [self._parts(text, vector) for text, vector in _beside(readings, vectors)]
        weights = [1.0] + [CORRECTED] * (len(parts) - 1)
        phrases, words, cosine = (
            np.max([w * part[i] for w, part in zip(weights, parts, strict=True)], axis=0)
            for i in range(3)
        )
        meaning = np.clip((cosine - COSINE_FLOOR) / COSINE_SPAN, 0.0, 1.0)
        scores = PHRASES * phrases + WORDS * words + MEANING * meaning
        scores += POPULARITY * self.popularity
        if not any(_CHILDREN.search(text.lower()) for text in readings):
            scores -= NOT_ASKED_FOR * self.for_children
        if not any(_PUT_INTO.search(text.lower()) for text in readings):
            scores -= NOT_ASKED_FOR * self.put_into
        by_words = words >= max(LEAST_WORDS * float(words.max(initial=0.0)), LEAST_SHARE)
        by_words |= phrases >= max(LEAST_PHRASE, LEAST_WORDS * float(phrases.max(initial=0.0)))
        by_meaning = cosine >= max(LEAST_COSINE, float(cosine.max(initial=0.0)) - NEAR)
        chosen = np.flatnonzero(by_words | by_meaning)
        order = chosen[np.lexsort((self.ids[chosen], -scores[chosen]))][:limit]
        return [
            Match(
                row=int(row),
                id=int(self.ids[row]),
                score=round(float(scores[row]), 4),
                reason="words" if by_words[row] else "meaning",
            )
            for row in order
        ]

    def _parts(
        self, text: str, vector: npt.NDArray[np.float32] | None
    ) -> tuple[npt.NDArray, npt.NDArray, npt.NDArray]:
        """Scores of one reading by phrases, by words and by meaning, each of shape (n,)."""
        units = self._segmenter.units(text)
        phrases = self.phrases.scores(units, [self._importance(unit) for unit in units])
        cosine = self.cosines(vector) if vector is not None else np.zeros(len(self.ids))
        return phrases, self.word_scores(text), cosine

    def _importance(self, unit: str) -> float:
        """How much a word says: its rarity, a word's characters taken by pairs."""
        found = [self._term(term) for term in tokens(unit) if not is_single(term)]
        known = [float(self.idf[place]) for place in found if place is not None]
        return max(known) if known else self._unknown

    def word_scores(self, text: str) -> npt.NDArray[np.float64]:
        """Return how much of the query each document says, 0 to 1, shape (n,).

        Documents that share only single Chinese characters with the query count by the square of
        the share of characters they have: 跑步鞋 answers 跑鞋, 有机 does not answer 耳机.
        """
        wanted = query_weights(text)
        own = set(tokens(text))
        singles = [term for term in own if is_single(term)]
        scores, whole = np.zeros(len(self.ids)), 0.0
        pairs = np.zeros(len(self.ids), bool)
        characters = np.zeros(len(self.ids))
        for term, weight in wanted.items():
            found = self._term(term)
            if term in own:
                whole += weight * (float(self.idf[found]) if found is not None else self._unknown)
            if found is None:
                continue
            first, last = self.weights.indptr[found : found + 2]
            rows = self.weights.indices[first:last]
            scores[rows] += weight * self.idf[found] * self.weights.data[first:last]
            if not is_single(term):
                pairs[rows] = True
            elif term in own:
                characters[rows] += 1
        if len(singles) > 1:
            scores *= np.where(pairs, 1.0, (characters / len(singles)) ** 2)
        return np.clip(scores / max(whole, 1e-9), 0.0, 1.0)

    def _term(self, term: str) -> int | None:
        place = int(np.searchsorted(self.terms, term))
        return place if place < len(self.terms) and self.terms[place] == term else None

    def cosines(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the best cosine of each document's names and needs, shape (n,)."""
        own = (self.vectors @ vector)[self.name_rows].max(axis=1)
        return np.maximum(own, self.phrases.needs(vector)) if len(own) else own

    def alike(self, row: int) -> npt.NDArray[np.float32]:
        """Return the cosine of every document to one of them, by the mean of both names."""
        vector = self.vectors[self.name_rows[row]].mean(axis=0)
        return (self.vectors @ vector)[self.name_rows].mean(axis=1)

    def save(self, path: Path) -> None:
        """Write a compressed npz without pickles; vectors as float16."""
        weights = self.weights
        np.savez_compressed(
            path,
            ids=self.ids,
            vectors=self.vectors.astype(np.float16),
            name_rows=self.name_rows,
            terms=self.terms,
            data=weights.data.astype(np.float16),
            indices=weights.indices.astype(np.int32),
            indptr=weights.indptr.astype(np.int32),
            idf=self.idf,
            popularity=self.popularity,
            for_children=self.for_children,
            put_into=self.put_into,
            encoder=np.array(self.encoder),
            **self.phrases.arrays(),  # type: ignore[arg-type]
        )

    @classmethod
    def load(cls, path: Path) -> "TextIndex":
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        shape = (len(parts["ids"]), len(parts["terms"]))
        columns = (parts["data"].astype(np.float32), parts["indices"], parts["indptr"])
        return cls(
            ids=parts["ids"],
            vectors=parts["vectors"].astype(np.float32),
            name_rows=parts["name_rows"],
            terms=parts["terms"],
            weights=sparse.csc_array(columns, shape=shape),
            idf=parts["idf"],
            popularity=parts["popularity"],
            for_children=parts["for_children"],
            # An index of before does not know; it serves until the next one is built.
            put_into=parts.get("put_into", np.zeros(len(parts["ids"]), bool)),
            phrases=PhraseTable.from_arrays(parts),
            encoder=str(parts["encoder"]),
        )


def build_index(
    documents: Sequence[Document],
    encode: Encode,
    encoder: str = "",
    groups: Mapping[str, Group] | None = None,
) -> TextIndex:
    """Index documents; every distinct text is encoded once.

    ``groups`` says what the keys in the documents' ``groups`` are called and used for.
    """
    groups = groups or {}
    names = {name: row for row, name in enumerate(sorted({n for d in documents for n in d.names}))}
    needs = sorted({text for group in groups.values() for text in texts_of(group)} - set(names))
    encoded = np.asarray(encode([*names, *needs]), np.float32)
    place = names | {text: len(names) + row for row, text in enumerate(needs)}
    popularity = np.log1p(np.array([d.popularity for d in documents], np.float32))
    terms, weights, idf = _word_weights(documents)
    return TextIndex(
        ids=np.array([d.id for d in documents], np.int64),
        vectors=encoded[: len(names)],
        name_rows=np.array([[names[n] for n in d.names] for d in documents], np.int32).reshape(
            -1, 2
        ),
        terms=terms,
        weights=weights,
        idf=idf,
        popularity=(popularity / max(float(popularity.max(initial=0)), 1e-9)).astype(np.float32),
        for_children=_saying(_FOR_CHILDREN, documents),
        put_into=_saying(_PUT_INTO, documents),
        phrases=build_phrases(
            groups,
            [d.groups for d in documents],
            {text: encoded[row] for text, row in place.items()},
        ),
        encoder=encoder,
    )


def _saying(words: re.Pattern[str], documents: Sequence[Document]) -> npt.NDArray[np.bool_]:
    """Whose name has these words, shape (n,)."""
    return np.array([bool(words.search(" ".join(d.names).lower())) for d in documents], bool)


def _beside(
    readings: Sequence[str], vectors: Sequence[npt.NDArray[np.float32]]
) -> list[tuple[str, npt.NDArray[np.float32] | None]]:
    if not len(vectors):
        return [(text, None) for text in readings]
    return list(zip(readings, vectors, strict=True))


def _word_weights(
    documents: Sequence[Document],
) -> tuple[npt.NDArray[np.str_], sparse.csc_array, npt.NDArray[np.float32]]:
    counts: list[Counter[str]] = []
    lengths = np.zeros(len(documents))
    for row, document in enumerate(documents):
        counter: Counter[str] = Counter()
        for weight, text in document.fields:
            for term in tokens(text):
                counter[term] += weight  # type: ignore[assignment]
        counts.append(counter)
        lengths[row] = sum(v for t, v in counter.items() if not is_single(t))
    terms = np.array(sorted({term for counter in counts for term in counter}), dtype=np.str_)
    place = {term: i for i, term in enumerate(terms.tolist())}
    mean_length = lengths.mean() if len(lengths) else 1.0
    rows, columns, values = [], [], []
    for row, counter in enumerate(counts):
        norm = K1 * (1 - B + B * lengths[row] / max(mean_length, 1e-9))
        for term, frequency in counter.items():
            rows.append(row)
            columns.append(place[term])
            values.append(frequency / (frequency + norm))
    shape = (len(documents), len(terms))
    matrix = sparse.csc_array(
        sparse.coo_array((np.array(values, np.float32), (rows, columns)), shape=shape)
    )
    containing = np.diff(matrix.indptr)
    idf = np.log1p((len(documents) - containing + 0.5) / (containing + 0.5))
    return terms, matrix, idf.astype(np.float32)


def core_name(title: str, *extras: str) -> str:
    """Return a title without brand and size: what the thing is.

    >>> core_name("Whole milk, Store brand, 1 gal", "Store brand", "1 gal")
    'Whole milk'
    >>> core_name("意面酱 (青田) 25.75 盎司", "青田", "25.75 盎司")
    '意面酱'
    """
    core = title
    for extra in extras:
        if extra:
            core = core.replace(extra, " ")
    core = core.replace("(", " ").replace(")", " ").replace("（", " ").replace("）", " ")
    core = " ".join(core.split()).strip(" ,，")
    core = ", ".join(part.strip() for part in core.split(",") if part.strip())
    if has_chinese(title) and not has_chinese(core):
        return title
    return core or title
