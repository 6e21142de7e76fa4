"""The Fraud Detection Handbook's protocol: a week of training, a week of delay, a week of test.

Le Borgne, Siblini, Lebichot & Bontempi (2022), Reproducible Machine Learning for Credit Card Fraud
Detection. Cards whose compromise is known by then leave the test; labels are known after the delay
only. Card precision@100: of the hundred cards with the highest score each day, how many are
compromised; a card that was found leaves the following days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from risk.learning.compromise import DAY, CardSurprise, Transactions, window
from risk.learning.payments import (
    PAYMENT_FEATURES,
    UNLABELLED,
    PaymentFeatures,
    PaymentScorer,
    unlabelled_score,
)

TOP_CARDS = 100
DELAY_DAYS = 7
WARM_UP_DAYS = 14
Score = np.ndarray


@dataclass(frozen=True)
class Week:
    """Row numbers of one split, (n_train,), (n_history,), (n_test,); day of each test row."""

    train: np.ndarray
    history: np.ndarray
    test: np.ndarray
    day: np.ndarray


def load(path: Path) -> pd.DataFrame:
    """Read a parquet or CSV file of the handbook's form, in time order."""
    frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    missing = {"TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"} - {
        *frame.columns
    }
    if missing:
        raise SystemExit(f"{path} lacks the columns {', '.join(sorted(missing))}.")
    frame["TX_DATETIME"] = pd.to_datetime(frame["TX_DATETIME"])
    for name in ("CUSTOMER_ID", "TERMINAL_ID"):
        frame[name] = pd.factorize(frame[name])[0]
    return frame.sort_values("TX_DATETIME", kind="stable").reset_index(drop=True)


def transactions(frame: pd.DataFrame, delay_days: int = DELAY_DAYS) -> Transactions:
    origin = frame["TX_DATETIME"].min().normalize()
    return Transactions(
        at=(frame["TX_DATETIME"] - origin).dt.total_seconds().to_numpy(np.int64),
        card=frame["CUSTOMER_ID"].to_numpy(np.int64),
        terminal=frame["TERMINAL_ID"].to_numpy(np.int64),
        amount=frame["TX_AMOUNT"].to_numpy(np.float64),
        fraud=frame["TX_FRAUD"].to_numpy(np.int8),
        delay=delay_days * DAY,
    )


def split(frame: pd.DataFrame, dates: tuple[str, str, str, str]) -> Week:
    """Rows by ``(train start, train end, test start, test end)``, all days inclusive."""
    starts = [pd.Timestamp(date) for date in dates]
    day = frame["TX_DATETIME"].dt.normalize()
    in_train = (day >= starts[0]) & (day <= starts[1])
    gap = (starts[2] - starts[1]).days
    fraud, card = frame["TX_FRAUD"] == 1, frame["CUSTOMER_ID"]
    known = set(card[in_train & fraud])
    rows, days = [], []
    for number, date in enumerate(pd.date_range(starts[2], starts[3])):
        known |= set(card[(day == date - pd.Timedelta(days=gap)) & fraud])
        here = np.flatnonzero((day == date) & ~card.isin(known))
        rows.append(here)
        days.append(np.full(len(here), number))
    warm = day.min() + pd.Timedelta(days=WARM_UP_DAYS)
    history = np.flatnonzero((day >= min(warm, starts[0])) & (day <= starts[1]))
    return Week(np.flatnonzero(in_train), history, np.concatenate(rows), np.concatenate(days))


def handbook_features(data: Transactions, frame: pd.DataFrame) -> np.ndarray:
    """The handbook's 15 features, (n, 15), with the terminal's risk delayed by a week."""
    hour, weekday = frame["TX_DATETIME"].dt.hour, frame["TX_DATETIME"].dt.weekday
    columns = [data.amount, (weekday >= 5).to_numpy(float), (hour <= 6).to_numpy(float)]
    for days in (1, 7, 30):
        count, amount = window(data.card, data.at, data.amount, 0, days * DAY)
        columns += [count, amount / np.maximum(count, 1)]
    for days in (1, 7, 30):
        span = data.delay + days * DAY
        count, fraud = window(data.terminal, data.at, data.fraud, data.delay, span)
        columns += [count, fraud / np.maximum(count, 1)]
    return np.column_stack(columns)


def suspicion(x: np.ndarray, known: np.ndarray) -> Score:
    """Score (n,) of rows ``x`` of the handbook's features that fits no label: three doubts, any of
    which is enough.

    The terminal's delayed frauds of a week among its payments, one honest payment added; the
    amount against the card's other amounts of a month, which scatter by half their mean; and an
    amount in the last two thousandths of ``known`` rows.
    """
    amount, count, mean = x[:, 0], x[:, 7], x[:, 8]
    others = (mean * count - amount) / np.maximum(count - 1, 1)
    own = np.maximum(np.where(count > 1, others, np.median(known[:, 0])), 1.0)
    theft = 1 / (1 + np.exp(5.0 - np.maximum(amount / own - 1, 0) / 0.5))
    terminal = x[:, 12] * x[:, 11] / (x[:, 11] + 1)
    levels = np.sort(known[:, 0])
    tail = 1 - np.searchsorted(levels, amount, "left") / len(levels)
    large = 1 / (1 + (np.maximum(tail, 1 / len(levels)) / 0.002) ** 3)
    return 1 - (1 - terminal) * (1 - theft) * (1 - large)


