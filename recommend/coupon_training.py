"""Trains the redemption model on past campaigns and activates it if it beats the simpler ones."""

import numpy as np
from django.db.models import Max
from sklearn.metrics import roc_auc_score

from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from recommend.audience import ShopCampaigns, read
from recommend.learning.coupons import RedemptionModel, lift, table
from recommend.services import NotEnoughData, Progress
from recommend.serving import COUPONS
from shop.models import CampaignTarget, CouponRedemption

STEPS = 4
HELD_OUT = 0.3
"""Share of the ended campaigns, the last ones, that are kept apart for the comparison."""
FEWEST_REDEEMERS = 30
"""Households that redeemed, in what is learnt from and in what is held out."""
SIMPLE = ("recency", "visits_28", "visits_84", "lines", "spent_28", "spent_84")
"""Recency, frequency and monetary value: what the model must beat."""


def train_coupons(progress: Progress) -> ModelVersion:
    """Train, register and, if the gate is passed, activate the redemption model.

    Returns the newest version untouched when no campaign was sent or answered since. Raises
    NotEnoughData when too few households answered to hold campaigns out.
    """

    def train(active: ModelVersion | None) -> Trained:
        progress(0, STEPS)
        data = read()
        ended = data.ended()
        kept = max(1, round(len(ended) * HELD_OUT))
        learnt, held = ended[:-kept], ended[-kept:]
        # What began before the first held-out one began but ended after it would tell its answers.
        first = data.campaigns.starts[held].min() if len(held) else 0
        learnt = learnt[data.campaigns.ends[learnt] < first]
        _require(data, learnt, held)
        progress(1, STEPS)
        metrics = measure(data, learnt, held)
        progress(2, STEPS)
        columns, answered, _campaign = table(data.spending, data.campaigns, ended)
        model = RedemptionModel().fit(columns, answered)
        progress(3, STEPS)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics=metrics,
            parameters={"campaigns": len(ended), "held_out_campaigns": len(held)},
            gated=("auc",),
            floor={"auc": metrics["rfm_auc"]},
            # The recipe has no parts that differ between versions: the same on the same campaigns.
            active_metrics=metrics if active else None,
        )

    version = refresh(COUPONS, signature(), train)
    progress(STEPS, STEPS)
    return version


def signature() -> str:
    """Changes when a campaign is sent to somebody or a coupon is redeemed."""
    newest = [
        model.objects.aggregate(n=Max("pk"))["n"] or 0
        for model in (CampaignTarget, CouponRedemption)
    ]
    return "-".join(map(str, newest))


def measure(data: ShopCampaigns, learnt: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """Return AUC and lift on the held-out campaigns, and those of the simpler model."""
    columns, answered, _campaign = table(data.spending, data.campaigns, learnt)
    unseen, truth, _campaign = table(data.spending, data.campaigns, held)
    simple = {name: columns[name] for name in SIMPLE}
    chances = RedemptionModel().fit(columns, answered).predict(unseen)
    plain = RedemptionModel(linear=0.0).fit(simple, answered).predict(unseen)
    return {
        "auc": round(float(roc_auc_score(truth, chances)), 4),
        "lift_first_decile": round(lift(truth, chances), 4),
        "rfm_auc": round(float(roc_auc_score(truth, plain)), 4),
        "expected_over_found": round(float(chances.sum() / truth.sum()), 4),
        "rows": len(truth),
    }


def _require(data: ShopCampaigns, *sides: np.ndarray) -> None:
    for side in sides:
        redeemers = data.campaigns.redeemed_user[np.isin(data.campaigns.redeemed_campaign, side)]
        if len(np.unique(redeemers)) < FEWEST_REDEEMERS:
            raise NotEnoughData(
                "Too few customers have redeemed a coupon of a past campaign to learn from."
            )
