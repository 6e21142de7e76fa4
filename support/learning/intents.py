"""What a message wants: one of the written intents, how sure, and what it resembles most."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from support.learning import augment
from support.learning.kernels import KernelClassifier, View, softmax
from support.learning.texts import Encode, Matrices, NGrams, clean

OUT_OF_SCOPE = "out_of_scope"
VIEWS = {
    "meaning": View(weight=1.0, gamma=3.0),
    "characters": View(weight=0.2),
    "words": View(weight=0.15),
}
AUGMENTATIONS = ("frames", "synonyms")
FORMAT = 1


@dataclass(frozen=True)
class Understood:
    """The best intent, its probability, the runner-up, and the nearest written utterance."""

    intent: str
    confidence: float
    second: str
    nearest: str


class IntentReader(Protocol):
    """What both kinds of intent model offer."""

    @property
    def intents(self) -> list[str]: ...

    def predict(self, texts: Sequence[str]) -> list[Understood]: ...

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...

    def save(self, path: Path) -> None: ...


class IntentModel:
    """Intents by kernel ridge regression over meaning and n-grams.

    Parameters
    ----------
    encode
        Texts to unit vectors, float32 (n, d), Chinese and English in one space.
    views, ridge
        See :class:`~support.learning.kernels.KernelClassifier`.
    augmentations
        Names of functions of :mod:`support.learning.augment`, applied in this order.

    Attributes
    ----------
    texts_ : the utterances learned from, cleaned, augmented ones after the written ones
    classifier_ : KernelClassifier
    ngrams_ : NGrams
    """

    def __init__(
        self,
        encode: Encode,
        *,
        views: dict[str, View] | None = None,
        ridge: float = 0.1,
        augmentations: Sequence[str] = AUGMENTATIONS,
        seed: int = 0,
    ) -> None:
        self.encode = encode
        self.views = VIEWS if views is None else views
        self.ridge = ridge
        self.augmentations = tuple(augmentations)
        self.seed = seed

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        texts, labels = [clean(text) for text in texts], list(labels)
        rng = np.random.default_rng(self.seed)
        written = list(texts)
        for name in self.augmentations:
            made, rows = getattr(augment, name)(written, rng)
            texts += [clean(text) for text in made]
            labels += [labels[row] for row in rows]
        self.texts_ = texts
        self.ngrams_ = NGrams().fit(texts)
        self.classifier_ = KernelClassifier(self.views, self.ridge)
        self.classifier_.fit(self.matrices(texts), labels)
        return self

    @property
    def intents(self) -> list[str]:
        return list(self.classifier_.classes_)

    def matrices(self, texts: Sequence[str]) -> Matrices:
        """Return the views of cleaned texts."""
        views: dict[str, npt.NDArray[np.float32] | sp.csr_matrix] = {}
        if "meaning" in self.views:
            views["meaning"] = self.encode(list(texts))
        if self.views.keys() & {"characters", "words"}:
            views |= self.ngrams_.transform(texts)
        return {name: views[name] for name in self.views}

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return calibrated probabilities, float32 (n_texts, n_intents), columns as intents."""
        return self.classifier_.predict_proba(self.matrices([clean(text) for text in texts]))

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        found = []
        matrices = self.matrices([clean(text) for text in texts])
        classifier = self.classifier_
        kernel = classifier.kernel(matrices, classifier.columns_)
        scores = kernel @ classifier.alphas_ + classifier.offset_
        probabilities = softmax(classifier.temperature_ * scores)
        for row, nearest in zip(probabilities, kernel.argmax(axis=1), strict=True):
            first, second = np.argsort(-row)[:2]
            names = classifier.classes_
            found.append(
                Understood(
                    str(names[first]), float(row[first]), str(names[second]), self.texts_[nearest]
                )
            )
        return found

    def save(self, path: Path) -> None:
        """Write one npz without pickles; the encoder's vectors are kept as float16."""
        classifier = self.classifier_
        about = {
            "format": FORMAT,
            "views": {name: asdict(view) for name, view in self.views.items()},
            "ridge": self.ridge,
            "temperature": classifier.temperature_,
            "intents": self.intents,
            "texts": self.texts_,
            "augmentations": self.augmentations,
        }
        arrays = {"alphas": classifier.alphas_, "offset": classifier.offset_}
        if "meaning" in self.views:
            arrays["meaning"] = np.asarray(classifier.examples_["meaning"], np.float16)
        np.savez_compressed(path, about=np.array(json.dumps(about, ensure_ascii=False)), **arrays)

    @classmethod
    def load(cls, path: Path, encode: Encode) -> Self:
        """Read what :meth:`save` wrote. Raises ValueError for another format."""
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["format"] != FORMAT:
                raise ValueError(f"intent model of format {about['format']}, not {FORMAT}")
            views = {name: View(**values) for name, values in about["views"].items()}
            model = cls(
                encode,
                views=views,
                ridge=about["ridge"],
                augmentations=about["augmentations"],
            )
            classifier = model.classifier_ = KernelClassifier(views, about["ridge"])
            classifier.classes_ = np.array(about["intents"])
            classifier.alphas_, classifier.offset_ = file["alphas"], file["offset"]
            classifier.temperature_ = about["temperature"]
            model.texts_ = about["texts"]
            model.ngrams_ = NGrams().fit(model.texts_)
            examples: dict[str, npt.NDArray[np.float32] | sp.csr_matrix] = {}
            if "meaning" in views:
                examples["meaning"] = file["meaning"].astype(np.float32)
            examples |= model.ngrams_.transform(model.texts_)
            classifier.remember({name: examples[name] for name in views})
        return model
