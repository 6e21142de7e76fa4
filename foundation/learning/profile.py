"""One vector of a product from several: its words, how it is bought, its price, its looks.

Each modality is projected into one space by a matrix of its own, and the mean is taken over those
that are there. What is bought together is drawn together (foundation/learning/contrastive.py).
While learning, modalities are left out at random (Volkovs, Yu and Poutanen 2017, "DropoutNet:
Addressing Cold Start in Recommender Systems"), so that each learns to stand for the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from foundation.learning.contrastive import in_batch_loss
from foundation.learning.loop import History, Training, fit, seed_everything
from foundation.learning.text_model import device

Vectors = npt.NDArray[np.float32]
Modalities = Mapping[str, Vectors]
"""By name, float32 ``(n, width of the modality)``; a row of NaN says that a product lacks it."""


@dataclass(frozen=True)
class ProfileOptions:
    """``dropout`` is the chance that a modality of a product is left out of a step."""

    width: int = 64
    dropout: float = 0.5
    batch: int = 512
    temperature: float = 0.1
    rate: float = 3e-3


class Profile(nn.Module):
    """Projections of modalities into one space; made by :func:`fit_profile`."""

    def __init__(self, widths: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(
            {name: nn.Linear(size, width) for name, size in sorted(widths.items())}
        )

    def forward(self, values: Mapping[str, torch.Tensor], there: torch.Tensor) -> torch.Tensor:
        """Return the mean, ``(n, width)``, over the modalities that ``there``, (n, m), has."""
        parts = torch.stack([part(values[name]) for name, part in self.parts.items()], dim=1)
        weights = there.to(parts.dtype).unsqueeze(-1)
        return (parts * weights).sum(1) / weights.sum(1).clamp(min=1.0)

    def encode(self, modalities: Modalities) -> Vectors:
        """Return unit vectors, float32 ``(n, width)``; zeros for what has no modality at all."""
        values, there = _tensors(modalities)
        with torch.inference_mode():
            found = nn.functional.normalize(self(values, there), dim=1)
        return (found * there.any(dim=1, keepdim=True)).cpu().numpy()


def fit_profile(
    modalities: Modalities,
    pairs: npt.NDArray[np.integer],
    *,
    evaluate: Callable[[Profile], float] | None = None,
    epochs: int = 10,
    seed: int = 0,
    options: ProfileOptions | None = None,
) -> tuple[Profile, History]:
    """Learn from products that were bought together, ``pairs`` ``(n, 2)`` rows of the modalities.

    ``evaluate``, higher is better, decides which epoch is kept; without it the last one is.
    """
    options = options or ProfileOptions()
    seed_everything(seed)
    values, there = _tensors(modalities)
    model = Profile({name: part.shape[1] for name, part in values.items()}, options.width)
    model.to(device())

    def side(rows: npt.NDArray) -> torch.Tensor:
        kept = _left_out(there[rows], options.dropout)
        return model({name: part[rows] for name, part in values.items()}, kept)

    def batches(epoch: int) -> list[npt.NDArray]:
        order = np.random.default_rng((seed, epoch)).permutation(len(pairs))
        return np.array_split(order, max(1, len(order) // options.batch))

    history = fit(
        model,
        [{"params": list(model.parameters()), "lr": options.rate}],
        batches,
        lambda rows: in_batch_loss(side(pairs[rows, 0]), side(pairs[rows, 1]), options.temperature),
        training=Training(epochs=epochs, seed=seed),
        evaluate=(lambda: evaluate(model)) if evaluate else None,
    )
    return model.eval(), history


def without(modalities: Modalities, name: str) -> dict[str, Vectors]:
    """Return the same products as if none had the modality."""
    return {
        key: np.full_like(part, np.nan) if key == name else part for key, part in modalities.items()
    }


def concatenated(modalities: Modalities) -> Vectors:
    """The baseline: the modalities' unit vectors side by side, zeros where one is missing."""
    parts = []
    for _, part in sorted(modalities.items()):
        known = np.nan_to_num(part)
        parts.append(known / np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-9))
    whole = np.concatenate(parts, axis=1)
    return whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9)


def _left_out(there: torch.Tensor, chance: float) -> torch.Tensor:
    """Drop modalities at random; a product that would be left with none keeps them all."""
    kept = there & (torch.rand(there.shape, device=there.device) >= chance)
    return torch.where(kept.any(dim=1, keepdim=True), kept, there)


def _tensors(modalities: Modalities) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Values with zeros for what is missing, and which are there, bool ``(n, m)``, by name."""
    ordered = sorted(modalities.items())
    there = np.stack([~np.isnan(part).any(axis=1) for _, part in ordered], axis=1)
    values = {name: torch.from_numpy(np.nan_to_num(part)).to(device()) for name, part in ordered}
    return values, torch.from_numpy(there).to(device())
