"""A transformer whose upper layers learn to tell texts apart, in minutes on one core.

Only the upper layers learn (Lee et al. 2019, "What Would Elsa Do? Freezing Layers During
Transformer Fine-Tuning": a quarter of the layers gives nine tenths of the gain). The lower ones
compute in 8 bits, which is twice as fast, in training as later, so that the upper ones learn on
what they will see. Of a long text the beginning and the end are read.
"""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Loop = Callable[..., Any]
"""Runs a training: ``loop(module, groups, batches, loss_of, epochs=, key=)``, the arguments of
``foundation.learning.loop.fit`` with the number of epochs and the key of its checkpoint."""
HEAD_RATE = 1e-3
DECAY = 0.9
"""Each layer learns so much slower than the one above it."""
LIKE_LENGTHS = 4
"""Tokens by which texts of one batch may differ in length."""


@dataclass(frozen=True)
class Tuning:
    """What learns, and how long.

    ``learning`` upper layers; ``tokens`` of a text, two thirds from its beginning and one from its
    end; at most ``limit`` texts, drawn at random, so that time is bounded; each of ``passes`` over
    them in ``slices``, after which a checkpoint is written. ``short`` multiplies in bfloat16, which
    is faster where the processor has it (AVX512-BF16, AMX) and slower elsewhere.
    """

    learning: int = 4
    tokens: int = 48
    limit: int = 16_000
    passes: int = 1
    slices: int = 8
    rate: float = 1e-4
    batch: int = 32
    seed: int = 0
    short: bool = False


