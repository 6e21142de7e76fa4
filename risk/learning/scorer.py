"""The ensemble that scores an order: boosted trees that know fraud, a forest that knows the usual.

Gradient boosting (Ke et al. 2017, LightGBM) learns from reported frauds; an Isolation Forest (Liu,
Ting & Zhou 2008) sees no label and is there for what has never been reported. How much each
counts is learned where it matters: on frauds of kinds that the boosting was not shown. The result
is a probability (Platt 1999), explained by the trees' exact Shapley values (Lundberg et al. 2020).
"""

from pathlib import Path
from typing import Self

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression

from risk.learning.isolation import OrderIsolationForest
from risk.learning.signals import FEATURES

NOVELTY = (
    "total_surprise",
    "total_to_largest",
    "price_to_largest",
    "basket_oddity",
    "new_identities",
    "address_is_new",
    "visitor_is_new",
    "discount_share",
    "visitor_order_card_1d",
    "visitor_declined_count_1d",
    "visitor_order_address_30d",
    "visitor_order_customer_30d",
    "card_order_customer_30d",
    "address_order_customer_30d",
    "customer_order_address_30d",
    "customer_order_count_1d",
    "refunded_share",
    "customer_refund_count_30d",
)
"""What the forest looks at: few columns, each of which is odd in one direction."""
COLUMNS = [FEATURES.index(name) for name in NOVELTY]
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_child_samples": 20,
    "colsample_bytree": 0.4,
    "subsample": 0.8,
    "subsample_freq": 1,
    "reg_lambda": 5.0,
    "num_threads": 1,
    "verbose": -1,
    "deterministic": True,
}
ROUNDS = 150
HONEST_KEPT = 30_000
"""Honest orders that the trees learn from; each stands for several when there are more."""
FOLDS = 3
TOP = 0.9999


class OrderScorer:
    """Probability of fraud of orders.

    Parameters
    ----------
    rounds : trees; random_state : seed of sampling and trees.

    Attributes
    ----------
    booster_ : lightgbm.Booster
    forest_ : OrderIsolationForest over ``NOVELTY``
    weights_ : float64 (3,): of the trees' log odds, of the forest's, and the constant.
    """

    def __init__(self, *, rounds: int = ROUNDS, random_state: int = 0) -> None:
        self.rounds = rounds
        self.random_state = random_state

    def fit(self, features: np.ndarray, fraud: np.ndarray, kinds: np.ndarray | None = None) -> Self:
        """Learn from ``features`` (n, n_features), ``fraud`` (n,) and the frauds' ``kinds`` (n,).

        Without kinds the weights are learned on a random third kept apart.
        """
        rng = np.random.default_rng(self.random_state)
        honest = np.flatnonzero(fraud == 0)
        kept = rng.choice(honest, min(HONEST_KEPT, len(honest)), replace=False)
        rows = np.sort(np.r_[kept, np.flatnonzero(fraud == 1)])
        weight = np.where(fraud[rows] == 1, 1.0, len(honest) / max(len(kept), 1))
        x, y = features[rows], fraud[rows]
        self.forest_ = OrderIsolationForest(random_state=self.random_state).fit(
            features[kept][:, COLUMNS]
        )
        fold = self._folds(y, kinds[rows] if kinds is not None else None, rng)
        odds = np.zeros(len(rows))
        for number in range(FOLDS):
            apart = fold == number
            model = self._boost(x[~apart], y[~apart], weight[~apart], max(20, self.rounds // 2))
            odds[apart] = model.predict(x[apart], raw_score=True)
        self.booster_ = self._boost(x, y, weight, self.rounds)
        stacked = np.column_stack([np.clip(odds, -12, 12), self.novelty_logit(x)])
        curve = LogisticRegression(C=1e4).fit(stacked, y, sample_weight=weight)
        self.weights_ = np.r_[np.maximum(curve.coef_[0], 0.0), curve.intercept_]
        return self

    def _folds(
        self, y: np.ndarray, kinds: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        """Fold of each row (n,): frauds of one kind stay together, honest rows are dealt out."""
        fold = rng.integers(0, FOLDS, len(y))
        if kinds is not None:
            names = np.unique(kinds[y == 1])
            if len(names) >= FOLDS:
                dealt = {name: number % FOLDS for number, name in enumerate(names)}
                fold[y == 1] = [dealt[name] for name in kinds[y == 1]]
        return fold

    def _boost(
        self, x: np.ndarray, y: np.ndarray, weight: np.ndarray, rounds: int
    ) -> lightgbm.Booster:
        data = lightgbm.Dataset(x, y, weight=weight, feature_name=list(FEATURES))
        return lightgbm.train({**PARAMETERS, "seed": self.random_state}, data, rounds)

    def novelty(self, features: np.ndarray) -> np.ndarray:
        """Share (n,) of the honest training orders that are more ordinary."""
        return self.forest_.score(features[:, COLUMNS])

    def novelty_logit(self, features: np.ndarray) -> np.ndarray:
        share = np.minimum(self.novelty(features), TOP)
        return np.maximum(-np.log1p(-share), 0.0)

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Probability of fraud (n,)."""
        odds = np.clip(self.booster_.predict(features, raw_score=True, num_threads=1), -12, 12)
        trees, forest, constant = self.weights_
        return 1 / (1 + np.exp(-(trees * odds + forest * self.novelty_logit(features) + constant)))

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """What each feature adds to the trees' log odds, float64 (n, n_features)."""
        values = self.booster_.predict(features, pred_contrib=True, num_threads=1)
        return np.asarray(values)[:, :-1]

    def save(self, path: Path) -> None:
        """Write an ``.npz``: the trees as LightGBM's own text, the rest as arrays."""
        text = np.frombuffer(self.booster_.model_to_string().encode(), np.uint8)
        forest = {f"forest_{name}": getattr(self.forest_, name) for name in self.forest_.ARRAYS}
        names = np.array(FEATURES)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                booster=text,
                weights=self.weights_,
                names=names,
                forest_norm=np.array(self.forest_.norm_),
                **forest,
            )

    @classmethod
    def load(cls, path: Path) -> "OrderScorer":
        """Read what :meth:`save` wrote; raises ValueError or KeyError when it is not that."""
        scorer = cls()
        with np.load(path, allow_pickle=False) as stored:
            if tuple(stored["names"].tolist()) != FEATURES:
                raise ValueError("The model was trained on other features. Train it again.")
            scorer.weights_ = stored["weights"]
            forest = OrderIsolationForest(n_trees=len(stored["forest_left_"]))
            for name in forest.ARRAYS:
                setattr(forest, name, stored[f"forest_{name}"])
            forest.norm_ = float(stored["forest_norm"])
            text = stored["booster"].tobytes().decode()
        scorer.forest_ = forest
        scorer.booster_ = lightgbm.Booster(model_str=text)
        return scorer
