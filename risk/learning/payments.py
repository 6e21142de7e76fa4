"""Features of a card payment and the ensemble that scores it.

A payment looks fraudulent for three reasons that need different evidence: the amount is out of
line with the card's own (known at once, needs no label), the terminal has been reported (known
after the delay), or the amount is one that hardly ever is genuine. :mod:`risk.learning.compromise`
turns the first two into posteriors; the ensemble weighs them with plain counts and means.
"""

from dataclasses import replace
from typing import Self

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from risk.learning.compromise import DAY, CardSurprise, TerminalReports, Transactions, window

UNLABELLED = (
    "amount",
    "amount_log_ratio",
    "card_theft_unlabelled",
    "amount_to_mean_30d",
    "card_count_1d",
    "card_count_7d",
    "card_surprises_14d",
    "terminal_count_7d",
    "new_terminal",
    "hour",
)
"""The features that no label goes into."""
LABELLED = (
    "card_theft",
    "card_compromised",
    "terminal_compromised",
    "fraud_logit",
    "card_known_frauds_28d",
    "terminal_known_frauds_7d",
    "terminal_known_frauds_28d",
    "terminal_known_risk_28d",
)
"""Features that reports go into once they are known."""
PAYMENT_FEATURES = UNLABELLED + LABELLED
SURPRISING = 2.0
"""Log ratio from which an amount counts as surprising."""


def logit(probability: np.ndarray) -> np.ndarray:
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.log(clipped) - np.log1p(-clipped)


def log_loss(fraud: np.ndarray, probability: np.ndarray) -> float:
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(fraud == 1, np.log(clipped), np.log1p(-clipped))))


class PaymentFeatures:
    """Point-in-time features of card payments.

    Parameters
    ----------
    card, terminal : the two compromise models, with their assumptions.
    certain_amount : an amount above which payments hardly ever are genuine.

    The features that no label may go into use the first assumptions whatever labels say.
    """

    def __init__(
        self,
        *,
        card: CardSurprise | None = None,
        terminal: TerminalReports | None = None,
        certain_amount: float = np.inf,
    ) -> None:
        self.unlabelled = CardSurprise()
        self.card = card or self.unlabelled
        self.terminal = terminal or TerminalReports()
        self.certain_amount = certain_amount

    def choose(self, data: Transactions, rows: np.ndarray) -> Self:
        """Take the lengths, the factor and the amount that explain the labels of ``rows`` best.

        Looks at nothing after the last of ``rows``, by log loss, on a fifth of the cards and a
        third of the terminals.
        """
        known = data.where(data.at <= data.at[rows].max())
        since = data.at[rows].min()
        self.certain_amount = _certain_amount(known)
        cards = known.where(known.card % 5 == 0)
        here = (cards.at >= since) & (cards.amount < self.certain_amount)
        trials = [
            replace(self.card, days=days, factor=factor)
            for days in (7, 14, 28)
            for factor in (3.0, 5.0, 8.0)
        ]
        losses = [
            log_loss(cards.fraud[here], trial.posterior(cards, labels=True)[0][here])
            for trial in trials
        ]
        self.card = trials[int(np.argmin(losses))]
        terminals = known.where(known.terminal % 3 == 0)
        here = terminals.at >= since
        otherwise = np.where(terminals.amount > self.certain_amount, 0.98, 0.02)
        lengths = [replace(self.terminal, days=days) for days in (7, 14, 21, 28, 35, 42)]
        losses = [
            log_loss(terminals.fraud[here], trial.posterior(terminals, otherwise)[here])
            for trial in lengths
        ]
        self.terminal = lengths[int(np.argmin(losses))]
        return self

    def transform(self, data: Transactions) -> np.ndarray:
        """Features float64 ``(n, len(PAYMENT_FEATURES))``."""
        ratio = self.unlabelled.log_ratio(data)
        unlabelled, _ = self.unlabelled.posterior(data, labels=False, log_ratio=ratio)
        learned = ratio if self.card == self.unlabelled else self.card.log_ratio(data)
        theft, compromised = self.card.posterior(data, labels=True, log_ratio=learned)
        certain = 0.98 * (data.amount > self.certain_amount)
        terminal = self.terminal.posterior(data, np.maximum(theft, certain))
        fraud = 1 - (1 - theft) * (1 - terminal) * (1 - certain)
        count, spent = window(data.card, data.at, data.amount, 0, 30 * DAY)
        surprising = (ratio > SURPRISING).astype(float)
        reports = {
            days: window(data.terminal, data.at, data.fraud, data.delay, data.delay + days * DAY)
            for days in (7, 28)
        }
        columns = {
            "amount": data.amount,
            "amount_log_ratio": np.clip(ratio, -30, 30),
            "card_theft_unlabelled": logit(unlabelled),
            "amount_to_mean_30d": data.amount * count / np.maximum(spent, 1e-9),
            "card_count_1d": window(data.card, data.at, data.amount, 0, DAY)[0],
            "card_count_7d": window(data.card, data.at, data.amount, 0, 7 * DAY)[0],
            "card_surprises_14d": window(data.card, data.at, surprising, 0, 14 * DAY)[1],
            "terminal_count_7d": window(data.terminal, data.at, data.amount, 0, 7 * DAY)[0],
            "new_terminal": _first_meeting(data),
            "hour": data.at % DAY / 3600,
            "card_theft": logit(theft),
            "card_compromised": logit(compromised),
            "terminal_compromised": logit(terminal),
            "fraud_logit": logit(fraud),
            "card_known_frauds_28d": window(
                data.card, data.at, data.fraud, data.delay, data.delay + 28 * DAY
            )[1],
            "terminal_known_frauds_7d": reports[7][1],
            "terminal_known_frauds_28d": reports[28][1],
            "terminal_known_risk_28d": reports[28][1] / np.maximum(reports[28][0], 1),
        }
        return np.column_stack([columns[name] for name in PAYMENT_FEATURES])


