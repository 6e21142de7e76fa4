"""Chinese shop reviews: praise or complaint, on a held-out part and on categories never seen."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from support.learning.sentiment import ReviewSentiment

FILE = "zh_reviews_sentiment.csv.gz"
LEFT_OUT = ("水果", "计算机")
"""Chosen before anything was measured; the other categories have nothing like the first."""
SEED = 0
QUICK = 4000
QUICK_LIMIT = 600
WHOLE = {"learning": 12, "tokens": 96, "limit": 100_000, "passes": 3, "slices": 4, "short": True}
"""All layers, all reviews: three quarters of an hour of one core that multiplies in bfloat16."""
Table = pd.DataFrame


def read(path: Path) -> Table:
    """Columns category, label (1 praise, 0 complaint), review; rows without a text are dropped."""
    table = pd.read_csv(path).dropna(subset=["review"])
    return table.assign(review=table["review"].astype(str)).reset_index(drop=True)


def split(options: argparse.Namespace) -> tuple[Table, dict[str, Table]]:
    """Return what to learn from, and the test parts by name.

    A test file's categories that the other has not are a part of their own.
    """
    if options.train and options.test:
        train, test = read(options.train), read(options.test)
        if "category" not in train or "category" not in test:
            return train, {"held_out": test}
        seen = test["category"].isin(train["category"].unique())
        parts = {"held_out": test[seen], "left_out_categories": test[~seen]}
        return train, {name: part for name, part in parts.items() if len(part)}
    table = read(options.train or options.data / FILE)
    left_out = table["category"].isin(LEFT_OUT)
    drawn = np.random.default_rng(SEED).random(len(table)) < 0.2
    parts = {"held_out": table[~left_out & drawn], "left_out_categories": table[left_out]}
    return table[~left_out & ~drawn], parts


def run(options: argparse.Namespace) -> Iterator[dict]:
    if not (options.train or (options.data / FILE).exists()):
        return
    train, parts = split(options)
    if options.quick:
        train = train.sample(min(QUICK, len(train)), random_state=SEED)
        parts = {
            name: part.sample(min(QUICK // 4, len(part)), random_state=SEED)
            for name, part in parts.items()
        }
    with tempfile.TemporaryDirectory() as scratch:
        transformer = tuned(options, Path(scratch))
        characters = TfidfVectorizer(
            analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True
        )
        methods: dict = {
            "character_tfidf": make_pipeline(characters, LogisticRegression(C=10.0, max_iter=100)),
            "mercato": ReviewSentiment(transformer),
        }
        for method, model in methods.items():
            yield from _measured(method, model, train, parts)


def _measured(method: str, model, train: Table, parts: dict[str, Table]) -> Iterator[dict]:
    started = time.perf_counter()
    model.fit(list(train["review"]), train["label"].to_numpy())
    seconds = time.perf_counter() - started
    for name, part in parts.items():
        texts, praise = list(part["review"]), part["label"].to_numpy() == 1
        found = {method: np.asarray(model.predict(texts)) == 1}
        if isinstance(model, ReviewSentiment):
            found[f"{method}: linear"] = model.linear_scores(texts) > 0
        for which, says in found.items():
            yield {
                "dataset": name,
                "method": which,
                "metric": "accuracy",
                "value": float((says == praise).mean()),
                "n": len(part),
                "seconds": seconds if which == method else 0.0,
            }
    if isinstance(model, ReviewSentiment):
        for name, value in model.held_.items():
            yield {
                "dataset": "validation",
                "method": f"mercato: {name}",
                "metric": "accuracy",
                "value": value,
                "n": model.n_held_,
            }


def tuned(options: argparse.Namespace, scratch: Path):
    """The transformer, if its base is installed; else None."""
    from support.learning.transformer import TunedTransformer, Tuning

    folder = base(options.cache or scratch)
    if folder is None:
        return None
    tuning = Tuning(limit=QUICK_LIMIT) if options.quick else Tuning(**WHOLE)
    return TunedTransformer(folder, loop(options.cache), tuning)


def base(parent: Path) -> Path | None:
    """The directory of multilingual-e5-small, expanded at need; None where it is not installed."""
    from foundation.learning import e5

    folder = parent / "multilingual-e5-small"
    if not (folder / "model.safetensors").is_file():
        try:
            e5.expand(e5.packed_file(), folder)
        except e5.PackedModelMissing as error:
            print(f"{error} The tuned transformer is left out.", file=sys.stderr)
            return None
    return folder


def loop(cache: Path | None) -> Callable:
    """The shared training loop; with a folder it goes on where it was, and keeps what it learned.

    What is kept is named by data and settings, so that a repeated command need not learn again.
    """
    from safetensors.torch import load_file, save_file

    from foundation.learning.loop import Training, fit

    def run_loop(network, groups, batches, loss, *, epochs: int, key: str) -> None:
        kept = cache / f"tuned-{key[:16]}.safetensors" if cache else None
        if kept is not None and kept.is_file():
            network.put(load_file(kept))
            return
        checkpoint = kept.with_suffix(".part") if kept else None
        training = Training(epochs=epochs, key=key, checkpoint=checkpoint)

        def progress(done: int, total: int, message: str) -> None:
            if done % 50 == 0:
                print(f"{done}/{total} {message}", file=sys.stderr, flush=True)

        fit(network, groups, batches, loss, training=training, progress=progress)
        if kept is not None:
            save_file({k: v.contiguous() for k, v in network.learned().items()}, kept)

    return run_loop
