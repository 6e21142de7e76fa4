"""A data set of a few baskets with every trap of the real one, for tests of the import."""

import json
from datetime import timedelta

import pandas as pd

from shop.demo.source import Source
from shop.demo.stores import fold_stores

MILK = ("FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY")
BEER = ("BEERS/ALES", "BEERALEMALT LIQUORS")
HOUSEHOLDS = [1, 4, 7, 12]
STORES = {31: 90_000.0, 32: 70_000.0, 33: 5_000.0}


def products() -> pd.DataFrame:
    """Two milks that share a page, one of another size, a beer."""
    rows = [
        (1001, 69, *MILK, "Private", "1 GA"),
        (1002, 69, *MILK, "Private", "1 GA"),
        (1003, 69, *MILK, "Private", ".5 GA"),
        (1004, 12, *BEER, "National", "12 OZ"),
    ]
    columns = ["product_id", "manufacturer_id", "product_category", "product_type"]
    return pd.DataFrame(rows, columns=[*columns, "brand", "package_size"])


def lines() -> pd.DataFrame:
    """Baskets over the year: uneven divisions, free goods, lines counted as no units at all."""
    # quantity, total, retail discount, coupon match, maker's coupon (cents)
    kinds = [
        (1, 299, 0, 0, 0),
        (3, 500, 49, 0, 0),
        (2, 180, 20, 25, 50),
        (1, 0, 129, 0, 0),
        (0, 0, 0, 0, 0),
        (0, 35, 0, 0, 0),
        (7, 1000, 1, 0, 0),
    ]
    rows = []
    first = pd.Timestamp("2017-01-01 17:30")
    for number in range(56):
        at = first + timedelta(days=number * 6.62, minutes=number)
        basket = 31_000_000_000 + number // 2
        quantity, total, retail, match, maker = kinds[number % len(kinds)]
        rows.append(
            (
                HOUSEHOLDS[number // 2 % 4],
                list(STORES)[number // 2 % 3],
                basket,
                1001 + (number * 3 + number // 4) % 4,
                quantity,
                total,
                retail,
                match,
                maker,
                1 + int(number * 6.62 // 7),
                first + timedelta(days=(number // 2) * 13.24) if number % 2 else at,
            )
        )
    # A reduced milk in the last mailer.
    last = pd.Timestamp("2017-12-30 20:00")
    rows.append((1, 31, 32_000_000_000, 1001, 1, 224, 75, 0, 0, 53, last))
    columns = ["household_id", "store_id", "basket_id", "product_id", "quantity", "total"]
    columns += ["retail", "match", "maker", "week", "transaction_timestamp"]
    frame = pd.DataFrame(rows, columns=columns)
    # One basket has one time.
    frame["transaction_timestamp"] = frame.groupby("basket_id")["transaction_timestamp"].transform(
        "min"
    )
    return frame


def make_source() -> Source:
    """The whole of it. Coupon 501 has a product of the shop, coupon 502 has none."""
    bought = lines()
    coupon = bought[(bought["maker"] > 0)].iloc[0]
    day = coupon["transaction_timestamp"].normalize()
    return Source(
        products=products(),
        lines=bought,
        promotions=pd.DataFrame(
            {
                "product": [1001, 1001, 1003],
                "week": [1, 53, 52],
                "mailer": [0.5, 0.9, 0.4],
                "display": [0.0, 0.2, 0.0],
                "mailer_stores": [[31], [31, 32], [32]],
                "display_stores": [[], [31], []],
            }
        ),
        campaigns=pd.DataFrame(
            {
                "campaign_id": [26],
                "campaign_type": ["Type B"],
                "start_date": [pd.Timestamp("2017-01-01")],
                "end_date": [pd.Timestamp("2017-12-30")],
            }
        ),
        campaign_targets=pd.DataFrame({"campaign_id": [26, 26], "household_id": [1, 999]}),
        coupons=pd.DataFrame(
            {
                "coupon_upc": [501, 502],
                "product_id": [coupon["product_id"], 77],
                "campaign_id": [26, 26],
            }
        ),
        redemptions=pd.DataFrame(
            {
                "household_id": [coupon["household_id"], 4, 999],
                "coupon_upc": [501, 502, 501],
                "campaign_id": [26, 26, 26],
                "redemption_date": [day, day, day],
            }
        ),
        demographics=pd.DataFrame(
            {"household_id": [1], "age": ["45-54"], "income": ["35-49K"], "kids_count": [None]}
        ),
        households=HOUSEHOLDS,
        stores=fold_stores(pd.Series(STORES), channels=2),
        prices={1001: 299, 1002: 310, 1003: 189, 1004: 999},
    )


def dumped(rows: object) -> str:
    """Rows as text that two imports can be compared by."""
    return json.dumps(rows, default=str, sort_keys=True)
