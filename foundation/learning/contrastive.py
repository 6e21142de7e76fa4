"""Texts that belong together are drawn together: a query and what was bought for it.

In-batch negatives (Henderson et al. 2017, "Efficient Natural Language Response Suggestion for Smart
Reply"; as InfoNCE in van den Oord et al. 2018) with temperature, both ways. Either a transformer
learns (all of it, or by LoRA), or an *adapter* does: one matrix over the vectors of an encoder that
stays as it is, which is cheap on any processor and can be swapped like a model.

Under several processes each computes the vectors of its share of a batch; those of the others are
its negatives too, so that the loss is that of one process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from foundation.learning import lora
from foundation.learning.loop import History, Progress, Training, fit, rank, seed_everything
from foundation.learning.text_model import TextModel, device

Pairs = Sequence[tuple[str, str]]
Vectors = npt.NDArray[np.float32]
MODEL_RATE, LORA_RATE = 2e-5, 3e-4


@dataclass(frozen=True)
class ContrastiveOptions:
    """``rank`` 0 trains every layer of a transformer, more adapts them by LoRA."""

    batch: int = 64
    temperature: float = 0.05
    rank: int = 8
    rate: float | None = None
    max_length: int = 32


@dataclass(frozen=True)
class AdapterOptions:
    """``pull`` holds the matrix near to doing nothing, as a share of the squared distance."""

    batch: int = 256
    temperature: float = 0.05
    rate: float = 1e-3
    pull: float = 1.0


def finetune_contrastive(
    base_dir: str | Path,
    pairs: Pairs,
    *,
    evaluate: Callable[[TextModel], float] | None = None,
    epochs: int = 3,
    seed: int = 0,
    patience: int = 2,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    options: ContrastiveOptions | None = None,
) -> tuple[TextModel, History]:
    """Tune a base on pairs of texts; :meth:`TextModel.write_directory` makes an encoder of it.

    Parameters
    ----------
    pairs
        A query, and a text that answers it. Those of one batch are each other's wrong answers.
    evaluate
        Retrieval on held-out queries, higher is better; decides when to stop and which epoch is
        kept. Without it the last one is.
    """
    options = options or ContrastiveOptions()
    seed_everything(seed)
    model = TextModel(base_dir, options.max_length)
    if options.rank:
        lora.adapt(model.transformer, options.rank)
    else:
        model.transformer.embeddings.requires_grad_(False)
    learning = [p for p in model.transformer.parameters() if p.requires_grad]
    rate = options.rate or (LORA_RATE if options.rank else MODEL_RATE)
    training = Training(
        epochs, seed, patience, checkpoint, _key(f"{base_dir} {options} {epochs} {seed}", pairs)
    )

    def loss(rows: npt.NDArray) -> torch.Tensor:
        left = model([pairs[row][0] for row in rows])
        right = model([pairs[row][1] for row in rows])
        return in_batch_loss(left, right, options.temperature)

    history = fit(
        model,
        [{"params": learning, "lr": rate}],
        lambda epoch: _batches(len(pairs), options.batch, seed, epoch),
        loss,
        training=training,
        evaluate=(lambda: evaluate(model.eval())) if evaluate else None,
        progress=progress,
    )
    lora.merge(model.transformer)
    return model.eval(), history


def fit_adapter(
    queries: Vectors,
    answers: Vectors,
    *,
    evaluate: Callable[[Vectors], float] | None = None,
    epochs: int = 20,
    seed: int = 0,
    patience: int = 3,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    options: AdapterOptions | None = None,
) -> tuple[Vectors, History]:
    """Learn a matrix from unit vectors ``(n, d)`` of queries and of their answers.

    Returns the matrix ``(d, d)``; ``vectors @ matrix`` are the adapted ones. ``evaluate`` gets such
    a matrix and returns retrieval on held-out queries, higher is better.
    """
    options = options or AdapterOptions()
    seed_everything(seed)
    width = queries.shape[1]
    same = torch.eye(width, device=device())
    matrix = nn.Parameter(same.clone())
    model = nn.ParameterList([matrix])
    left, right = (torch.from_numpy(part).to(device()) for part in (queries, answers))
    content = sha256(queries.tobytes() + answers.tobytes()).hexdigest()
    training = Training(epochs, seed, patience, checkpoint, f"{content} {options} {epochs} {seed}")

    def loss(rows: npt.NDArray) -> torch.Tensor:
        found = in_batch_loss(left[rows] @ matrix, right[rows] @ matrix, options.temperature)
        return found + options.pull * (matrix - same).square().mean()

    def learned() -> Vectors:
        return matrix.detach().cpu().numpy()

    history = fit(
        model,
        [{"params": [matrix], "lr": options.rate}],
        lambda epoch: _batches(len(queries), options.batch, seed, epoch),
        loss,
        training=training,
        evaluate=(lambda: evaluate(learned())) if evaluate else None,
        progress=progress,
    )
    return learned(), history


def in_batch_loss(left: torch.Tensor, right: torch.Tensor, temperature: float) -> torch.Tensor:
    """Loss of pairs ``(n, d)``: each row's partner among all partners, and the other way round."""
    left, right = (nn.functional.normalize(part, dim=1) for part in (left, right))
    all_left, all_right, first = _of_every_process(left, right)
    wanted = torch.arange(first, first + len(left), device=left.device)
    there = nn.functional.cross_entropy(left @ all_right.T / temperature, wanted)
    back = nn.functional.cross_entropy(right @ all_left.T / temperature, wanted)
    return (there + back) / 2


def _of_every_process(
    left: torch.Tensor, right: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """The vectors of all processes, through which gradients flow, and where our own begin."""
    number, processes = rank()
    if processes == 1:
        return left, right, 0
    from torch.distributed.nn.functional import all_gather

    gathered = [torch.cat(tuple(all_gather(part.contiguous()))) for part in (left, right)]
    return gathered[0], gathered[1], number * len(left)


def _batches(count: int, size: int, seed: int, epoch: int) -> list[npt.NDArray]:
    """Rows in batches, under several processes each its share; what does not come out even waits.

    Equal shares are needed, as gathered vectors are of one shape; another epoch takes other rows.
    """
    number, processes = rank()
    order = np.random.default_rng((seed, epoch)).permutation(count)
    size = min(size, count) // processes * processes
    if not size:
        raise ValueError("There must be at least one pair for each process.")
    return [
        order[start : start + size].reshape(processes, -1)[number]
        for start in range(0, count - size + 1, size)
    ]


def _key(settings: str, pairs: Pairs) -> str:
    digest = sha256(settings.encode())
    for left, right in pairs:
        digest.update(f"{left}\x1f{right}\x1e".encode())
    return digest.hexdigest()
