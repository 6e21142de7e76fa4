"""Sequences, leave one out: the last item of every user, ranked among all it has not had.

``FILE`` has one line a user: its id, then item ids in time order (gzip or plain). Train is all but
the last two items, validation the last but one, test the last. All tuning was on validation.
"""

import gzip
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.rows import interval, row
from recommend.learning.behaviour import BehaviourConfig, BehaviourTransformer
from recommend.learning.ease import EASE
from recommend.learning.fusion import SequenceBlend
from recommend.learning.pretrain import TrainingRecipe, predict, pretrain
from recommend.learning.transitions import Sequences, TransitionRecipe, Transitions, weighted

NAME = "recommend.sequences"
DEFAULT = Path("../shared/data/amazon_beauty_sequences.txt.gz")
BLOCK = 1024
CONFIG = {"width": 64, "layers": 2, "heads": 2, "length": 50, "dropout": 0.5}
QUICK_USERS = 3000
EPOCHS = {"softmax": 11, "one_negative": 8, "squared": 4}
Scorer = Callable[[Sequences], np.ndarray]


def read(file: Path, limit: int | None = None) -> list[np.ndarray]:
    """Return item numbers, from 0, of every user with at least three items."""
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    rows = [line.split()[1:] for line in raw.decode().splitlines()]
    rows = [items for items in rows if len(items) >= 3][:limit]
    distinct = dict.fromkeys(chain.from_iterable(rows))
    names = {name: number for number, name in enumerate(distinct)}
    return [np.array([names[name] for name in items], np.int64) for items in rows]


def measure(score: Scorer, histories: Sequences, wanted: np.ndarray) -> dict[str, np.ndarray]:
    """Return NDCG@10 and recall@10 of each user; what the user has had is not ranked."""
    found: list[np.ndarray] = []
    for begin in range(0, len(histories), BLOCK):
        block = histories[begin : begin + BLOCK]
        scores = score(block).astype(np.float64)
        for place, items in enumerate(block):
            scores[place, items] = -np.inf
        right = wanted[begin : begin + BLOCK]
        own = scores[np.arange(len(block)), right][:, None]
        # Ties stand in the middle, so that a constant score earns nothing by its order.
        found.append((scores > own).sum(1) + ((scores == own).sum(1) - 1) // 2)
    places = np.concatenate(found)
    return {
        "ndcg@10": np.where(places < 10, 1 / np.log2(places + 2), 0.0),
        "recall@10": (places < 10).astype(np.float64),
    }


def methods(train: Sequences, n_items: int, validate, quick: bool) -> dict:
    """Return for each method a function that fits it on ``train`` and gives a scorer."""
    matrix = weighted(train, n_items)
    popularity = np.asarray(matrix.sum(0)).ravel()

    def popular() -> Scorer:
        return lambda rows: np.broadcast_to(popularity, (len(rows), n_items))

    def neighbours() -> Scorer:
        both = (matrix.T @ matrix).tocoo()
        apart = both.row != both.col
        norm = np.sqrt(popularity[both.row] * popularity[both.col])[apart]
        cosine = sparse.csr_array(
            (both.data[apart] / norm, (both.row[apart], both.col[apart])), shape=both.shape
        )
        return lambda rows: (weighted(rows, n_items) @ cosine).toarray()

    def ease() -> Scorer:
        model = EASE(100.0, kept_share=None).fit_matrix(matrix)
        weights = model.weights_.toarray()
        return lambda rows: weighted(rows, n_items) @ weights

    def transformer(loss: str) -> BehaviourTransformer:
        model = BehaviourTransformer(BehaviourConfig(n_items=n_items, **CONFIG))
        recipe = TrainingRecipe(loss=loss, epochs=3 if quick else EPOCHS[loss])
        return pretrain(model, train, recipe, lambda fitted: validate(neural(fitted)))

    def neural(model: BehaviourTransformer) -> Scorer:
        return lambda rows: predict(model, rows)

    softmax: list[BehaviourTransformer] = []

    def sasrec() -> Scorer:
        softmax.append(transformer("softmax"))
        return neural(softmax[0])

    def transitions() -> Scorer:
        return Transitions(n_items, TransitionRecipe()).fit(train).predict

    def blended() -> Scorer:
        follows = Transitions(n_items, TransitionRecipe()).fit(train)
        return SequenceBlend(softmax[0], follows).predict

    return {
        "popularity": popular,
        "item_knn": neighbours,
        "ease": ease,
        "transitions": transitions,
        "sasrec_softmax": sasrec,
        "mercato": blended,
        "sasrec_one_negative": lambda: neural(transformer("one_negative")),
        "linear_head_squared_loss": lambda: neural(transformer("squared")),
    }


def run(file: Path, *, quick: bool = False, only: str = "") -> Iterator[dict]:
    """Fit every method, or ``only`` one that builds on no other, and yield the figures."""
    sequences = read(file, QUICK_USERS if quick else None)
    dataset = file.name.split(".")[0] + (f", {QUICK_USERS} users" if quick else "")
    n_items = int(max(items.max() for items in sequences)) + 1
    train = [items[:-2] for items in sequences]
    before_test = [items[:-1] for items in sequences]
    held = np.array([items[-2] for items in sequences])
    wanted = np.array([items[-1] for items in sequences])

    def validate(score: Scorer) -> float:
        return float(measure(score, train, held)["ndcg@10"].mean())

    known = methods(train, n_items, validate, quick)
    for method, fit in ({only: known[only]} if only else known).items():
        began = time.perf_counter()
        score = fit()
        seconds = round(time.perf_counter() - began, 1)
        for metric, values in measure(score, before_test, wanted).items():
            low, high = interval(values)
            more = {"n": len(values), "low": low, "high": high, "seconds": seconds, "seed": 0}
            yield row(NAME, method, metric, values.mean(), dataset=dataset, **more)