def card_precision(
    score: Score, fraud: np.ndarray, card: np.ndarray, day: np.ndarray, top: int = TOP_CARDS
) -> float:
    """Mean over the days of the share of compromised cards among the ``top`` highest scored."""
    found: set[int] = set()
    shares = []
    for number in np.unique(day):
        rows = np.flatnonzero(day == number)
        rows = rows[~np.isin(card[rows], list(found))]
        cards, place = np.unique(card[rows], return_inverse=True)
        best, bad = np.full(len(cards), -np.inf), np.zeros(len(cards), bool)
        np.maximum.at(best, place, score[rows])
        np.logical_or.at(bad, place, fraud[rows] == 1)
        chosen = np.argsort(-best, kind="stable")[:top]
        shares.append(bad[chosen].sum() / top)
        found |= set(cards[chosen][bad[chosen]].tolist())
    return float(np.mean(shares))


def ranks(values: Score) -> Score:
    return pd.Series(values).rank().to_numpy() / len(values)


def scaled(model: object) -> object:
    return make_pipeline(StandardScaler(), model)


MEAN_RANK = ("logistic_regression", "random_forest_300_leaf5", "lightgbm")
"""What the best baseline is the mean of."""


def supervised(
    x: np.ndarray, y: np.ndarray, test: np.ndarray, wanted: Sequence[str] = ()
) -> dict[str, Score]:
    """Every model that learns from labels, or the ``wanted`` ones, on whatever features."""
    forest = {"n_jobs": 1, "random_state": 0}
    models: dict[str, object] = {
        "logistic_regression": scaled(LogisticRegression(max_iter=1000)),
        "decision_tree_2": DecisionTreeClassifier(max_depth=2, random_state=0),
        "random_forest_100": RandomForestClassifier(n_estimators=100, **forest),
        "random_forest_300_leaf5": RandomForestClassifier(
            n_estimators=300, min_samples_leaf=5, **forest
        ),
        "lightgbm": lightgbm.LGBMClassifier(
            n_estimators=200, learning_rate=0.05, num_leaves=15, verbose=-1, num_threads=1
        ),
    }
    scores = {}
    for name, model in models.items():
        if not wanted or name in wanted:
            scores[name] = model.fit(x, y).predict_proba(test)[:, 1]  # type: ignore[attr-defined]
    scores["mean_rank"] = np.mean([ranks(scores[name]) for name in MEAN_RANK], axis=0)
    return scores


