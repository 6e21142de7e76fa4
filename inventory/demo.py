"""Inventory's part of the demo: warehouses, suppliers, opening stock, the first forecasts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_noop

from inventory import selectors, services
from inventory.models import Forecast, LedgerEntry, StockLevel, Supplier, Warehouse
from shop.demo.steps import DemoPlan, Progress
from shop.models import Channel, Department, Product, Variant

SEED = 20170101
MIN_STORE_UNITS = 6
"""A store keeps what it sold at least so many units of in four weeks."""
NEW_PRODUCT_UNITS = (10, 61)
SUPPLIERS = [
    (gettext_noop("Central supplier"), 5, []),
    (gettext_noop("Morning Market Growers (fictional)"), 2, ["produce", "bakery", "flowers"]),
    (
        gettext_noop("Cold Chain Partners (fictional)"),
        3,
        ["dairy", "meat", "seafood", "deli", "frozen"],
    ),
    (gettext_noop("Harbour Beverages (fictional)"), 4, ["drinks", "alcohol"]),
]


def load(plan: DemoPlan, progress: Progress) -> str:
    """Give every variant an opening stock, booked in the ledger; nothing on a second run.

    All of it is one transaction: a kill leaves no half stock.
    """
    if LedgerEntry.objects.filter(reason=LedgerEntry.Reason.OPENING).exists():
        return ""
    with transaction.atomic():
        _load_suppliers()
        warehouses = _load_warehouses()
        progress(1, 4)
        levels = list(_opening_levels(warehouses))
        progress(2, 4)
        StockLevel.objects.bulk_create(levels, batch_size=2000)
        progress(3, 4)
        LedgerEntry.objects.bulk_create(_opening_entries(levels), batch_size=2000)
    progress(4, 4)
    units = sum(level.on_hand for level in levels)
    return f"inventory: {len(warehouses)} warehouses, {len(levels):,} stock levels, {units:,} units"


def _opening_entries(levels: Iterable[StockLevel]) -> Iterator[LedgerEntry]:
    for level in levels:
        if level.on_hand:
            yield LedgerEntry(
                variant_id=level.variant_id,
                warehouse_id=level.warehouse_id,
                on_hand_change=level.on_hand,
                reserved_change=0,
                reason=LedgerEntry.Reason.OPENING,
                reference="opening",
            )


def _load_suppliers() -> None:
    departments = {row.slug: row for row in Department.objects.all()}
    for name, days, slugs in SUPPLIERS:
        supplier, _ = Supplier.objects.get_or_create(name=name, defaults={"lead_time_days": days})
        supplier.departments.set([departments[slug] for slug in slugs if slug in departments])


def _load_warehouses() -> list[Warehouse]:
    """One for each channel; the online shop's is the central one."""
    Channel.objects.get_or_create(
        code="online",
        defaults={"kind": "online", "name_en": "Online shop", "name_zh": "网上商店"},
    )
    return [
        Warehouse.objects.get_or_create(
            code=channel.code,
            defaults={
                "name_en": "Central warehouse" if channel.code == "online" else channel.name_en,
                "name_zh": "中央仓库" if channel.code == "online" else channel.name_zh,
                "channel": channel,
                "position": channel.position,
            },
        )[0]
        for channel in Channel.objects.all()
    ]


@dataclass(frozen=True)
class _Sales:
    """Mean units a day of each variant, and units in four weeks by variant and channel."""

    daily: dict[int, float]
    by_channel: dict[int, dict[int, int]]


def _recent_sales() -> _Sales:
    demand = selectors.daily_demand(days=28)
    if demand is None:
        return _Sales({}, {})
    means = demand.units.mean(axis=1)
    daily = dict(zip(demand.variant_ids.tolist(), means.tolist(), strict=True))
    return _Sales(daily, selectors.units_by_channel(last_day=demand.last_day))


def _opening_levels(warehouses: list[Warehouse]) -> Iterator[StockLevel]:
    """Two to four weeks of cover in the stores that sell a variant and, for the rest, centrally.

    Of the variants, one in forty starts empty and one in twelve low, so that the reorder list and
    the out-of-stock pages have something to show. The random numbers depend on the SKUs' order
    alone.
    """
    sales = _recent_sales()
    online = next(row for row in warehouses if row.channel.code == "online")
    stores = {row.channel_id: row for row in warehouses if row.pk != online.pk}
    rows = Variant.objects.order_by("sku").values_list("pk", "product__source")
    dice = np.random.default_rng(SEED).random((rows.count(), 2))
    for (pk, source), (luck, size) in zip(rows, dice.tolist(), strict=True):
        if source != Product.Source.COMPLETE_JOURNEY:
            low, high = NEW_PRODUCT_UNITS
            units = int(low + size * (high - low))
            yield StockLevel(variant_id=pk, warehouse=online, on_hand=_shrunk(units, luck))
            continue
        days = 14 + 14 * size
        central = sales.daily.get(pk, 0.05)
        for channel_id, sold in sorted(sales.by_channel.get(pk, {}).items()):
            if sold >= MIN_STORE_UNITS and channel_id in stores:
                rate = sold / 28
                central -= rate
                units = _shrunk(int(np.ceil(rate * days)), luck)
                yield StockLevel(variant_id=pk, warehouse=stores[channel_id], on_hand=units)
        units = int(np.ceil(max(central, 0.05) * days)) + 2
        yield StockLevel(variant_id=pk, warehouse=online, on_hand=_shrunk(units, luck))


def _shrunk(units: int, luck: float) -> int:
    if luck < 0.025:
        return 0
    return max(1, units // 8) if luck < 0.11 else units


def forecast(plan: DemoPlan, progress: Progress) -> str:
    """Make the first forecasts and the reorder list; nothing when there are forecasts.

    They are means; the worker trains the demand model and replaces them, so nobody waits here.
    """
    if Forecast.objects.exists():
        return ""
    services.forecast_past()
    forecasts = services.forecast_all(lambda done, total: progress(done, total + 1))
    lines = services.plan_replenishment()
    progress(4, 4)
    return f"inventory: {forecasts:,} forecasts, {lines:,} lines to reorder"
