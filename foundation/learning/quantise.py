"""A transformer in 8 bits: weights of linear layers and of word embeddings.

Linear layers compute in int8 with activations scaled on the way (torch's dynamic quantisation);
word embeddings are kept as int8 rows with a scale of their own and looked up without copies of
the rest. Everything stays on the processor.
"""

import warnings

import torch
from torch import nn

from foundation.learning.text_model import TextModel


class Int8Embedding(nn.Module):
    """Rows of 8-bit integers, each with its scale."""

    def __init__(self, base: nn.Embedding) -> None:
        super().__init__()
        scale = base.weight.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        rows = (base.weight.detach() / scale).round().to(torch.int8)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rows[ids].float() * self.scale[ids]  # type: ignore[index]


def quantised(model: TextModel) -> TextModel:
    """Make a model's transformer int8, in place; for serving only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.transformer = torch.ao.quantization.quantize_dynamic(
            model.transformer.cpu(), {nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}
        )
    embeddings = model.transformer.embeddings
    embeddings.word_embeddings = Int8Embedding(embeddings.word_embeddings)
    return model
