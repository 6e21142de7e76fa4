"""Low-rank adaptation: a frozen matrix learns a difference of small rank.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models". ``W x`` becomes
``W x + (alpha / rank) B A x`` with ``B`` zero at first, so training begins at the base's behaviour;
``merge`` adds the product to ``W``, and serving costs nothing more.
"""

import math
from collections.abc import Sequence

import torch
from torch import nn

TARGETS = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")


class LowRankLinear(nn.Module):
    """A linear layer that is kept, plus a learned difference of rank ``rank``."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.scale = alpha / rank
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))
        base.requires_grad_(False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.base(states) + (states @ self.down.T @ self.up.T) * self.scale

    def merged(self) -> nn.Linear:
        """Return the base layer with the difference added to its weights."""
        with torch.no_grad():
            self.base.weight += (self.up @ self.down) * self.scale
        return self.base


def adapt(model: nn.Module, rank: int, targets: Sequence[str] = TARGETS) -> int:
    """Freeze a model and give its linear layers named ``targets`` a difference to learn.

    Returns how many layers were adapted.
    """
    model.requires_grad_(False)
    chosen = [
        (name, layer)
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and name.endswith(tuple(targets))
    ]
    for name, layer in chosen:
        _replace(model, name, LowRankLinear(layer, rank, alpha=2.0 * rank))
    return len(chosen)


def merge(model: nn.Module) -> None:
    """Put plain linear layers back, with what was learned."""
    adapted = [n for n, layer in model.named_modules() if isinstance(layer, LowRankLinear)]
    for name in adapted:
        layer = model.get_submodule(name)
        assert isinstance(layer, LowRankLinear)
        _replace(model, name, layer.merged())


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)
