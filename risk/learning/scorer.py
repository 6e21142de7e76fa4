"""The ensemble that scores an order: boosted trees that know fraud, voices that know the usual.

Gradient boosting (Ke et al. 2017, LightGBM) learns from reported frauds; an Isolation Forest (Liu,
Ting & Zhou 2008) and the doubts of :mod:`risk.learning.doubts` fit no label and are there for what
has never been reported. The trees' odds become a probability on rows kept apart (Platt 1999), a
voice's strangeness by how few honest orders reach it; both are explained, the trees by exact
Shapley values (Lundberg et al. 2020).
"""

from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression

from risk.learning.behaviour import BasketEmbedding
from risk.learning.doubts import DOUBTS, OrderDoubts
from risk.learning.isolation import OrderIsolationForest
from risk.learning.signals import FEATURES

NOVELTY = (
    "total_surprise",
    "price_to_largest",
    "log_max_unit_price",
    "log_total",
    "fresh_identities",
    "newcomer",
    "guest",
    "address_is_fresh",
    "visitor_is_fresh",
    "visitor_order_card_1d",
    "visitor_declined_count_1d",
    "visitor_order_address_30d",
    "visitor_order_customer_30d",
    "card_order_customer_30d",
    "address_order_customer_30d",
    "customer_order_address_30d",
    "paid_back_30d",
    "address_order_coupons_30d",
    "discount_share",
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
ROUNDS = 160
HONEST_KEPT = 40_000
"""Honest orders that the trees learn from; each stands for several when there are more."""
FOLDS = 2
LIMIT = 12.0
"""Log odds beyond this are as good as certain."""
TAIL = 0.02
UNSEEN = 0.0005
"""Share of all orders that are frauds of a kind nobody has reported: a belief, not learned."""
FOREST_PART = 0.4
"""The forest's part of that belief; the doubts share the rest evenly."""


class OrderScorer:
    """Probability of fraud of orders.

    Parameters
    ----------
    rounds : trees; unseen : share of orders that are frauds of an unknown kind;
    behaviour : what is bought together, on which the features it learns from were made; kept with
        the model, so that serving sees baskets as training did.
    random_state : seed of sampling and trees.

    Attributes
    ----------
    booster_ : lightgbm.Booster
    forest_ : OrderIsolationForest over ``NOVELTY``
    doubts_ : OrderDoubts
    curve_ : float64 (2,): slope and constant from the trees' log odds to the truth's.
    tail_ : float64 (2,): the forest's anomaly above which only ``TAIL`` of the honest orders lie,
        and how fast they thin out above it.
    """

    def __init__(
        self,
        *,
        rounds: int = ROUNDS,
        unseen: float = UNSEEN,
        behaviour: BasketEmbedding | None = None,
        random_state: int = 0,
    ) -> None:
        self.behaviour = behaviour
        self.rounds = rounds
        self.unseen = unseen
        self.random_state = random_state

    def fit(self, features: np.ndarray, fraud: np.ndarray) -> Self:
        """Learn from ``features`` (n, n_features) and ``fraud`` (n,), 0 or 1."""
        rng = np.random.default_rng(self.random_state)
        honest = np.flatnonzero(fraud == 0)
        kept = rng.choice(honest, min(HONEST_KEPT, len(honest)), replace=False)
        rows = np.sort(np.r_[kept, np.flatnonzero(fraud == 1)])
        weight = np.where(fraud[rows] == 1, 1.0, len(honest) / max(len(kept), 1))
        x, y = features[rows], fraud[rows]
        usual = features[kept][:, COLUMNS]
        self.forest_ = OrderIsolationForest(random_state=self.random_state).fit(usual)
        self.doubts_ = OrderDoubts().fit(features[kept])
        anomaly = self.forest_.anomaly(usual)
        edge = float(np.quantile(anomaly, 1 - TAIL))
        self.tail_ = np.array([edge, max(float((anomaly[anomaly > edge] - edge).mean()), 1e-6)])
        fold, odds = rng.integers(0, FOLDS, len(y)), np.zeros(len(y))
        for number in range(FOLDS):
            apart = fold == number
            model = self._boost(x[~apart], y[~apart], weight[~apart])
            odds[apart] = model.predict(x[apart], raw_score=True)
        self.booster_ = self._boost(x, y, weight)
        curve = LogisticRegression(C=1e4).fit(
            np.clip(odds, -LIMIT, LIMIT)[:, None], y, sample_weight=weight
        )
        self.curve_ = np.r_[curve.coef_[0], curve.intercept_]
        return self

    def _boost(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> lightgbm.Booster:
        data = lightgbm.Dataset(x, y, weight=weight, feature_name=list(FEATURES))
        return lightgbm.train({**PARAMETERS, "seed": self.random_state}, data, self.rounds)

    def known_probability(self, features: np.ndarray) -> np.ndarray:
        """Probability (n,) of a fraud of the kinds that were reported."""
        odds = self.booster_.predict(features, raw_score=True, num_threads=1)
        slope, constant = self.curve_
        return 1 / (1 + np.exp(-(slope * np.clip(odds, -LIMIT, LIMIT) + constant)))

    def unseen_odds(self, features: np.ndarray) -> np.ndarray:
        """Odds (n, 1 + n_doubts) of a fraud that nobody has reported, by the forest and each doubt.

        If ``unseen`` of all orders are such and stranger than any honest one, an order that only
        a share ``s`` of the honest ones exceed in strangeness is one with odds of unseen / s.
        """
        edge, scale = self.tail_
        anomaly = self.forest_.anomaly(features[:, COLUMNS])
        share = np.where(anomaly > edge, TAIL * np.exp(-(anomaly - edge) / scale), 1.0)
        doubts = self.doubts_.share(features)
        believed = self.unseen * (1 - FOREST_PART) / doubts.shape[1]
        return np.column_stack([self.unseen * FOREST_PART / share, believed / doubts])

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Probability of fraud (n,): known or unseen."""
        honest = 1 - self.known_probability(features)
        return 1 - honest / (1 + self.unseen_odds(features)).prod(axis=1)

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """What each feature adds, float64 (n, n_features): to the trees' log odds, and what a
        doubt takes from the log probability that all is well, at the doubt's features."""
        values = self.booster_.predict(features, pred_contrib=True, num_threads=1)
        result = np.asarray(values)[:, :-1].copy()
        added = np.log1p(self.unseen_odds(features)[:, 1:])
        for number, names in enumerate(DOUBTS.values()):
            for name in names:
                result[:, FEATURES.index(name)] += added[:, number] / len(names)
        return result

    def save(self, path: Path) -> None:
        """Write an ``.npz``: the trees as LightGBM's own text, the rest as arrays."""
        text = np.frombuffer(self.booster_.model_to_string().encode(), np.uint8)
        forest = {f"forest_{name}": getattr(self.forest_, name) for name in self.forest_.ARRAYS}
        doubts = {f"doubts_{name}": array for name, array in self.doubts_.arrays().items()}
        bought = self.behaviour.arrays() if self.behaviour is not None else {}
        arrays: dict[str, Any] = {
            **{f"behaviour_{name}": array for name, array in bought.items()},
            "booster": text,
            "curve": self.curve_,
            "tail": self.tail_,
            "unseen": np.array(self.unseen),
            "names": np.array(FEATURES),
            "forest_norm": np.array(self.forest_.norm_),
            **forest,
            **doubts,
        }
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "OrderScorer":
        """Read what :meth:`save` wrote; raises ValueError or KeyError when it is not that."""
        scorer = cls()
        with np.load(path, allow_pickle=False) as stored:
            if tuple(stored["names"].tolist()) != FEATURES:
                raise ValueError("The model was trained on other features. Train it again.")
            scorer.curve_, scorer.tail_ = stored["curve"], stored["tail"]
            scorer.unseen = float(stored["unseen"])
            if "behaviour_vectors" in stored.files:
                bought = {name: stored[f"behaviour_{name}"] for name in ("names", "vectors")}
                scorer.behaviour = BasketEmbedding.of(bought)
            forest = OrderIsolationForest(n_trees=len(stored["forest_left_"]))
            for name in forest.ARRAYS:
                setattr(forest, name, stored[f"forest_{name}"])
            forest.norm_ = float(stored["forest_norm"])
            scorer.doubts_ = OrderDoubts.of(
                {
                    name.removeprefix("doubts_"): stored[name]
                    for name in stored.files
                    if name.startswith("doubts_")
                }
            )
            text = stored["booster"].tobytes().decode()
        scorer.forest_ = forest
        scorer.booster_ = lightgbm.Booster(model_str=text)
        return scorer
