"""A message as the models see it: cleaned, and as character and word n-grams of unit length."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer

ORDER_NUMBER = re.compile(r"\b(?:M-\d{8}-[A-Z0-9]{4,8}|CJ-\d{4,14})\b", re.IGNORECASE | re.ASCII)
LONG_NUMBER = re.compile(r"#?\d{4,}")
STAND_IN = "12345"
"""Which order it is says nothing about what is wanted of it."""
BUCKETS = 2**17
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
Matrices = Mapping[str, npt.NDArray[np.float32] | sp.csr_matrix]


def clean(text: str) -> str:
    """Lower case, one width, order and other long numbers alike."""
    text = unicodedata.normalize("NFKC", text)
    text = LONG_NUMBER.sub(STAND_IN, ORDER_NUMBER.sub(STAND_IN, text))
    return " ".join(text.lower().split())


class NGrams:
    """Hashed n-grams weighted by how rare they are; learned state is one vector of weights.

    Characters 1 to 4 inside words; words (Chinese: characters) and pairs of them.
    """

    def __init__(self) -> None:
        options = {"n_features": BUCKETS, "alternate_sign": False, "norm": None}
        self._hashers = {
            "characters": HashingVectorizer(analyzer="char_wb", ngram_range=(1, 4), **options),
            "words": HashingVectorizer(
                token_pattern=r"[a-z0-9']+|[\u4e00-\u9fff]", ngram_range=(1, 2), **options
            ),
        }
        self.rarity_: dict[str, npt.NDArray[np.float32]] = {}

    def fit(self, texts: Sequence[str]) -> "NGrams":
        for name, counts in self._counts(texts).items():
            frequency = np.bincount(counts.indices, minlength=BUCKETS)
            rarity = np.log((1.0 + len(texts)) / (1.0 + frequency)) + 1.0
            self.rarity_[name] = rarity.astype(np.float32)
        return self

    def transform(self, texts: Sequence[str]) -> dict[str, sp.csr_matrix]:
        """Return one matrix a view, float32 (n_texts, BUCKETS), rows of unit length."""
        made = {}
        for name, counts in self._counts(texts).items():
            counts.data = (1.0 + np.log(counts.data)) * self.rarity_[name][counts.indices]
            row_of = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
            squares = np.bincount(row_of, counts.data**2, minlength=counts.shape[0])
            counts.data /= np.sqrt(np.maximum(squares, 1e-18)).astype(np.float32)[row_of]
            made[name] = counts
        return made

    def _counts(self, texts: Sequence[str]) -> dict[str, sp.csr_matrix]:
        return {
            name: sp.csr_matrix(hasher.transform(texts)).astype(np.float32)
            for name, hasher in self._hashers.items()
        }
