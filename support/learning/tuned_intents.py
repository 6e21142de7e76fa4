"""Intents by a tuned transformer: the interface of :class:`~support.learning.intents.IntentModel`.

Scores are divided by one temperature, as the other model's are (Guo et al. 2017); here it comes
from utterances that are kept from a first, shorter training.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from support.learning import augment
from support.learning.intents import AUGMENTATIONS, Understood
from support.learning.kernels import best_temperature, softmax
from support.learning.texts import clean
from support.learning.transformer import Loop, TunedTransformer, Tuning

TUNING = Tuning(learning=3, tokens=32, limit=20_000, passes=3, slices=1, rate=2e-4)
FORMAT = 1
HELD_SHARE = 0.1


class TunedIntents:
    """Intents by a transformer whose upper layers learn.

    Parameters
    ----------
    folder
        Directory of the base; multilingual, for one model reads both languages.
    loop
        Runs the training; see :data:`~support.learning.transformer.Loop`.

    Attributes
    ----------
    texts_ : the utterances learned from, cleaned
    temperature_ : scores are multiplied by it before the softmax
    """

    def __init__(
        self,
        folder: str | Path,
        loop: Loop | None = None,
        *,
        tuning: Tuning = TUNING,
        augmentations: Sequence[str] = AUGMENTATIONS,
        seed: int = 0,
    ) -> None:
        self.folder = folder
        self.loop = loop
        self.tuning = tuning
        self.augmentations = tuple(augmentations)
        self.seed = seed

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        written = [clean(text) for text in texts]
        rng = np.random.default_rng(self.seed)
        held = np.zeros(len(written), bool)
        held[rng.permutation(len(written))[: int(HELD_SHARE * len(written))]] = True
        names = np.asarray(labels)
        made, made_labels, made_rows = list(written), list(labels), list(range(len(written)))
        for name in self.augmentations:
            more, rows = getattr(augment, name)(written, rng)
            made += [clean(text) for text in more]
            made_labels += [labels[row] for row in rows]
            made_rows += rows
        # A held utterance's augmented siblings are kept away too.
        known = [place for place, row in enumerate(made_rows) if not held[row]]
        self.model_ = TunedTransformer(self.folder, self.loop, self.tuning)
        self.model_.fit([made[place] for place in known], [made_labels[place] for place in known])
        asked = [text for text, kept in zip(written, held, strict=True) if kept]
        codes = np.searchsorted(self.model_.classes_, names[held])
        self.temperature_ = best_temperature(self.model_.scores(asked), codes)
        self.texts_ = [made[place] for place in known]
        self.vectors_ = _unit(self.model_.vectors(self.texts_))
        return self

    @property
    def intents(self) -> list[str]:
        return [str(name) for name in self.model_.classes_]

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return calibrated probabilities, float32 (n_texts, n_intents), columns as intents."""
        scores = self.model_.scores([clean(text) for text in texts])
        return softmax(self.temperature_ * scores)

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        vectors = self.model_.vectors([clean(text) for text in texts])
        chances = softmax(self.temperature_ * self.model_.scores_of(vectors))
        nearest = (_unit(vectors) @ self.vectors_.T).argmax(axis=1)
        names, found = self.intents, []
        for row, place in zip(chances, nearest, strict=True):
            first, second = np.argsort(-row)[:2]
            found.append(
                Understood(names[first], float(row[first]), names[second], self.texts_[place])
            )
        return found

    def save(self, path: Path) -> None:
        """Write one safetensors file; it needs the same base when it is loaded."""
        about = {
            "format": FORMAT,
            "temperature": self.temperature_,
            "texts": self.texts_,
            "augmentations": self.augmentations,
        }
        self.model_.save(path, about, {"vectors": self.vectors_.astype(np.float16)})

    @classmethod
    def load(cls, path: Path, folder: str | Path) -> Self:
        """Read what :meth:`save` wrote. Raises ValueError for another format or base."""
        inner, about, more = TunedTransformer.load(path, folder)
        if about["format"] != FORMAT:
            raise ValueError(f"tuned intents of format {about['format']}, not {FORMAT}")
        model = cls(folder, tuning=inner.tuning, augmentations=about["augmentations"])
        model.model_, model.texts_ = inner, about["texts"]
        model.temperature_ = about["temperature"]
        model.vectors_ = more["vectors"].astype(np.float32)
        return model


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
