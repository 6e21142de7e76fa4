"""What belongs together comes together; two processes learn what one does."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from foundation.learning.contrastive import (
    AdapterOptions,
    ContrastiveOptions,
    finetune_contrastive,
    fit_adapter,
    in_batch_loss,
)
from tests.foundation.tiny import tiny_base

OPTIONS = AdapterOptions(batch=32, pull=0.0, rate=0.02)


def pairs(count: int = 128, width: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Answers that lie where their queries do, but for dimensions that only disturb."""
    generator = np.random.default_rng(seed)
    said = generator.normal(size=(count, width // 2))
    left, right = (
        np.hstack([said, 3 * generator.normal(size=(count, width // 2))]) for _ in range(2)
    )
    return tuple(
        (part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float32)
        for part in (left, right)
    )


def hit(matrix: np.ndarray) -> float:
    left, right = (part @ matrix for part in pairs(seed=1))
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return float(np.mean((left @ right.T).argmax(axis=1) == np.arange(len(left))))


def test_an_adapter_learns_what_counts_and_finds_what_it_never_saw() -> None:
    matrix, history = fit_adapter(*pairs(), evaluate=hit, options=OPTIONS, epochs=20)
    assert hit(matrix) > hit(np.eye(16)) + 0.2
    assert hit(matrix) == max(history.metrics)


def test_the_same_seed_gives_the_same_adapter_and_a_killed_run_goes_on(tmp_path) -> None:
    whole, _ = fit_adapter(*pairs(), options=OPTIONS, epochs=4)
    again, _ = fit_adapter(*pairs(), options=OPTIONS, epochs=4)
    assert np.array_equal(whole, again)

    class Killed(Exception):
        pass

    def stop(done: int, total: int, message: str) -> None:
        if done > total // 2:
            raise Killed

    file = tmp_path / "checkpoint.pt"
    with pytest.raises(Killed):
        fit_adapter(*pairs(), options=OPTIONS, epochs=4, progress=stop, checkpoint=file)
    assert file.exists()
    resumed, history = fit_adapter(*pairs(), options=OPTIONS, epochs=4, checkpoint=file)
    assert np.allclose(resumed, whole, atol=1e-6)
    assert len(history.losses) == 4


def test_the_loss_is_least_where_partners_meet() -> None:
    import torch

    unit = torch.eye(4)
    assert in_batch_loss(unit, unit, 0.05) < 1e-6 < in_batch_loss(unit, unit.flip(0), 0.05)


def test_a_transformer_learns_which_texts_belong_together(tmp_path) -> None:
    said = [("broken shoe", "refund"), ("late parcel", "where is"), ("milk", "cheese")] * 8
    model, history = finetune_contrastive(
        tiny_base(tmp_path / "base"),
        said,
        epochs=8,
        options=ContrastiveOptions(batch=3, rank=4, rate=0.01),
    )
    assert history.losses[-1] < history.losses[0]
    model.write_directory(tmp_path / "tuned")
    from foundation.encoders import Encoder, TransformersEncoder

    tuned = Encoder(TransformersEncoder(str(tmp_path / "tuned")))
    assert np.allclose(tuned.encode(["milk"]), model.encode(["milk"]), atol=1e-5)


WORKER = """
import sys
import numpy as np
from foundation.learning.contrastive import fit_adapter
from foundation.learning.loop import join_processes, rank
from tests.foundation.test_contrastive import OPTIONS, pairs

join_processes()
matrix, _ = fit_adapter(*pairs(), options=OPTIONS, epochs=4)
if rank()[0] == 0:
    np.save(sys.argv[1], matrix)
"""


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    root = Path(__file__).parents[2]
    subprocess.run(
        [*command, str(tmp_path / "worker.py"), str(tmp_path / "two.npy")],
        check=True,
        timeout=120,
        cwd=root,
        env={"PATH": "", "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )
    one, _ = fit_adapter(*pairs(), options=OPTIONS, epochs=4)
    assert np.allclose(np.load(tmp_path / "two.npy"), one, atol=1e-4)
