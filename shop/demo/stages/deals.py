"""Which products are reduced, and by how much: as in the data's last weeks."""

from decimal import Decimal

import pandas as pd

from shop.demo.context import ImportContext
from shop.demo.deals import SLOTS, start_deals, this_monday
from shop.demo.source import Source
from shop.demo.steps import Progress
from shop.models import Variant

RUNNING = 300
"""Deals that run at a time."""
LAST_WEEKS = 6
SHALLOWEST, DEEPEST = 0.08, 0.6


def load_deals(context: ImportContext, progress: Progress) -> dict:
    """Choose what was in the last mailers and sold best, at the discount seen there."""
    variants = {
        row.source_product_id: row for row in Variant.objects.exclude(source_product_id=None)
    }
    offers = []
    for rank, (product_id, depth) in enumerate(observed_depths(context.data()).items()):
        variant = variants[product_id]
        price = (variant.price * Decimal(str(1 - depth))).quantize(Decimal("0.01"))
        if 0 < price < variant.price:
            offers.append([variant.pk, str(price), rank % len(SLOTS)])
    start_deals(offers)
    return {"deals": len(offers), "offers": offers, "week": this_monday().isoformat()}


def observed_depths(source: Source) -> pd.Series:
    """Median share taken off in the last mailer weeks, by product; what sold most comes first."""
    lines = source.lines
    newest = lines["week"].max()
    plans = source.promotions
    mailed = plans[(plans["week"] > newest - LAST_WEEKS) & (plans["mailer"] > 0)]
    recent = lines[
        (lines["week"] > newest - LAST_WEEKS)
        & (lines["retail"] > 0)
        & lines["product_id"].isin(mailed["product"])
    ]
    share = recent["retail"] / (recent["total"] + recent["retail"] + recent["match"])
    depth = share.groupby(recent["product_id"]).median().round(2)
    depth = depth[(depth >= SHALLOWEST) & (depth <= DEEPEST)]
    sold = recent.groupby("product_id")["quantity"].sum().reindex(depth.index)
    best = sold.sort_values(ascending=False, kind="stable").index[: RUNNING * 3 // 2]
    return depth.loc[best]
