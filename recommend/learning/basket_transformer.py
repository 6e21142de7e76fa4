"""The network behind :mod:`sequence` and its training."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from recommend.learning.baskets import GAPS, Baskets, Examples, examples
from recommend.learning.behaviour import BehaviourConfig, Block
from recommend.learning.evaluation import KINDS
from recommend.learning.interactions import Interactions
from recommend.learning.market import Catalogue
from recommend.learning.sequence import SequenceModel, SequenceRecipe

LEVELS = ("types", "categories", "makers")
WARM_UP = 0.1
"""Of the steps, so many until the full rate, which then falls to nothing."""
Report = Callable[[int, int, float], None]
Tensor = torch.Tensor


class BasketTransformer(nn.Module):
    """States after baskets, and log odds of items up to a constant.

    Parameters
    ----------
    config : BehaviourConfig
    groups : int array, shape (3, n_items)
        Type, category and maker of each item.
    popularity : array, shape (n_items,)
        Where the heads begin.
    """

    groups: Tensor

    def __init__(
        self, config: BehaviourConfig, groups: npt.NDArray[np.int64], popularity: npt.NDArray
    ) -> None:
        super().__init__()
        self.config = config
        self.free = nn.Embedding(config.n_items, config.width)
        self.register_buffer("groups", torch.as_tensor(groups, dtype=torch.int64))
        self.levels = nn.ModuleList(
            nn.Embedding(int(of.max(initial=0)) + 1, config.width) for of in groups
        )
        self.gap = nn.Embedding(config.gap_buckets, config.width)
        for table in (self.free, self.gap, *self.levels):
            nn.init.normal_(table.weight, std=0.05)
        self.start = nn.LayerNorm(config.width)
        self.drop = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.end = nn.LayerNorm(config.width)
        self.heads = nn.Parameter(torch.eye(config.width).repeat(len(KINDS), 1, 1))
        first = torch.as_tensor(np.log(popularity + 1.0), dtype=torch.float32)
        self.bias = nn.Parameter(first.repeat(len(KINDS), 1))

    def items(self) -> Tensor:
        """Return theta, shape (n_items, width)."""
        table = self.free.weight
        for level, of in zip(self.levels, self.groups, strict=True):
            table = table + level(of)
        return table

    def forward(self, table: Tensor, batch: Examples) -> Tensor:
        """Return states, shape (households, length, width)."""
        bags = functional.embedding_bag(
            torch.from_numpy(batch.items),
            table,
            torch.from_numpy(batch.offsets),
            mode="sum",
            per_sample_weights=torch.from_numpy(batch.weights),
        )
        gaps = torch.from_numpy(batch.gaps)
        x = self.drop(self.start(bags.view(*gaps.shape, -1) + self.gap(gaps)))
        for block in self.blocks:
            x = block(x)
        return self.end(x)

    def loss(self, batch: Examples, weights: Tensor) -> Tensor:
        """Cross-entropy against what was bought, shared out among it; mean of both heads."""
        table = self.items()
        states = self(table, batch).flatten(0, 1)[torch.from_numpy(batch.places)]
        had, bought = torch.from_numpy(batch.had), torch.from_numpy(batch.bought)
        total = torch.zeros(())
        for kind in range(len(KINDS)):
            logits = states @ self.heads[kind] @ table.T + self.bias[kind]
            right = bought
            if KINDS[kind] == "discovery":
                right = bought & ~had
                logits = logits.masked_fill(had, -1e4)
            number = right.sum(1)
            hit = (logits * right).sum(1) / number.clamp(min=1)
            lost = (logits.logsumexp(1) - hit) * (number > 0) * weights
            total = total + lost.sum() / weights.sum()
        return total / len(KINDS)


class SequenceTrainer:
    """Trains on everything before a day, and goes on with what came later.

    One trainer that goes forward through time gives, at each stop, a model that has seen nothing
    after it: so the ranker learns from honest scores without training from nothing every time.
    """

    def __init__(self, recipe: SequenceRecipe, catalogue: Catalogue) -> None:
        self.recipe = recipe
        self.groups = np.stack([getattr(catalogue, name) for name in LEVELS]).astype(np.int64)
        self.model: BasketTransformer | None = None

    def fit(
        self,
        lines: Interactions,
        *,
        epochs: int | None = None,
        report: Report = lambda epoch, epochs, loss: None,
    ) -> SequenceModel:
        """Train on the lines and return the model.

        ``report`` gets the epoch, of how many, and the mean loss.
        """
        recipe = self.recipe
        torch.manual_seed(recipe.seed)
        rng = np.random.default_rng(recipe.seed)
        if self.model is None:
            config = BehaviourConfig(
                n_items=lines.n_items,
                width=recipe.width,
                layers=recipe.layers,
                heads=recipe.heads,
                length=recipe.length,
                dropout=recipe.dropout,
                attention_dropout=recipe.dropout,
                gap_buckets=GAPS,
            )
            self.model = BasketTransformer(config, self.groups, lines.popularity())
        model, baskets = self.model, Baskets(lines)
        epochs = recipe.epochs if epochs is None else epochs
        households = int((np.diff(baskets.of) > 0).sum())
        steps = max(1, epochs * -(-households // recipe.households))
        optimiser = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=0.01)
        warm = WARM_UP * steps
        rate = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / max(warm, 1), 1 - step / (steps + 1))
        )
        model.train()
        for epoch in range(epochs):
            lost = []
            for batch in examples(
                baskets,
                lines.n_items,
                length=recipe.length,
                households=recipe.households,
                positions=recipe.positions,
                rng=rng,
            ):
                ago = torch.as_tensor(baskets.last_day - batch.days, dtype=torch.float32)
                loss = model.loss(batch, torch.exp2(-ago / recipe.half_life))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                rate.step()
                lost.append(loss.detach().item())
            report(epoch + 1, epochs, float(np.mean(lost)) if lost else 0.0)
        return self._served()

    @torch.no_grad()
    def _served(self) -> SequenceModel:
        assert self.model is not None
        model = self.model.eval()
        left_out = ("free.", "levels.", "groups")
        weights = {
            name: values.numpy().copy()
            for name, values in model.state_dict().items()
            if not name.startswith(left_out)
        }
        return SequenceModel(self.recipe, weights | {"theta": model.items().numpy().copy()})
