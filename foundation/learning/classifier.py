"""Text classification: a linear layer on a transformer that learns with it.

Beside cross-entropy, texts of one class are drawn together and others apart (Khosla et al. 2020,
"Supervised Contrastive Learning"; for few examples Gunel et al. 2021), which pays most when there
are about ten examples a class. Word embeddings stay as they are: with few texts, training them
costs memory and gains nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from foundation.learning import lora
from foundation.learning.loop import History, Progress, Training, fit, rank, seed_everything
from foundation.learning.text_model import TextModel, by_length, fingerprint

Label = str | int
TEMPERATURE = 0.1
HEAD_RATE = 1e-3
FULL_RATE, LORA_RATE = 5e-5, 5e-4


class WrongBase(ValueError):
    """The weights were tuned on another base model than the one that is there."""


@dataclass(frozen=True)
class ClassifierOptions:
    """``rank`` 0 trains every layer, more adapts them by LoRA; ``contrast`` weighs that loss."""

    batch: int = 32
    rank: int = 0
    rate: float | None = None
    contrast: float = 0.5
    dropout: float = 0.1
    max_length: int = 64


class ClassifierModel:
    """Texts to probabilities of classes.

    Attributes
    ----------
    classes : list of str or int
        In the order of the columns of ``predict_proba``.
    history : History or None
        Of the training that made it.
    """

    def __init__(
        self, encoder: TextModel, classes: Sequence[Label], options: ClassifierOptions
    ) -> None:
        self.encoder = encoder
        self.classes = list(classes)
        self.options = options
        self.head = nn.Sequential(
            nn.Dropout(options.dropout), nn.Linear(encoder.width, len(self.classes))
        ).to(next(encoder.parameters()).device)
        self.history: History | None = None
        self._changed: set[str] = set()

    def predict_proba(self, texts: Sequence[str], batch: int = 64) -> npt.NDArray[np.float32]:
        """Return probabilities, float32 ``(len(texts), len(classes))``."""
        self.encoder.eval()
        self.head.eval()
        found = np.zeros((len(texts), len(self.classes)), np.float32)
        with torch.inference_mode():
            for rows in by_length(texts, batch):
                logits = self.head(self.encoder([texts[row] for row in rows]))
                found[rows] = logits.softmax(dim=1).cpu().numpy()
        return found

    def predict(self, texts: Sequence[str]) -> list[Label]:
        return [self.classes[place] for place in self.predict_proba(texts).argmax(axis=1)]

    def save(self, path: Path) -> None:
        """Write one safetensors file: the head and those of the base's tensors that changed."""
        state = self.encoder.transformer.state_dict()
        tensors = {f"encoder.{name}": state[name].half() for name in sorted(self._changed)}
        tensors |= {f"head.{name}": value for name, value in self.head.state_dict().items()}
        about = {
            "base": self.encoder.folder,
            "base_sha256": fingerprint(self.encoder.folder),
            "classes": json.dumps(self.classes),
            "options": json.dumps(vars(self.options)),
        }
        tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        save_file(tensors, str(path), metadata=about)

    @classmethod
    def load(cls, path: Path, base_dir: str | Path | None = None) -> "ClassifierModel":
        """Read a saved model on its base. Raises WrongBase when the base is another one."""
        with safe_open(str(path), framework="pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        folder = str(base_dir or about["base"])
        if fingerprint(folder) != about["base_sha256"]:
            raise WrongBase(f"{Path(path).name} was tuned on another model than {folder} holds.")
        options = ClassifierOptions(**json.loads(about["options"]))
        encoder = TextModel(folder, options.max_length)
        model = cls(encoder, json.loads(about["classes"]), options)
        changed = {n.removeprefix("encoder."): t for n, t in tensors.items() if n[0] == "e"}
        encoder.transformer.load_state_dict({n: t.float() for n, t in changed.items()}, False)
        model._changed = set(changed)
        model.head.load_state_dict(
            {n.removeprefix("head."): t for n, t in tensors.items() if n[0] == "h"}
        )
        return model


def finetune_classifier(
    base_dir: str | Path,
    texts: Sequence[str],
    labels: Sequence[Label],
    *,
    validation: tuple[Sequence[str], Sequence[Label]] | None = None,
    epochs: int = 20,
    seed: int = 0,
    patience: int = 3,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    options: ClassifierOptions | None = None,
) -> ClassifierModel:
    """Tune a base on labelled texts.

    Parameters
    ----------
    validation
        Texts and labels whose accuracy decides when to stop and which epoch is kept; without
        them the last epoch is.
    checkpoint
        Where to write the state after each epoch; a run that was killed goes on from there.

    Raises ValueError when there are fewer than two classes.
    """
    options = options or ClassifierOptions()
    classes = sorted(set(labels), key=str)
    if len(classes) < 2:
        raise ValueError("There must be texts of at least two classes.")
    seed_everything(seed)
    place = {label: column for column, label in enumerate(classes)}
    targets = np.array([place[label] for label in labels])
    encoder = TextModel(base_dir, options.max_length)
    model = ClassifierModel(encoder, classes, options)
    groups = _groups(model, options)
    training = Training(
        epochs, seed, patience, checkpoint, _key(base_dir, texts, labels, options, epochs, seed)
    )

    def accuracy() -> float:
        assert validation is not None
        guesses = model.predict(validation[0])
        return float(np.mean([a == b for a, b in zip(guesses, validation[1], strict=True)]))

    model.history = fit(
        nn.ModuleList([encoder, model.head]),
        groups,
        lambda epoch: _batches(targets, options, seed, epoch),
        lambda rows: _loss(model, [texts[row] for row in rows], targets[rows]),
        training=training,
        evaluate=accuracy if validation else None,
        progress=progress,
    )
    lora.merge(encoder.transformer)
    encoder.eval()
    return model


def _groups(model: ClassifierModel, options: ClassifierOptions) -> list[dict]:
    """Choose what learns, and remember which of the base's tensors will differ from it."""
    transformer = model.encoder.transformer
    if options.rank:
        lora.adapt(transformer, options.rank)
        layers = [n for n, m in transformer.named_modules() if isinstance(m, lora.LowRankLinear)]
        model._changed = {f"{name}.weight" for name in layers}
    else:
        transformer.embeddings.requires_grad_(False)
        model._changed = {n for n, p in transformer.named_parameters() if p.requires_grad}
    rate = options.rate or (LORA_RATE if options.rank else FULL_RATE)
    learning = [p for p in transformer.parameters() if p.requires_grad]
    return [
        {"params": learning, "lr": rate},
        {"params": list(model.head.parameters()), "lr": HEAD_RATE},
    ]


def _batches(
    targets: npt.NDArray, options: ClassifierOptions, seed: int, epoch: int
) -> list[npt.NDArray]:
    """Rows in batches. With contrast every text comes with another of its class.

    Under several processes each gets its slice of every batch.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(targets))
    size = options.batch // 2 if options.contrast else options.batch
    found = []
    members = {label: np.flatnonzero(targets == label) for label in np.unique(targets)}
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        if options.contrast:
            partners = [generator.choice(members[targets[row]]) for row in rows]
            rows = np.concatenate([rows, partners])
        number, processes = rank()
        found.append(rows[number::processes] if len(rows) >= processes else rows)
    return found


def _loss(model: ClassifierModel, texts: list[str], targets: npt.NDArray) -> torch.Tensor:
    vectors = model.encoder(texts)
    wanted = torch.from_numpy(targets).to(vectors.device)
    loss = nn.functional.cross_entropy(model.head(vectors), wanted)
    if model.options.contrast:
        loss = loss + model.options.contrast * contrastive_loss(vectors, wanted)
    return loss


def contrastive_loss(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss of a batch, vectors ``(n, d)``, labels ``(n,)``."""
    unit = nn.functional.normalize(vectors, dim=1)
    itself = torch.eye(len(labels), dtype=torch.bool, device=unit.device)
    scores = (unit @ unit.T / TEMPERATURE).masked_fill(itself, float("-inf"))
    same = (labels[:, None] == labels[None, :]) & ~itself
    chances = scores.log_softmax(dim=1).masked_fill(~same, 0.0)
    count = same.sum(1)
    kept = count > 0
    if not kept.any():
        return vectors.sum() * 0.0
    return -(chances.sum(1)[kept] / count[kept]).mean()


def _key(base, texts, labels, options, epochs, seed) -> str:
    digest = sha256(f"{base} {options} {epochs} {seed}".encode())
    for text, label in zip(texts, labels, strict=True):
        digest.update(f"{text}\x1f{label}\x1e".encode())
    return digest.hexdigest()
