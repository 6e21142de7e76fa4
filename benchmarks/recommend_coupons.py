"""Who redeems a coupon: Complete Journey's last campaigns, from those before them.

Test: the campaigns that began 2017-10-18 to 2017-12-27; train: those that had ended by then. A
row is a household that a campaign was sent to, positive when it redeemed one of its coupons. The
lift is over the campaign's own selection: how many redeemed of the tenth with the highest scores,
over how many of all it was sent to. The baseline is gradient boosting on recency, frequency,
monetary value and demographics.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.metrics import roc_auc_score

from benchmarks.complete_journey import FIRST_DAY, folder, people_of
from benchmarks.rows import DRAWS, row
from recommend.learning.coupons import Campaigns, RedemptionModel, Spending, lift, table

NAME = "recommend.coupons"
SPLITS = {
    # The test's campaigns begin from the first day on and before the second.
    "test": ("2017-10-18", "2017-12-28"),
    "validation": ("2017-08-08", "2017-10-18"),
}
EARLIEST = 35
"""Campaigns that began before this day of the year have no past to learn from."""
RFM = ("recency", "visits_28", "visits_84", "lines", "spent_28", "spent_84")
Table = tuple[dict[str, np.ndarray], np.ndarray]


def load() -> tuple[Spending, Campaigns, np.ndarray]:
    lines = pd.read_parquet(folder() / "transactions.parquet")
    products = pd.read_parquet(folder() / "products.parquet").set_index("product_id").sort_index()
    lines = lines[(lines["quantity"] > 0) & (lines["sales_value"] > 0)]
    lines = lines[lines["product_id"].isin(products.index)]
    items, users = products.index.to_numpy(), np.sort(lines["household_id"].unique())
    spending = Spending(
        users=_places(users, lines["household_id"]),
        items=_places(items, lines["product_id"]),
        days=_days(lines["transaction_timestamp"]),
        amounts=lines["sales_value"].to_numpy(np.float32),
        with_coupon=((lines["coupon_disc"] > 0) | (lines["coupon_match_disc"] > 0)).to_numpy(),
        discounted=(lines["retail_disc"] > 0).to_numpy(),
        n_users=len(users),
        categories=pd.factorize(products["product_type"].fillna(""))[0].astype(np.int32),
    )
    campaigns = pd.read_parquet(folder() / "campaign_descriptions.parquet")
    campaigns = campaigns.sort_values("campaign_id")
    names = campaigns["campaign_id"].to_numpy()
    coupons = pd.read_parquet(folder() / "coupons.parquet").drop_duplicates()
    coupons = coupons[coupons["product_id"].isin(items)]
    where = (_places(names, coupons["campaign_id"]), _places(items, coupons["product_id"]))
    ones = np.ones(len(coupons), np.float32)
    sent = pd.read_parquet(folder() / "campaigns.parquet")
    sent = sent[sent["household_id"].isin(users)]
    redeemed = pd.read_parquet(folder() / "coupon_redemptions.parquet")
    redeemed = redeemed[redeemed["household_id"].isin(users)]
    known = Campaigns(
        starts=_days(campaigns["start_date"]),
        ends=_days(campaigns["end_date"]),
        kinds=pd.factorize(campaigns["campaign_type"], sort=True)[0].astype(np.int32),
        products=sparse.coo_array((ones, where), (len(names), len(items))).tocsr(),
        sent_campaign=_places(names, sent["campaign_id"]),
        sent_user=_places(users, sent["household_id"]),
        redeemed_campaign=_places(names, redeemed["campaign_id"]),
        redeemed_user=_places(users, redeemed["household_id"]),
        redeemed_day=_days(redeemed["redemption_date"]),
    )
    return spending, known, people_of(users)


def _places(values: np.ndarray, wanted: pd.Series) -> np.ndarray:
    return np.searchsorted(values, wanted.to_numpy()).astype(np.int32)


def _days(stamps: pd.Series) -> np.ndarray:
    return (stamps.dt.normalize() - FIRST_DAY).dt.days.to_numpy(np.int32)


def with_people(
    spending: Spending, campaigns: Campaigns, people: np.ndarray, chosen: np.ndarray
) -> Table:
    """Return columns and labels of all that the chosen campaigns were sent to."""
    columns, labels, _numbers = table(spending, campaigns, chosen)
    users = np.concatenate([campaigns.targets(campaign) for campaign in chosen])
    columns |= {f"person_{place}": values for place, values in enumerate(people[users].T)}
    return columns, labels


def run(window: str = "test") -> list[dict]:
    spending, campaigns, people = load()
    begin, end = (int((pd.Timestamp(day) - FIRST_DAY).days) for day in SPLITS[window])
    starts = campaigns.starts
    learnt = np.flatnonzero((starts >= EARLIEST) & (campaigns.ends < begin))
    held = np.flatnonzero((starts >= begin) & (starts < end))
    train, labels = with_people(spending, campaigns, people, learnt)
    test, redeemed = with_people(spending, campaigns, people, held)
    simple = [name for name in train if name in RFM or name.startswith("person_")]
    scores = {
        "rfm_boosting": RedemptionModel(linear=0.0)
        .fit({name: train[name] for name in simple}, labels)
        .predict(test),
        "mercato": RedemptionModel().fit(train, labels).predict(test),
    }
    measures = {"auc": roc_auc_score, "lift_first_decile": lift}
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(redeemed), (DRAWS // 2, len(redeemed)))
    rows = []
    for metric, measure in measures.items():
        sampled = {}
        for method, values in scores.items():
            found = [measure(redeemed[draw], values[draw]) for draw in draws]
            sampled[method] = np.array(found)
            rows.append(_row(method, metric, measure(redeemed, values), sampled[method], redeemed))
        gain = sampled["mercato"] - sampled["rfm_boosting"]
        whole = rows[-1]["value"] - rows[-2]["value"]
        rows.append(_row("mercato", f"{metric}_over_rfm", whole, gain, redeemed))
    return [item | {"dataset": window} for item in rows]


def _row(method: str, metric: str, value: float, sample: np.ndarray, labels: np.ndarray) -> dict:
    low, high = (round(float(edge), 4) for edge in np.quantile(sample, [0.025, 0.975]))
    return row(NAME, method, metric, value, n=len(labels), low=low, high=high)
