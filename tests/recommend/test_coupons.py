"""Redemption: what is counted before a campaign, and that the model finds who answers."""

import numpy as np
from scipy import sparse
from sklearn.metrics import roc_auc_score

from recommend.learning.coupons import Campaigns, RedemptionModel, Spending, features

USERS, ITEMS, STARTS = 120, 20, np.array([60, 120, 180], np.int32)


def world(seed: int = 0) -> tuple[Spending, Campaigns]:
    """Every third user uses coupons and redeems when the campaign is for what they buy."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(USERS), 40)
    keen = users % 3 == 0
    items = np.where(rng.random(len(users)) < 0.7, users % 4, rng.integers(4, ITEMS, len(users)))
    spending = Spending(
        users=users.astype(np.int32),
        items=items.astype(np.int32),
        days=rng.integers(0, 240, len(users)).astype(np.int32),
        amounts=rng.random(len(users)).astype(np.float32),
        with_coupon=keen & (rng.random(len(users)) < 0.3),
        discounted=rng.random(len(users)) < 0.5,
        n_users=USERS,
        categories=np.arange(ITEMS, dtype=np.int32),
    )
    products = sparse.csr_array(np.eye(3, ITEMS, dtype=np.float32))
    pairs = [(c, u) for c in range(3) for u in range(USERS)]
    sent = np.array(pairs, np.int32).T
    # Campaign c is for item c, which users with u % 4 == c buy.
    back = np.array([(c, u) for c, u in pairs if u % 3 == 0 and u % 4 == c], np.int32).T
    days = STARTS[back[0]] + 5
    ends = STARTS + 30
    kinds = np.zeros(3, np.int32)
    return spending, Campaigns(STARTS, ends, kinds, products, *sent, *back, days)


def test_the_model_finds_who_redeems() -> None:
    spending, campaigns = world()
    everyone = np.arange(USERS)
    columns = [features(spending, campaigns, number, everyone) for number in range(3)]
    train = {name: np.concatenate([c[name] for c in columns[:2]]) for name in columns[0]}
    labels = np.concatenate([campaigns.answers(number, everyone) for number in range(2)])
    chances = RedemptionModel(seeds=1, rounds=40).fit(train, labels).predict(columns[2])
    assert roc_auc_score(campaigns.answers(2, everyone), chances) > 0.9
    assert 0 <= chances.min() <= chances.max() <= 1


def test_nothing_after_the_start_is_counted() -> None:
    spending, campaigns = world()
    users = np.arange(USERS)
    early = features(spending, campaigns, 1, users)
    late = spending.days >= STARTS[1]
    items = np.where(late, 0, spending.items).astype(np.int32)
    changed = Spending(
        **{**vars(spending), "items": items, "with_coupon": spending.with_coupon & ~late}
    )
    again = features(changed, campaigns, 1, users)
    for name, values in early.items():
        assert np.array_equal(values, again[name]), name
