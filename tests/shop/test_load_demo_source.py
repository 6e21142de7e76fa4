"""Reading the data set: what is kept, how it is moved, and that amounts stay exact."""

import doctest
from datetime import date, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.demo import source
from shop.demo.calendar import ZONE, day_shift, moved, week_start
from shop.demo.stages.orders import line_amounts
from shop.demo.stores import fold_stores
from shop.demo.vocabulary import load_vocabulary

LINE = st.tuples(
    st.integers(0, 200), st.integers(0, 100_000), st.integers(0, 20_000), st.integers(0, 1_000)
)
MINUTES = st.integers(0, 365 * 24 * 60 - 1)
FIRST_MINUTE = pd.Timestamp("2017-01-01 05:00")


@pytest.mark.parametrize("name", ["calendar", "stores"])
def test_examples_in_docstrings(name):
    module = import_module(f"shop.demo.{name}")
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@given(st.lists(LINE, min_size=1, max_size=50))
def test_amounts_of_any_line_add_up_to_the_cent(rows):
    lines = pd.DataFrame(rows, columns=["quantity", "total", "retail", "match"])
    amounts = line_amounts(lines)
    paid = amounts["unit_price"] * amounts["quantity"] - amounts["discount"]
    assert (paid - amounts["coupon_discount"] == lines["total"]).all()
    counted = amounts[lines["quantity"] > 0]
    assert (counted["discount"] >= lines.loc[counted.index, "retail"]).all()
    # Rounding up never adds as much as a cent a unit.
    extra = counted["discount"] - lines.loc[counted.index, "retail"]
    assert (extra < counted["quantity"]).all()


@given(st.lists(MINUTES, min_size=1, max_size=20), st.integers(0, 1000))
def test_moving_keeps_weekday_and_clock(minutes, weeks):
    zone = ZoneInfo(ZONE)
    times = [FIRST_MINUTE + pd.Timedelta(minutes=minute) for minute in minutes]
    result = moved(pd.Series(times), weeks * 7)
    for before, after in zip(times, result, strict=True):
        old = before.tz_localize("UTC").tz_convert(zone)
        new = after.tz_convert(zone)
        assert new.weekday() == old.weekday()
        assert new.date() == old.date() + timedelta(weeks=weeks)
        # Two o'clock does not exist on the night that summer time begins.
        if not (new.month == 3 and old.hour == 2):
            assert (new.hour, new.minute) == (old.hour, old.minute)


@given(st.dates(date(2018, 1, 8), date(2100, 1, 1)))
def test_the_data_ends_in_the_week_before_today(today):
    shift = day_shift(today)
    assert shift % 7 == 0
    last = date(2017, 12, 31) + timedelta(days=shift)
    assert timedelta(days=1) <= today - last <= timedelta(days=7)
    assert week_start(53, shift) == last - timedelta(days=6)


@given(st.dictionaries(st.integers(1, 10_000), st.floats(0, 1e6), min_size=1, max_size=60))
def test_every_store_has_a_channel_and_the_largest_their_own(sales):
    folded = fold_stores(pd.Series(sales), channels=5)
    assert set(folded) == set(sales)
    heads = set(folded.values())
    assert len(heads) == min(5, len(sales))
    assert all(folded[head] == head for head in heads)
    assert min(sales[head] for head in heads) >= max(
        (volume for store, volume in sales.items() if store not in heads), default=0
    )


def test_small_choice_spreads_over_activity_and_holds_the_first_household():
    lines = pd.Series(np.repeat(np.arange(1, 101), np.arange(1, 101)))
    chosen = source.spread_over_activity(lines, 10)
    assert len(set(chosen)) == 10
    assert 1 in chosen
    assert 100 in chosen
    assert list(chosen) == list(source.spread_over_activity(lines.sample(frac=1), 10))


def test_promotions_count_a_store_once_and_zero_is_none(tmp_path):
    rows = [
        # product, store, display, mailer, week
        (10, 1, "0", "A", 5),
        (10, 1, "0", "A", 5),  # a repeated key
        (10, 2, "3", "0", 5),
        (10, 3, "0", "D", 5),  # folds into store 1
        (10, 9, "0", "A", 5),  # a store without sales
        (11, 1, "0", "0", 5),  # means nothing at all
        (12, 1, "0", "A", 5),  # a product that is not sold
    ]
    names = ["product_id", "store_id", "display_location", "mailer_location", "week"]
    path = tmp_path / "promotions.parquet"
    pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows, columns=names)), path)
    weights = pd.Series({1: 0.5, 2: 0.3, 3: 0.2})
    told: list[tuple[int, int]] = []
    frame = source.read_promotions(
        path, np.array([10, 11]), weights, {1: 1, 2: 2, 3: 1}, lambda *now: told.append(now)
    )
    assert told == [(7, 7)]
    assert frame.to_dict("records") == [
        {
            "product": 10,
            "week": 5,
            "mailer": 0.7,
            "mailer_stores": [1],
            "display": 0.3,
            "display_stores": [2],
        }
    ]


def test_shelf_prices_are_those_of_the_last_weeks():
    rows = [
        (1, 1, 100, 0, 0, 1),
        (1, 1, 300, 0, 0, 20),
        (1, 2, 500, 90, 10, 21),
        (1, 0, 7, 0, 0, 21),
    ]
    columns = ["product_id", "quantity", "total", "retail", "match", "week"]
    assert source.shelf_prices(pd.DataFrame(rows, columns=columns)) == {1: 300}


def test_what_the_shop_sells_of_the_real_data():
    """No tobacco, lottery, prepaid cards or fuel; everything that is left has words and a price."""
    products = pq.read_table(source.folder() / "products.parquet").to_pandas()
    bought = pq.read_table(source.folder() / "transactions.parquet", columns=["product_id"])
    counts = bought.column("product_id").to_pandas().value_counts()
    sold = source.sold_here(products, counts)
    assert 6_000 < len(sold) < 6_400
    words = load_vocabulary()
    assert not set(sold["product_category"]) & set(words.excluded)
    assert not set(sold["department"]) & source.LEFT_OUT
    text = " ".join(sold["product_category"] + " " + sold["product_type"])
    for word in ("CIGAR", "TOBACCO", "LOTTERY", "TICKETS", "PREPAID"):
        assert word not in text
    assert (sold["product_id"].map(counts) >= source.MIN_LINES).all()
