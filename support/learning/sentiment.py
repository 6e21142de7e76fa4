"""Whether a Chinese review praises or complains.

Three models that err differently, averaged: naive Bayes on character n-grams, an SVM on the same
terms weighted by their log-count ratios (Wang and Manning 2012, Baselines and bigrams), and an SVM
on TF-IDF of characters and words beside the encoder's vectors. The first two carry over best to
products that were never seen.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import jieba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from support.learning.texts import Encode

jieba.setLogLevel(60)


def word_terms(text: str) -> list[str]:
    """Words as jieba cuts them, and pairs of neighbours."""
    words = [word for word in jieba.lcut(text) if word.strip()]
    return words + [f"{one}_{two}" for one, two in pairwise(words)]


class ReviewSentiment:
    """Linear models over characters, words and meaning.

    Parameters
    ----------
    encode
        Texts to unit vectors, float32 (n, d); None leaves meaning out.
    ratio_cost, tfidf_cost
        ``C`` of the two SVMs.
    meaning
        Weight of the encoder's vectors beside the TF-IDF columns.

    Attributes
    ----------
    ratios_ : float32 (n_terms,), log of how much likelier a term is in praise
    """

    def __init__(
        self,
        encode: Encode | None = None,
        *,
        ratio_cost: float = 0.3,
        tfidf_cost: float = 0.3,
        meaning: float = 0.7,
    ) -> None:
        self.encode = encode
        self.ratio_cost = ratio_cost
        self.tfidf_cost = tfidf_cost
        self.meaning = meaning

    def fit(self, texts: Sequence[str], labels: Sequence[int]) -> Self:
        """Learn from texts and labels, 1 praise and 0 complaint."""
        target = np.asarray(labels)
        self._characters = CountVectorizer(
            analyzer="char", ngram_range=(1, 4), min_df=2, binary=True, dtype=np.float32
        )
        counts = self._characters.fit_transform(texts)
        self._tfidf = TfidfTransformer().fit(counts)
        self._words = TfidfVectorizer(
            analyzer=word_terms, min_df=2, sublinear_tf=True, dtype=np.float32
        ).fit(texts)
        views = self._views(texts, counts)
        # How widely scores spread is only seen on texts that were not learned from.
        half = np.random.default_rng(0).random(len(target)) < 0.5
        self._learn(counts[half], views[half], target[half])
        self._scales = [float(np.std(s)) for s in self._scores(counts[~half], views[~half])]
        self._learn(counts, views, target)
        return self

    def _learn(self, counts, views, target: npt.NDArray) -> None:
        praise = 1.0 + np.asarray(counts[target == 1].sum(axis=0)).ravel()
        complaint = 1.0 + np.asarray(counts[target == 0].sum(axis=0)).ravel()
        ratios = np.log((praise / praise.sum()) / (complaint / complaint.sum()))
        self.ratios_ = ratios.astype(np.float32)
        self._by_ratio = LinearSVC(C=self.ratio_cost).fit(self._weighed(counts), target)
        self._by_views = LinearSVC(C=self.tfidf_cost).fit(views, target)

    def _weighed(self, counts) -> sp.csr_matrix:
        return normalize(counts.multiply(self.ratios_).tocsr())

    def _views(self, texts: Sequence[str], counts) -> sp.csr_matrix:
        parts = [self._tfidf.transform(counts), self._words.transform(texts)]
        if self.encode is not None:
            parts.append(sp.csr_matrix(self.meaning * self.encode(list(texts))))
        return sp.hstack(parts).tocsr()

    def _scores(self, counts, views) -> list[npt.NDArray[np.float64]]:
        lengths = np.sqrt(1.0 + np.asarray(counts.sum(axis=1)).ravel())
        return [
            np.asarray(counts @ self.ratios_) / lengths,
            self._by_ratio.decision_function(self._weighed(counts)),
            self._by_views.decision_function(views),
        ]

    def decision_function(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Above 0 is praise; the further from 0 the surer, float64 (n_texts,)."""
        counts = self._characters.transform(texts)
        scores = self._scores(counts, self._views(texts, counts))
        return np.sum([s / scale for s, scale in zip(scores, self._scales, strict=True)], axis=0)

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        return (self.decision_function(texts) > 0).astype(np.int64)
