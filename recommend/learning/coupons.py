"""Whom to send which coupon: the chance that a household redeems what a campaign would bring it.

Gradient boosting and a logistic regression, averaged on the scale of log odds, over how the
household shops, how it answered earlier campaigns, and how much of what it buys the campaign's
coupons are for. Everything is counted before the campaign begins.
"""

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

Floats = npt.NDArray[np.float32]
LONG_AGO = 400.0
PRIOR_SENT = 8.0
"""A household's own rate of redemption counts like everybody's until it was sent so many."""


@dataclass(frozen=True)
class Spending:
    """Purchase lines: arrays of shape (n_lines,); ``days`` from any fixed day, in order of time.

    ``amounts`` are paid in dollars; ``with_coupon`` and ``discounted`` are flags.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    days: npt.NDArray[np.int32]
    amounts: Floats
    with_coupon: npt.NDArray[np.bool_]
    discounted: npt.NDArray[np.bool_]
    n_users: int
    categories: npt.NDArray[np.int32]
    """Category of each item, shape (n_items,)."""


@dataclass(frozen=True)
class Campaigns:
    """What was sent and what came back.

    Parameters
    ----------
    starts, ends, kinds : int array, shape (n_campaigns,)
    products : csr_array, shape (n_campaigns, n_items)
        Above 0 where a coupon of the campaign is for the item.
    sent_campaign, sent_user : int array, shape (n_sent,)
    redeemed_campaign, redeemed_user, redeemed_day : int array, shape (n_redeemed,)
    """

    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.int32]
    products: sparse.csr_array
    sent_campaign: npt.NDArray[np.int32]
    sent_user: npt.NDArray[np.int32]
    redeemed_campaign: npt.NDArray[np.int32]
    redeemed_user: npt.NDArray[np.int32]
    redeemed_day: npt.NDArray[np.int32]

    def targets(self, campaign: int) -> npt.NDArray[np.int32]:
        return np.unique(self.sent_user[self.sent_campaign == campaign])

    def answers(self, campaign: int, users: npt.NDArray) -> npt.NDArray[np.bool_]:
        """Return which of the users redeemed a coupon of the campaign."""
        return np.isin(users, self.redeemed_user[self.redeemed_campaign == campaign])


def features(
    spending: Spending, campaigns: Campaigns, campaign: int, users: npt.NDArray
) -> dict[str, npt.NDArray]:
    """Return columns of shape (len(users),), as known on the day before the campaign begins."""
    start = int(campaigns.starts[campaign])
    columns = _shopping(spending, start)
    columns |= _answers(campaigns, start, spending.n_users)
    columns |= _fit(spending, campaigns.products, campaign, start)
    columns = {name: values[users] for name, values in columns.items()}
    same = len(users)
    columns["kind"] = np.full(same, campaigns.kinds[campaign])
    columns["length"] = np.full(same, campaigns.ends[campaign] - start)
    columns["products"] = np.full(same, np.log1p(campaigns.products[[campaign]].nnz))
    return columns


def _shopping(spending: Spending, start: int) -> dict[str, npt.NDArray]:
    """Recency, frequency, monetary value, and how the household takes discounts."""
    past = spending.days < start
    users, ago = spending.users[past], start - spending.days[past]
    amounts, size = spending.amounts[past], spending.n_users
    since = np.full(size, LONG_AGO)
    np.minimum.at(since, users, ago)
    columns = {"recency": since}
    for days in (28, 84):
        near = ago <= days
        columns[f"spent_{days}"] = np.log1p(np.bincount(users[near], amounts[near], size))
        visits = np.unique(np.stack([users[near], ago[near]]), axis=1)[0]
        columns[f"visits_{days}"] = np.bincount(visits, minlength=size)
    lines = np.bincount(users, minlength=size)
    columns["lines"] = np.log1p(lines)
    coupons = np.bincount(users, spending.with_coupon[past], size)
    near = ago <= 84
    columns["coupons"] = np.log1p(coupons)
    columns["coupons_84"] = np.log1p(
        np.bincount(users[near], spending.with_coupon[past][near], size)
    )
    columns["coupon_share"] = coupons / (lines + 20)
    columns["discount_share"] = np.bincount(users, spending.discounted[past], size) / (lines + 20)
    return columns


def _answers(campaigns: Campaigns, start: int, size: int) -> dict[str, npt.NDArray]:
    """How the household answered the campaigns before this one, as far as was known then."""
    earlier = campaigns.starts[campaigns.sent_campaign] < start
    sent = np.bincount(campaigns.sent_user[earlier], minlength=size)
    known = campaigns.redeemed_day < start
    pairs = np.stack([campaigns.redeemed_user[known], campaigns.redeemed_campaign[known]])
    answered = np.bincount(np.unique(pairs, axis=1)[0], minlength=size)
    overall = answered.sum() / max(sent.sum(), 1)
    since = np.full(size, LONG_AGO)
    np.minimum.at(since, campaigns.redeemed_user[known], start - campaigns.redeemed_day[known])
    return {
        "sent": sent,
        "answered": answered,
        "answer_rate": (answered + PRIOR_SENT * overall) / (sent + PRIOR_SENT),
        "redeemed": np.log1p(np.bincount(campaigns.redeemed_user[known], minlength=size)),
        "since_redeemed": since,
    }


def _fit(
    spending: Spending, products: sparse.csr_array, campaign: int, start: int
) -> dict[str, npt.NDArray]:
    """How much of what the household buys the campaign's coupons are for."""
    in_campaign = products[[campaign]].toarray().ravel() > 0
    # Share of each category's items with a coupon: a taste for the shelf, not only the item.
    size = int(spending.categories.max(initial=0)) + 1
    with_coupon = np.bincount(spending.categories, in_campaign, size)
    shelf = with_coupon / np.maximum(np.bincount(spending.categories, minlength=size), 1)
    past = spending.days < start
    users, items = spending.users[past], spending.items[past]
    ago, n_users = start - spending.days[past], spending.n_users
    columns = {}
    for days in (60, 365):
        near = ago <= days
        lines = np.bincount(users[near], minlength=n_users)
        hits = np.bincount(users[near], in_campaign[items[near]], n_users)
        near_shelf = np.bincount(users[near], shelf[spending.categories[items[near]]], n_users)
        columns[f"own_lines_{days}"] = np.log1p(hits)
        columns[f"own_share_{days}"] = hits / (lines + 10)
        columns[f"shelf_lines_{days}"] = np.log1p(near_shelf)
        columns[f"shelf_share_{days}"] = near_shelf / (lines + 10)
    spent = in_campaign[items]
    columns["own_with_coupon"] = np.log1p(
        np.bincount(users[spent], spending.with_coupon[past][spent], n_users)
    )
    return columns


