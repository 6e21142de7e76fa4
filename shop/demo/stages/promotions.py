"""Mailers and displays by variant and week: known before the week begins."""

import json
from functools import lru_cache

import pandas as pd

from shop.demo import bulk
from shop.demo.calendar import week_start
from shop.demo.context import ImportContext
from shop.demo.steps import Progress
from shop.models import Channel, PlannedPromotion, Variant


def load_promotions(context: ImportContext, progress: Progress) -> dict:
    """One row per variant and week with a mailer or a display anywhere."""
    source = context.data().promotions
    variants = dict(Variant.objects.values_list("source_product_id", "pk"))
    codes = dict(Channel.objects.values_list("source_store_id", "code"))
    weeks = {week: week_start(week, context.shift).isoformat() for week in source["week"].unique()}

    @lru_cache(maxsize=100_000)
    def channels(stores: tuple[int, ...]) -> str:
        return json.dumps([codes[store] for store in stores])

    frame = pd.DataFrame(
        {
            "variant_id": source["product"].map(variants),
            "week_start": source["week"].map(weeks),
            "mailer_share": source["mailer"],
            "display_share": source["display"],
            "mailer_channels": [channels(tuple(row)) for row in source["mailer_stores"]],
            "display_channels": [channels(tuple(row)) for row in source["display_stores"]],
        }
    )
    rows = 0

    def advance(more: int) -> None:
        nonlocal rows
        rows += more
        progress(rows, len(frame))

    bulk.insert_frame(PlannedPromotion, frame, advance)
    return {"planned": len(frame)}