def perceptron(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> dict[str, Score]:
    """A perceptron of 100 hidden units that also sees an autoencoder's error."""
    scale = StandardScaler().fit(x)
    coder = _autoencoder(scale.transform(x), 0)
    known, asked = (
        np.c_[z, np.log1p(_error(coder, z))] for z in (scale.transform(x), scale.transform(test))
    )
    model = scaled(
        MLPClassifier(hidden_layer_sizes=(100,), early_stopping=True, random_state=0, max_iter=40)
    )
    return {"perceptron": model.fit(known, y).predict_proba(asked)[:, 1]}  # type: ignore[attr-defined]


def unsupervised(x: np.ndarray, test: np.ndarray, seeds: int = 3) -> dict[str, list[Score]]:
    """Isolation Forest and an autoencoder, that see no label; a score for each seed."""
    scale = StandardScaler().fit(x)
    z, asked = scale.transform(x), scale.transform(test)
    forests = [IsolationForest(n_estimators=100, random_state=seed).fit(z) for seed in range(seeds)]
    return {
        "isolation_forest": [-forest.score_samples(asked) for forest in forests],
        "autoencoder": [_error(_autoencoder(z, seed), asked) for seed in range(seeds)],
    }


def one_class(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> Score:
    """One-Class SVM on 5,000 genuine transactions; labels choose them."""
    genuine = np.flatnonzero(y == 0)
    chosen = np.random.default_rng(0).choice(genuine, min(5000, len(genuine)), replace=False)
    scale = StandardScaler().fit(x[chosen])
    model = OneClassSVM(nu=0.01, gamma="scale").fit(scale.transform(x[chosen]))
    return -model.decision_function(scale.transform(test))


def _autoencoder(z: np.ndarray, seed: int) -> MLPRegressor:
    model = MLPRegressor(
        hidden_layer_sizes=(8,), activation="tanh", random_state=seed, max_iter=15, tol=0
    )
    return model.fit(z, z)


def _error(coder: MLPRegressor, z: np.ndarray) -> Score:
    return ((coder.predict(z) - z) ** 2).mean(axis=1)


def best_possible(data: Transactions, frame: pd.DataFrame) -> Score:
    """Score of somebody who knows how the frauds are made and every report's cause.

    Amounts of 220 and more are certain. A compromised terminal is certain once one of its frauds
    is known, and not before: its amounts are ordinary. A card's theft shows in the amount alone,
    against assumptions that are those of the generator. Reads the scenario column, so it is no
    method but a bound.
    """
    card, _ = CardSurprise().posterior(data, labels=True)
    scenario = frame["TX_FRAUD_SCENARIO"].to_numpy()
    at_terminal = scenario == 2
    known = window(data.terminal, data.at, at_terminal, data.delay, 29 * DAY)[1]
    certain = np.where(at_terminal & (known > 0), 1.0, 0.0015)
    return 1 - (1 - card) * (1 - certain) * (1 - (data.amount > 220))


@dataclass(frozen=True)
class Protocol:
    """One file and one split with everything the methods need."""

    data: Transactions
    frame: pd.DataFrame
    week: Week
    handbook: np.ndarray
    ours: np.ndarray

    @property
    def fraud(self) -> np.ndarray:
        return self.data.fraud[self.week.test]


def prepare(frame: pd.DataFrame, dates: tuple[str, str, str, str]) -> Protocol:
    """Compute both feature sets; ours with assumptions chosen on the training week's labels."""
    delay = (pd.Timestamp(dates[2]) - pd.Timestamp(dates[1])).days - 1
    data = transactions(frame, max(1, delay))
    week = split(frame, dates)
    ours = PaymentFeatures().choose(data, week.train)
    return Protocol(data, frame, week, handbook_features(data, frame), ours.transform(data))


def served(protocol: Protocol, rows: np.ndarray) -> Score:
    scorer = PaymentScorer().fit(protocol.ours[rows], protocol.data.fraud[rows])
    return scorer.predict_proba(protocol.ours[protocol.week.test])


def baselines(protocol: Protocol) -> Iterator[tuple[str, list[Score]]]:
    """The rows of the table: every method on the handbook's 15 features."""
    week, y = protocol.week, protocol.data.fraud[protocol.week.train]
    x, test = protocol.handbook[week.train], protocol.handbook[week.test]
    for name, score in (supervised(x, y, test) | perceptron(x, y, test)).items():
        yield name, [score]
    yield from unsupervised(x, test).items()
    yield "one_class_svm", [one_class(x, y, test)]
    yield "mercato_unsupervised_handbook_features", [suspicion(test, x)]
    yield "rule", [np.where(test[:, 0] > 220, 1.0, test[:, 12])]
    yield "perfect", [protocol.fraud.astype(float)]


def same_features(protocol: Protocol) -> Iterator[tuple[str, list[Score]]]:
    """The same methods on our features, and what needs no label at all."""
    week, y = protocol.week, protocol.data.fraud[protocol.week.train]
    x, test = protocol.ours[week.train], protocol.ours[week.test]
    for name, score in supervised(x, y, test).items():
        yield f"{name}_our_features", [score]
    for name, scores in unsupervised(x, test).items():
        yield f"{name}_our_features", scores
    yield "one_class_svm_our_features", [one_class(x, y, test)]
    plain = len(UNLABELLED)
    for name, scores in unsupervised(x[:, :plain], test[:, :plain]).items():
        yield f"{name}_unlabelled_features", scores
    yield "mercato_unlabelled_features", [unlabelled_score(test)]
    yield "mercato_unsupervised", [test[:, PAYMENT_FEATURES.index("fraud_logit")]]


def figures(protocol: Protocol, scores: list[Score]) -> dict[str, float]:
    """Average precision, card precision and AUC; the mean over the seeds."""
    week, fraud = protocol.week, protocol.fraud
    card = protocol.data.card[week.test]
    return {
        "average_precision": float(np.mean([average_precision_score(fraud, s) for s in scores])),
        "card_precision@100": float(
            np.mean([card_precision(s, fraud, card, week.day) for s in scores])
        ),
        "auc": float(np.mean([roc_auc_score(fraud, s) for s in scores])),
    }


def paired_interval(
    pairs: list[tuple[np.ndarray, np.ndarray, Score, Score]], draws: int = 200
) -> tuple[float, float, float]:
    """Mean difference in average precision over weeks, with a 95 % bootstrap over cards.

    Each pair is ``(fraud, card, ours, theirs)`` of one week.
    """
    rng = np.random.default_rng(0)

    def difference(weights: list[np.ndarray | None]) -> float:
        return float(
            np.mean(
                [
                    average_precision_score(fraud, ours, sample_weight=weight)
                    - average_precision_score(fraud, theirs, sample_weight=weight)
                    for (fraud, _, ours, theirs), weight in zip(pairs, weights, strict=True)
                ]
            )
        )

    values = []
    for _ in range(draws):
        weights: list[np.ndarray | None] = []
        for _, card, _, _ in pairs:
            weights.append(rng.poisson(1.0, int(card.max()) + 1)[card].astype(float))
        values.append(difference(weights))
    low, high = np.quantile(values, [0.025, 0.975])
    return difference([None] * len(pairs)), float(low), float(high)