class Network(nn.Module):
    """Frozen lower layers in 8 bits, learning upper ones, and a linear layer on their mean."""

    def __init__(self, folder: str | Path, tuning: Tuning, classes: int) -> None:
        super().__init__()
        from transformers import AutoModel

        learning, self.short = tuning.learning, tuning.short

        base = AutoModel.from_pretrained(str(folder), add_pooling_layer=False)
        layers = list(base.encoder.layer)
        self.embeddings = base.embeddings
        self.lower = nn.ModuleList(layers[: len(layers) - learning])
        self.upper = nn.ModuleList(layers[len(layers) - learning :])
        self.head = nn.Linear(base.config.hidden_size, classes)
        self.embeddings.requires_grad_(False)
        self.lower.requires_grad_(False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.ao.quantization.quantize_dynamic(self.lower, {nn.Linear}, inplace=True)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.embeddings.eval()
        self.lower.eval()
        return self

    def below(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What the frozen layers make of token ids, float32 (n, tokens, width)."""
        with torch.no_grad(), self._precision():
            states = self.embeddings(input_ids=ids)
            for layer in self.lower:
                states = layer(states, _bias(mask))
        return states

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The mean of the learning layers over each text's tokens, float32 (n, width)."""
        with self._precision():
            for layer in self.upper:
                states = layer(states, _bias(mask))
            weights = mask.unsqueeze(-1).to(states.dtype)
            return ((states * weights).sum(1) / weights.sum(1)).float()

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.short)

    def learned(self) -> dict[str, torch.Tensor]:
        """The tensors that differ from the base's."""
        state = self.state_dict()
        return {name: state[name] for name in state if name.startswith(("upper.", "head."))}

    def put(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over what :meth:`learned` gave. Raises ValueError when it is another network's."""
        own = self.learned()
        if own.keys() != tensors.keys():
            raise ValueError("The tensors are those of another network.")
        with torch.no_grad():
            for name, tensor in own.items():
                if tensor.shape != tensors[name].shape:
                    raise ValueError(f"{name} has another shape.")
                tensor.copy_(tensors[name])


def _bias(mask: torch.Tensor) -> torch.Tensor:
    return torch.zeros(mask.shape).masked_fill(mask == 0, -1e9)[:, None, None, :]


class TunedTransformer:
    """Texts to scores of classes.

    Parameters
    ----------
    folder
        A directory of a BERT that ``transformers`` loads, with its tokenizer.
    loop
        Runs the training; see :data:`Loop`. What was loaded needs none.

    Attributes
    ----------
    classes_ : names of the classes, sorted
    network_ : Network
    """

    def __init__(
        self, folder: str | Path, loop: Loop | None = None, tuning: Tuning | None = None
    ) -> None:
        from transformers import AutoTokenizer

        self.folder = str(folder)
        self.loop = loop
        self.tuning = tuning or Tuning()
        self._tokenizer = AutoTokenizer.from_pretrained(self.folder)

    def fit(self, texts: Sequence[str], labels: Sequence[Any]) -> Self:
        """Learn from texts and labels. Raises ValueError without a loop."""
        if self.loop is None:
            raise ValueError("A model without a training loop can only be loaded.")
        tuning = self.tuning
        drawn = np.random.default_rng(tuning.seed).permutation(len(texts))[: tuning.limit]
        kept = [texts[row] for row in drawn]
        self.classes_, codes = np.unique(np.asarray(labels), return_inverse=True)
        target = torch.from_numpy(codes[drawn])
        torch.manual_seed(tuning.seed)
        self.network_ = Network(self.folder, tuning, len(self.classes_))
        ids = self._ids(kept)
        # Passes after the first need not compute again what does not learn, if that is any layer.
        again = tuning.passes > 1 and len(self.network_.lower) > 0
        below = self._below(ids) if again else None

        def loss(rows: npt.NDArray) -> torch.Tensor:
            tokens, mask = _padded([ids[row] for row in rows])
            if below is None:
                states = self.network_.below(tokens, mask)
            else:
                states = nn.utils.rnn.pad_sequence([below[row] for row in rows], True).float()
            logits = self.network_.head(self.network_.pooled(states, mask))
            return nn.functional.cross_entropy(logits, target[rows])

        self.loop(
            self.network_,
            self._groups(),
            lambda number: self._batches(ids, number),
            loss,
            epochs=tuning.passes * min(tuning.slices, len(kept)),
            key=self._key(kept, target.tolist()),
        )
        self.network_.eval()
        return self

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Logits, float32 (n_texts, n_classes)."""
        return self.scores_of(self.vectors(texts))

    def scores_of(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits of what :meth:`vectors` gave."""
        with torch.inference_mode():
            return self.network_.head(torch.from_numpy(vectors)).numpy()

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """What the linear layer sees of each text, float32 (n_texts, width)."""
        ids = self._ids(texts)
        found = np.zeros((len(ids), self.network_.head.in_features), np.float32)
        self.network_.eval()
        with torch.inference_mode():
            for rows in _by_length(ids, 2 * self.tuning.batch):
                tokens, mask = _padded([ids[row] for row in rows])
                states = self.network_.below(tokens, mask)
                found[rows] = self.network_.pooled(states, mask).numpy()
        return found

    def save(self, path: Path, about: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        """Write one safetensors file: what learned as float16, facts and further arrays."""
        from safetensors.torch import save_file

        tensors = {name: value.half() for name, value in self.network_.learned().items()}
        tensors |= {f"more.{name}": torch.from_numpy(array) for name, array in more.items()}
        facts = {**about, "tuning": asdict(self.tuning), "classes": self.classes_.tolist()}
        written = {name: value.contiguous() for name, value in tensors.items()}
        save_file(written, str(path), metadata={"about": json.dumps(facts, ensure_ascii=False)})

    @classmethod
    def load(cls, path: Path, folder: str | Path) -> tuple[Self, dict, dict[str, npt.NDArray]]:
        """Read what :meth:`save` wrote: the model, its facts, the further arrays.

        Raises ValueError when it is no such file, or was tuned on a base of another shape.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(str(path), framework="pt") as file:
                about = json.loads((file.metadata() or {})["about"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(f"{path.name} is no file of a tuned transformer: {error}") from error
        model = cls(folder, tuning=Tuning(**about.pop("tuning")))
        model.classes_ = np.array(about.pop("classes"))
        model.network_ = Network(folder, model.tuning, len(model.classes_))
        more = {n.removeprefix("more."): t.numpy() for n, t in tensors.items() if n[:5] == "more."}
        model.network_.put({n: t for n, t in tensors.items() if n[:5] != "more."})
        model.network_.eval()
        return model, about, more

    def _groups(self) -> list[dict]:
        groups = [
            {"params": list(layer.parameters()), "lr": self.tuning.rate * DECAY**depth}
            for depth, layer in enumerate(reversed(self.network_.upper))
        ]
        return [*groups, {"params": list(self.network_.head.parameters()), "lr": HEAD_RATE}]

    def _key(self, texts: Sequence[str], codes: Sequence[int]) -> str:
        digest = sha256(f"{Path(self.folder).name} {self.tuning}".encode())
        for text, code in zip(texts, codes, strict=True):
            digest.update(f"{text}\x1f{code}\x1e".encode())
        return digest.hexdigest()

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        tokens, end = self.tuning.tokens, self.tuning.tokens // 3
        made = []
        for start in range(0, len(texts), 1000):
            for ids in self._tokenizer(list(texts[start : start + 1000]))["input_ids"]:
                made.append(ids if len(ids) <= tokens else ids[: tokens - end] + ids[-end:])
        return made

    def _below(self, ids: Sequence[Sequence[int]]) -> list[torch.Tensor]:
        found: dict[int, torch.Tensor] = {}
        for rows in _by_length(ids, 2 * self.tuning.batch):
            states = self.network_.below(*_padded([ids[row] for row in rows])).half()
            # Copies, for a view of one text would hold the whole batch with its padding.
            found |= {r: s[: len(ids[r])].clone() for r, s in zip(rows, states, strict=True)}
        return [found[row] for row in range(len(ids))]

    def _batches(self, ids: Sequence[Sequence[int]], number: int) -> list[npt.NDArray]:
        """The batches of one slice; texts of a batch are of like length."""
        tuning = self.tuning
        slices = min(tuning.slices, len(ids))
        turn, part = divmod(number, slices)
        order = np.arange(len(ids))
        if turn:
            order = np.random.default_rng((tuning.seed, turn)).permutation(len(ids))
        size = len(ids) // slices
        rows = order[part * size : (part + 1) * size]
        rng = np.random.default_rng((tuning.seed, number))
        lengths = np.array([len(ids[row]) for row in rows])
        rows = rows[np.lexsort((rng.random(len(rows)), lengths // LIKE_LENGTHS))]
        parts = [rows[start : start + tuning.batch] for start in range(0, len(rows), tuning.batch)]
        return [parts[place] for place in rng.permutation(len(parts))]


def _by_length(ids: Sequence[Sequence[int]], batch: int) -> list[list[int]]:
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    return [order[start : start + batch] for start in range(0, len(order), batch)]


def _padded(ids: Sequence[Sequence[int]], pad: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, ids))
    rows = torch.full((len(ids), width), pad)
    mask = torch.zeros((len(ids), width), dtype=torch.long)
    for place, one in enumerate(ids):
        rows[place, : len(one)] = torch.tensor(one)
        mask[place, : len(one)] = 1
    return rows, mask
