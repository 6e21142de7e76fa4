"""Whether a Chinese review praises or complains.

Models that err differently, averaged: naive Bayes on character n-grams, an SVM on the same terms
weighted by their log-count ratios (Wang and Manning 2012, Baselines and bigrams), another on words
and pairs of words weighted so, an SVM on TF-IDF of characters and words, and a tuned transformer.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol, Self

import jieba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

jieba.setLogLevel(60)
HELD = 2000
"""Reviews that are kept from the transformer, to see how widely its scores spread."""
SHARES = np.linspace(0.0, 1.0, 21)
Scores = npt.NDArray[np.float64]


class Reader(Protocol):
    """What :class:`~support.learning.transformer.TunedTransformer` offers."""

    def fit(self, texts: Sequence[str], labels: Sequence[Any]) -> Any: ...

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...


def word_terms(text: str) -> list[str]:
    """Words as jieba cuts them, and pairs of neighbours."""
    words = [word for word in jieba.lcut(text) if word.strip()]
    return words + [f"{one}_{two}" for one, two in pairwise(words)]


class ReviewSentiment:
    """Linear models over characters and words, and a transformer.

    Parameters
    ----------
    transformer
        Learns beside the linear models; None leaves it out.
    ratio_cost, tfidf_cost
        ``C`` of the SVMs on ratios and of the one on TF-IDF.

    Attributes
    ----------
    ratios_, word_ratios_ : float32 (n_terms,), log of how much likelier a term is in praise
    share_ : how much the transformer counts, chosen on reviews that no part had learned from
    held_, n_held_ : accuracy on those reviews by part, and how many there were
    """

    def __init__(
        self,
        transformer: Reader | None = None,
        *,
        ratio_cost: float = 0.3,
        tfidf_cost: float = 0.3,
    ) -> None:
        self.transformer = transformer
        self.ratio_cost = ratio_cost
        self.tfidf_cost = tfidf_cost

    def fit(self, texts: Sequence[str], labels: Sequence[int]) -> Self:
        """Learn from texts and labels, 1 praise and 0 complaint."""
        target = np.asarray(labels)
        self._characters = CountVectorizer(
            analyzer="char", ngram_range=(1, 4), min_df=2, binary=True, dtype=np.float32
        )
        counts = self._characters.fit_transform(texts)
        self._tfidf = TfidfTransformer().fit(counts)
        self._words = CountVectorizer(analyzer=word_terms, min_df=2, dtype=np.float32)
        words = self._words.fit_transform(texts)
        self._word_tfidf = TfidfTransformer(sublinear_tf=True).fit(words)
        views = self._views(counts, words)
        # How widely scores spread is only seen on texts that were not learned from.
        held = np.zeros(len(target), bool)
        size = min(HELD, len(target) // 5)
        held[np.random.default_rng(1).permutation(len(target))[:size]] = True
        self._learn([view[~held] for view in views], target[~held])
        linear = self._scores([view[held] for view in views])
        self._scales = [float(np.std(scores)) for scores in linear]
        self._learn(views, target)
        self._weigh(texts, target, held, self._together(linear))
        return self

    def _weigh(
        self, texts: Sequence[str], target: npt.NDArray, held: npt.NDArray, linear: Scores
    ) -> None:
        """Train the transformer and choose its share."""
        praise = target[held] == 1
        self.share_, self._spread, self.n_held_ = 0.0, 1.0, int(held.sum())
        self.held_ = {"linear": float(((linear > 0) == praise).mean())}
        if self.transformer is None:
            return
        self.transformer.fit(
            [text for text, kept in zip(texts, held, strict=True) if not kept], target[~held]
        )
        read = self._read([text for text, kept in zip(texts, held, strict=True) if kept])
        self._spread = float(np.std(read))
        mixed = [(1.0 - share) * linear + share * read / self._spread for share in SHARES]
        right = np.array([((scores > 0) == praise).mean() for scores in mixed])
        # Neighbours are averaged, for the best of many on few reviews is partly luck.
        smooth = np.convolve(np.pad(right, 2, mode="edge"), np.full(5, 0.2), mode="valid")
        best = int(smooth.argmax())
        self.share_ = float(SHARES[best])
        self.held_ |= {
            "transformer": float(right[-1]),
            "together": float(right[best]),
        }

    def _read(self, texts: Sequence[str]) -> Scores:
        assert self.transformer is not None
        scores = self.transformer.scores(texts)
        return np.asarray(scores[:, 1] - scores[:, 0], np.float64)

    def _views(self, counts, words) -> list[sp.csr_matrix]:
        """Character n-grams and words that are there, and TF-IDF of both side by side."""
        both = [self._tfidf.transform(counts), self._word_tfidf.transform(words)]
        return [counts, (words > 0).astype(np.float32), sp.hstack(both).tocsr()]

    def _learn(self, views: Sequence[sp.csr_matrix], target: npt.NDArray) -> None:
        counts, words, tfidf = views
        self.ratios_ = _ratios(counts, target)
        self.word_ratios_ = _ratios(words, target)
        by_ratio = [_weighed(counts, self.ratios_), _weighed(words, self.word_ratios_)]
        self._by_ratio = [LinearSVC(C=self.ratio_cost).fit(view, target) for view in by_ratio]
        self._by_tfidf = LinearSVC(C=self.tfidf_cost).fit(tfidf, target)

    def _scores(self, views: Sequence[sp.csr_matrix]) -> list[Scores]:
        counts, words, tfidf = views
        lengths = np.sqrt(1.0 + np.asarray(counts.sum(axis=1)).ravel())
        return [
            np.asarray(counts @ self.ratios_) / lengths,
            self._by_ratio[0].decision_function(_weighed(counts, self.ratios_)),
            self._by_ratio[1].decision_function(_weighed(words, self.word_ratios_)),
            self._by_tfidf.decision_function(tfidf),
        ]

    def _together(self, scores: Sequence[Scores]) -> Scores:
        """The linear models' scores, each by its spread, averaged."""
        return np.mean([s / scale for s, scale in zip(scores, self._scales, strict=True)], axis=0)

    def linear_scores(self, texts: Sequence[str]) -> Scores:
        """What the linear models say without the transformer, float64 (n_texts,)."""
        counts, words = self._characters.transform(texts), self._words.transform(texts)
        return self._together(self._scores(self._views(counts, words)))

    def decision_function(self, texts: Sequence[str]) -> Scores:
        """Above 0 is praise; the further from 0 the surer, float64 (n_texts,)."""
        linear = self.linear_scores(texts)
        if not self.share_:
            return linear
        return (1.0 - self.share_) * linear + self.share_ * self._read(texts) / self._spread

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        return (self.decision_function(texts) > 0).astype(np.int64)


def _ratios(counts, target: npt.NDArray) -> npt.NDArray[np.float32]:
    praise = 1.0 + np.asarray(counts[target == 1].sum(axis=0)).ravel()
    complaint = 1.0 + np.asarray(counts[target == 0].sum(axis=0)).ravel()
    return np.log((praise / praise.sum()) / (complaint / complaint.sum())).astype(np.float32)


def _weighed(counts, ratios: npt.NDArray[np.float32]) -> sp.csr_matrix:
    return normalize(counts.multiply(ratios).tocsr())