class RedemptionModel:
    """Chance of redeeming, from the columns of :func:`features`.

    Parameters
    ----------
    seeds : int
        Boosted models that are averaged.

    Attributes
    ----------
    names_ : list of str
    boosters_ : list of lightgbm.Booster
    weights_, shift_ : float array, shape (n_columns,), and float
        The logistic regression on unscaled columns.
    """

    def __init__(self, seeds: int = 5, rounds: int = 120, linear: float = 0.5) -> None:
        self.seeds = seeds
        self.rounds = rounds
        self.linear = linear

    def fit(self, columns: dict[str, npt.NDArray], redeemed: npt.NDArray) -> "RedemptionModel":
        self.names_ = list(columns)
        values = self._matrix(columns)
        labels = np.asarray(redeemed, np.float64)
        parameters = {
            "objective": "binary",
            "learning_rate": 0.04,
            "num_leaves": 8,
            "min_data_in_leaf": 30,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 10.0,
            "verbose": -1,
            "num_threads": 1,
        }
        self.boosters_ = [
            lightgbm.train(
                parameters | {"seed": seed}, lightgbm.Dataset(values, labels), self.rounds
            )
            for seed in range(self.seeds)
        ]
        scaler, linear = StandardScaler(), LogisticRegression(C=0.02, max_iter=2000)
        linear.fit(scaler.fit_transform(values), labels)
        self.weights_: npt.NDArray[np.float64] = linear.coef_[0] / scaler.scale_
        self.shift_ = float(linear.intercept_[0] - self.weights_ @ scaler.mean_)
        return self

    def predict(self, columns: dict[str, npt.NDArray]) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n,)."""
        values = self._matrix(columns)
        boosted = np.mean([model.predict(values, raw_score=True) for model in self.boosters_], 0)
        odds = (1 - self.linear) * boosted + self.linear * (values @ self.weights_ + self.shift_)
        return 1 / (1 + np.exp(-odds))

    def _matrix(self, columns: dict[str, npt.NDArray]) -> npt.NDArray[np.float64]:
        return np.stack([np.asarray(columns[name], np.float64) for name in self.names_], 1)

    def save(self, path: Path) -> None:
        """Write a compressed npz without pickles; the boosted models in LightGBM's own text."""
        np.savez_compressed(
            path,
            names=np.array(self.names_),
            linear=np.array(self.linear),
            weights=self.weights_,
            shift=np.array(self.shift_),
            boosters=np.array([model.model_to_string() for model in self.boosters_]),
        )

    @classmethod
    def load(cls, path: Path) -> "RedemptionModel":
        with np.load(path, allow_pickle=False) as file:
            model = cls(seeds=len(file["boosters"]), linear=float(file["linear"]))
            model.names_ = [str(name) for name in file["names"]]
            model.weights_, model.shift_ = file["weights"], float(file["shift"])
            model.boosters_ = [lightgbm.Booster(model_str=str(text)) for text in file["boosters"]]
        return model


def table(
    spending: Spending, campaigns: Campaigns, chosen: npt.NDArray
) -> tuple[dict[str, npt.NDArray], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return columns, labels and campaign numbers of all whom the chosen campaigns were sent to."""
    parts, labels, numbers = [], [], []
    for campaign in chosen:
        users = campaigns.targets(campaign)
        parts.append(features(spending, campaigns, campaign, users))
        labels.append(campaigns.answers(campaign, users))
        numbers.append(np.full(len(users), campaign))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return joined, np.concatenate(labels), np.concatenate(numbers)


def lift(labels: npt.NDArray, scores: npt.NDArray) -> float:
    """Return the redemption rate of the tenth with the highest scores over that of all."""
    best = np.argsort(-scores, kind="stable")[: max(1, len(scores) // 10)]
    return float(labels[best].mean() / labels.mean())
