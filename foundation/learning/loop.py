"""One training loop: warm-up and decay, early stopping, checkpoints, several processes.

Under ``torchrun`` every process computes its share of each batch and gradients are averaged, so
the steps are those of one process up to rounding.
"""

import atexit
import logging
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError  # what torch.load raises; nothing is unpickled freely
from typing import Any

import numpy as np
import torch
from torch import distributed, nn

from foundation.learning.said import Said

log = logging.getLogger(__name__)
WARM_UP = 0.1
CLIP = 1.0
EPOCH = "epoch %(epoch)s/%(epochs)s, loss %(loss)s"

Progress = Callable[[int, int, str], None]
"""Steps done, steps in all, what happens now."""


@dataclass(frozen=True)
class Training:
    """How long and how: ``patience`` counts epochs without a better metric."""

    epochs: int = 10
    seed: int = 0
    patience: int = 3
    checkpoint: Path | None = None
    key: str = ""
    """Of data and settings: a checkpoint of other ones is not resumed."""


@dataclass
class History:
    """Mean loss and validation metric of each epoch; ``best_epoch`` from 0."""

    losses: list[float] = field(default_factory=list)
    metrics: list[float] = field(default_factory=list)
    best_epoch: int = -1


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def fit(
    model: nn.Module,
    groups: list[dict],
    batches: Callable[[int], Sequence],
    loss_of: Callable[[Any], torch.Tensor],
    *,
    training: Training,
    evaluate: Callable[[], float] | None = None,
    progress: Progress | None = None,
) -> History:
    """Train in place; with ``evaluate`` (higher is better) the best epoch's weights are kept.

    Parameters
    ----------
    groups
        Parameter groups with their learning rates, as for AdamW.
    batches
        Epoch number to the batches of that epoch; as many in every epoch.
    """
    seed_everything(training.seed)
    trained = [p for group in groups for p in group["params"]]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    total = training.epochs * len(batches(0))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _factor(step, total))
    history, best, first = History(), None, 0
    if saved := _read(training):
        first, history, best = _restore(saved, trained, optimiser, schedule)
    for epoch in range(first, training.epochs):
        if _finished(history, epoch, training.patience, evaluate is not None):
            break
        seed_everything(training.seed * 10_007 + epoch)
        model.train()
        losses = []
        for number, batch in enumerate(batches(epoch)):
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(batch)
            loss.backward()
            average_gradients(trained)
            nn.utils.clip_grad_norm_(trained, CLIP)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if progress:
                done = epoch * len(batches(0)) + number + 1
                shown = {"epoch": epoch + 1, "epochs": training.epochs}
                progress(done, total, Said(EPOCH, **shown, loss=f"{losses[-1]:.3f}"))
        history.losses.append(float(np.mean(losses)))
        if evaluate:
            metric = evaluate()
            history.metrics.append(metric)
            if history.best_epoch < 0 or metric > history.metrics[history.best_epoch]:
                history.best_epoch = epoch
                best = [p.detach().clone() for p in trained]
        _write(training, epoch + 1, history, best, trained, optimiser, schedule)
    if best is not None:
        _put(trained, best)
    if training.checkpoint:
        training.checkpoint.unlink(missing_ok=True)
    if progress:
        progress(total, total, "")
    return history


def rank() -> tuple[int, int]:
    """Return this process's number and how many there are; (0, 1) outside ``torchrun``."""
    if not distributed.is_initialized():
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def join_processes() -> None:
    """Under ``torchrun``, meet the other processes; otherwise nothing."""
    if "RANK" in os.environ and not distributed.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        # Its threads end a process that leaves without them by SIGABRT, now and then.
        atexit.register(distributed.destroy_process_group)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    _, processes = rank()
    if processes == 1:
        return
    for parameter in parameters:
        if parameter.grad is not None:
            distributed.all_reduce(parameter.grad)
            parameter.grad /= processes


def _factor(step: int, total: int) -> float:
    warm = max(1, int(total * WARM_UP))
    return (step + 1) / warm if step < warm else max(0.0, (total - step) / max(1, total - warm))


def _finished(history: History, epoch: int, patience: int, evaluated: bool) -> bool:
    return evaluated and history.best_epoch >= 0 and epoch - history.best_epoch > patience


def _put(parameters: Sequence[nn.Parameter], values: Sequence[torch.Tensor]) -> None:
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)


def _write(training, epoch, history, best, trained, optimiser, schedule) -> None:
    """After an epoch, all that is needed to go on; whole or not at all."""
    if training.checkpoint is None or rank()[0] > 0:
        return
    state = {
        "key": training.key,
        "epoch": epoch,
        "history": vars(history),
        "best": best,
        "weights": [p.detach() for p in trained],
        "optimiser": optimiser.state_dict(),
        "schedule": {"last_epoch": schedule.last_epoch},
    }
    training.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    temporary = training.checkpoint.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, training.checkpoint)


def _read(training: Training) -> dict | None:
    """The state of a run that was interrupted, if it is one of this very run."""
    if training.checkpoint is None or not training.checkpoint.is_file():
        return None
    try:
        state = torch.load(training.checkpoint, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        log.warning("the checkpoint %s cannot be read: %s", training.checkpoint.name, error)
        return None
    return state if state.get("key") == training.key else None


def _restore(saved, trained, optimiser, schedule) -> tuple[int, History, list | None]:
    _put(trained, saved["weights"])
    optimiser.load_state_dict(saved["optimiser"])
    schedule.last_epoch = saved["schedule"]["last_epoch"]
    return saved["epoch"], History(**saved["history"]), saved["best"]
