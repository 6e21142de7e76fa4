"""Trains the behaviour transformer: next item by a softmax over the whole catalogue.

Sequences of about one length go into one batch, so that little is filled up. The loss may also be
one sampled negative (SASRec as published) or the squared error of ``M(x) = theta' h(x)``, for
comparison.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from recommend.learning.behaviour import BehaviourTransformer
from recommend.learning.transitions import Sequences

LOSSES = ("softmax", "one_negative", "squared")


@dataclass(frozen=True)
class TrainingRecipe:
    loss: str = "softmax"
    targets: int = 384
    """Predictions in one step, about."""
    learning_rate: float = 1e-3
    warm_up: int = 200
    epochs: int = 30
    patience: int = 3
    """Stop when validation has not been better so many epochs long."""
    seconds: float = 1500.0
    seed: int = 0


Validate = Callable[[BehaviourTransformer], float]
Report = Callable[[int, float, float], None]


def pretrain(
    model: BehaviourTransformer,
    sequences: Sequences,
    recipe: TrainingRecipe,
    validate: Validate | None = None,
    report: Report = lambda epoch, loss, value: None,
) -> BehaviourTransformer:
    """Train in place and return the model with its best weights by ``validate`` (higher is better).

    ``report`` gets the epoch, the mean loss and the validation's value.
    """
    if recipe.loss not in LOSSES:
        raise ValueError(f"Unknown loss {recipe.loss!r}; there are {', '.join(LOSSES)}.")
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98))
    best, best_weights, waited, step = -np.inf, None, 0, 0
    began = time.monotonic()
    for epoch in range(recipe.epochs):
        model.train()
        total, steps = 0.0, 0
        for events, places, targets in batches(sequences, model.config.length, recipe.targets, rng):
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * min(1.0, step / recipe.warm_up)
            states = model(events).flatten(0, 1)[places]
            loss = _loss(model, states, targets, recipe.loss)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total, steps = total + loss.item(), steps + 1
        model.eval()
        value = validate(model) if validate else float(epoch)
        report(epoch + 1, total / max(steps, 1), value)
        waited = 0 if value > best else waited + 1
        if value > best:
            best, best_weights = value, copy.deepcopy(model.state_dict())
        if waited >= recipe.patience or time.monotonic() - began > recipe.seconds:
            break
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return model.eval()


def _loss(
    model: BehaviourTransformer, states: torch.Tensor, targets: torch.Tensor, kind: str
) -> torch.Tensor:
    if kind == "softmax":
        return functional.cross_entropy(model.scores(states), targets)
    table = model.items()
    wrong = torch.randint(0, len(table), targets.shape)
    right_score = (states * table[targets]).sum(-1)
    wrong_score = (states * table[wrong]).sum(-1)
    if kind == "squared":
        return ((right_score - 1) ** 2 + wrong_score**2).mean()
    return -(functional.logsigmoid(right_score) + functional.logsigmoid(-wrong_score)).mean()


def batches(
    sequences: Sequences, length: int, targets: int, rng: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Yield (events, places of the states that count in the flattened batch, next items)."""
    usable = [index for index, items in enumerate(sequences) if len(items) > 1]
    sizes = np.array([min(len(sequences[index]) - 1, length) for index in usable])
    order = np.argsort(sizes + rng.random(len(sizes)), kind="stable")
    group = np.cumsum(sizes[order]) // targets
    chunks = np.split(order, np.flatnonzero(np.diff(group)) + 1)
    for number in rng.permutation(len(chunks)):
        rows = [sequences[usable[index]][-(length + 1) :] for index in chunks[number]]
        events, places = padded([row[:-1] for row in rows])
        yield events, places, torch.from_numpy(np.concatenate([row[1:] for row in rows]))


def padded(rows: Sequences) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows filled up at the end to one length, and where in it, flattened, they stand."""
    longest = max(len(row) for row in rows)
    events = np.zeros((len(rows), longest), np.int64)
    real = np.arange(longest) < np.array([len(row) for row in rows])[:, None]
    events[real] = np.concatenate(rows)
    return torch.from_numpy(events), torch.from_numpy(np.flatnonzero(real))


@torch.no_grad()
def predict(
    model: BehaviourTransformer, sequences: Sequences, block: int = 512
) -> npt.NDArray[np.float32]:
    """Return scores of all items after each sequence, shape (n_sequences, n_items)."""
    model.eval()
    result = np.empty((len(sequences), model.config.n_items), np.float32)
    order = np.argsort([len(items) for items in sequences], kind="stable")
    for begin in range(0, len(order), block):
        chosen = order[begin : begin + block]
        rows = [np.asarray(sequences[index])[-model.config.length :] for index in chosen]
        events, _places = padded(rows)
        last = torch.tensor([len(row) - 1 for row in rows])
        states = model(events)[torch.arange(len(rows)), last]
        result[chosen] = model.scores(states).numpy()
    return result
