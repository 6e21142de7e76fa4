"""Inventory's part of the demo: warehouses, opening stock, the first forecasts."""

import numpy as np
from django.db import transaction

from inventory import selectors, services
from inventory.models import Forecast, LedgerEntry, StockLevel, Supplier, Warehouse
from shop.demo.steps import DemoPlan, Progress
from shop.models import Channel, Variant

COVER_DAYS = 14
NEW_PRODUCT_UNITS = 24


def load(plan: DemoPlan, progress: Progress) -> str:
    """Give every variant an opening stock, booked in the ledger; nothing on a second run."""
    if LedgerEntry.objects.exists():
        return ""
    Supplier.objects.get_or_create(name="Central supplier", defaults={"lead_time_days": 5})
    warehouses = [
        Warehouse.objects.get_or_create(
            code=channel.code,
            defaults={
                "name_en": channel.name_en,
                "name_zh": channel.name_zh,
                "channel": channel,
                "position": channel.position,
            },
        )[0]
        for channel in Channel.objects.all()
    ]
    progress(1, 3)
    levels = _opening_levels(warehouses)
    progress(2, 3)
    with transaction.atomic():
        StockLevel.objects.bulk_create(levels, batch_size=2000)
        LedgerEntry.objects.bulk_create(
            (
                LedgerEntry(
                    variant_id=level.variant_id,
                    warehouse_id=level.warehouse_id,
                    on_hand_change=level.on_hand,
                    reserved_change=0,
                    reason=LedgerEntry.Reason.OPENING,
                    reference="demo",
                )
                for level in levels
            ),
            batch_size=2000,
        )
    progress(3, 3)
    units = sum(level.on_hand for level in levels)
    return f"inventory: {len(warehouses)} warehouses, {len(levels)} stock levels, {units} units"


def _opening_levels(warehouses: list[Warehouse]) -> list[StockLevel]:
    """About two weeks of cover online and, for what sells well, a part in a few stores.

    The random numbers depend on nothing but a fixed seed; about one variant in twelve starts low
    and one in forty empty, so that the reorder list has work to show.
    """
    random = np.random.default_rng(20170101)
    demand = selectors.daily_demand()
    rate: dict[int, float] = {}
    if demand is not None:
        means = demand.units[:, -28:].mean(axis=1)
        rate = dict(zip(demand.variant_ids.tolist(), means.tolist(), strict=True))
    stores = [row for row in warehouses if row.channel.kind == Channel.Kind.STORE]
    online = next(row for row in warehouses if row.channel.kind == Channel.Kind.ONLINE)
    levels = []
    for pk, imported in Variant.objects.order_by("pk").values_list("pk", "source_product_id"):
        luck = random.random()
        if not imported:
            units = int(random.integers(6, NEW_PRODUCT_UNITS))
        else:
            units = int(np.ceil(rate.get(pk, 0.05) * COVER_DAYS * random.uniform(0.8, 1.6))) + 2
        if luck < 0.025:
            units = 0
        elif luck < 0.11:
            units = max(1, units // 8)
        levels.append(StockLevel(variant_id=pk, warehouse=online, on_hand=units))
        if imported and units > 20 and stores:
            for index in random.choice(len(stores), size=min(4, len(stores)), replace=False):
                share = int(units * random.uniform(0.1, 0.3))
                levels.append(
                    StockLevel(variant_id=pk, warehouse=stores[int(index)], on_hand=share)
                )
    return levels


def forecast(plan: DemoPlan, progress: Progress) -> str:
    """Make the first forecasts and the reorder list."""
    if Forecast.objects.exists():
        return ""
    n = services.forecast_all(progress)
    return f"inventory: {n} forecasts"
