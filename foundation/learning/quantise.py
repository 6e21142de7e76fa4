"""A transformer's weights in 8 bits, computed with in float32: a quarter of the size.

Every row of a linear layer and of the word embeddings is kept as 8-bit integers with a scale of its
own. Activations stay as they are: rounding them too is faster and loses hits
(docs/experiments/foundation.md).
"""

import torch
from torch import nn

from foundation.learning.text_model import TextModel


class Int8Embedding(nn.Module):
    """Rows of 8-bit integers, each with its scale."""

    rows: torch.Tensor
    scale: torch.Tensor

    def __init__(self, base: nn.Embedding) -> None:
        super().__init__()
        rows, scale = _rounded(base.weight)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rows[ids].float() * self.scale[ids]


class Int8Linear(nn.Module):
    """A linear layer of 8-bit weights; one layer at a time is widened while it computes."""

    rows: torch.Tensor
    scale: torch.Tensor

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        rows, scale = _rounded(base.weight)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale.squeeze(1))
        self.bias = base.bias

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        found = nn.functional.linear(values, self.rows.to(values.dtype)) * self.scale
        return found if self.bias is None else found + self.bias


def quantised(model: TextModel) -> TextModel:
    """Make a model's weights int8, in place; for serving only."""
    model.requires_grad_(False)
    for parent in list(model.transformer.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(parent, name, Int8Linear(layer))
    embeddings = model.transformer.embeddings
    embeddings.word_embeddings = Int8Embedding(embeddings.word_embeddings)
    return model


def _rounded(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return int8 rows ``(n, d)`` and their scales ``(n, 1)``."""
    weight = weight.detach()
    scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
    return (weight / scale).round().to(torch.int8), scale