def unlabelled_score(features: np.ndarray) -> np.ndarray:
    """Score (n,) that no label has touched: the odds of a theft by amounts alone."""
    theft = features[:, PAYMENT_FEATURES.index("card_theft_unlabelled")]
    ratio = features[:, PAYMENT_FEATURES.index("amount_log_ratio")]
    large = np.log(np.maximum(features[:, PAYMENT_FEATURES.index("amount")], 1e-9))
    return theft + 0.1 * ratio + large


class PaymentScorer:
    """Calibrated mean of gradient boosting, logistic regression and the posterior.

    Each member's log odds are averaged and put through a logistic curve (Platt 1999) that was
    fitted on the members' scores of a fifth of the rows kept apart.
    """

    def __init__(self, *, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(
        self, features: np.ndarray, fraud: np.ndarray, weight: np.ndarray | None = None
    ) -> Self:
        """Learn from ``features`` (n, n_features), ``fraud`` (n,) and what each row counts (n,)."""
        weight = np.ones(len(fraud)) if weight is None else weight
        apart = np.arange(len(fraud)) % 5 == 0
        self._fit_members(features[~apart], fraud[~apart], weight[~apart])
        mean = self._mean_logit(features[apart])
        self.curve_ = LogisticRegression(C=1e6).fit(
            mean[:, None], fraud[apart], sample_weight=weight[apart]
        )
        self._fit_members(features, fraud, weight)
        return self

    def _fit_members(self, features: np.ndarray, fraud: np.ndarray, weight: np.ndarray) -> None:
        self.scale_ = StandardScaler().fit(features)
        self.linear_ = LogisticRegression(C=0.1, max_iter=1000).fit(
            self.scale_.transform(features), fraud, sample_weight=weight
        )
        self.boosting_ = lightgbm.LGBMClassifier(
            n_estimators=100,
            learning_rate=0.05,
            num_leaves=7,
            min_child_samples=40,
            random_state=self.random_state,
            num_threads=1,
            verbose=-1,
        ).fit(features, fraud, sample_weight=weight)

    def _mean_logit(self, features: np.ndarray) -> np.ndarray:
        members = [
            np.asarray(model.predict_proba(rows))[:, 1]
            for model, rows in (
                (self.linear_, self.scale_.transform(features)),
                (self.boosting_, features),
            )
        ]
        logits = [logit(np.clip(member, 1e-4, 1 - 1e-4)) for member in members]
        prior = features[:, PAYMENT_FEATURES.index("fraud_logit")]
        return np.mean([*logits, np.clip(prior, -9.2, 9.2)], axis=0)

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Probability of fraud, (n,)."""
        mean = self._mean_logit(features)
        return np.asarray(self.curve_.predict_proba(mean[:, None]))[:, 1]


def _certain_amount(known: Transactions) -> float:
    """Smallest amount from which on 95 in 100 payments with a known label are fraudulent."""
    order = np.argsort(-known.amount)
    share = np.cumsum(known.fraud[order]) / np.arange(1, len(order) + 1)
    above = np.flatnonzero(share >= 0.95)
    above = above[above >= 20]
    return float(known.amount[order[above[-1]]]) if len(above) else np.inf


def _first_meeting(data: Transactions) -> np.ndarray:
    """1 where the card has not been at the terminal before, (n,)."""
    pairs = data.card.astype(np.int64) * (int(data.terminal.max()) + 1) + data.terminal
    result = np.zeros(len(data))
    result[np.unique(pairs, return_index=True)[1]] = 1.0
    return result
