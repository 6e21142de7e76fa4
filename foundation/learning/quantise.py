"""A transformer's weights in 8 bits, computed with in float32: a quarter of the size.

Linear layers and word embeddings are kept as 8-bit integers in blocks of 32 along a row, each with
a half-precision scale (the Q8_0 of Gerganov's ggml; block-wise scales as in Dettmers et al. 2022,
"8-bit Optimizers via Block-wise Quantization"). One large weight then coarsens 31 others and not a
whole row. Activations stay as they are: rounding them too is faster and loses hits
(docs/experiments/foundation.md).
"""

import torch
from torch import nn

from foundation.learning.text_model import TextModel

BLOCK = 32
ROWS = 4096


class Int8Embedding(nn.Module):
    """Rows of 8-bit integers."""

    rows: torch.Tensor
    scale: torch.Tensor

    def __init__(self, base: nn.Embedding) -> None:
        super().__init__()
        rows, scale = _rounded(base.weight)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return _widened(self.rows[ids], self.scale[ids])


class Int8Linear(nn.Module):
    """A linear layer of 8-bit weights; one layer at a time is widened while it computes."""

    rows: torch.Tensor
    scale: torch.Tensor

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        rows, scale = _rounded(base.weight)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale)
        self.bias = base.bias

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(values, _widened(self.rows, self.scale), self.bias)


def quantised(model: TextModel) -> TextModel:
    """Make a model's weights int8, in place; for serving only."""
    model.requires_grad_(False)
    for parent in list(model.transformer.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(parent, name, Int8Linear(layer))
    embeddings = model.transformer.embeddings
    embeddings.word_embeddings = Int8Embedding(embeddings.word_embeddings)
    for kept in model.parameters():
        # A view of the weights' file would keep all of it in memory.
        kept.data = kept.data.clone()
    return model


def _rounded(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return int8 ``(n, blocks, width)`` of a matrix ``(n, d)`` and scales ``(n, blocks, 1)``.

    A row that does not part into blocks is one block.
    """
    weight = weight.detach()
    width = BLOCK if weight.shape[1] % BLOCK == 0 else weight.shape[1]
    blocks = weight.reshape(len(weight), -1, width)
    rows = torch.empty(blocks.shape, dtype=torch.int8, device=weight.device)
    scale = torch.empty((*blocks.shape[:2], 1), dtype=torch.half, device=weight.device)
    for start in range(0, len(blocks), ROWS):
        # Some at a time: the largest matrix is most of the model, and its copies would be too.
        some = blocks[start : start + ROWS]
        own = (some.abs().amax(dim=2, keepdim=True) / 127).clamp(min=1e-7).half()
        scale[start : start + ROWS] = own
        rows[start : start + ROWS] = (some / own.float()).round_().clamp_(-127, 127)
    return rows, scale


def _widened(blocks: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return blocks.float().mul_(scale.float()).flatten(-2)
