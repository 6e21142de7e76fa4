"""How the stock stands: its worth, how long it lasts, what matters, what forecasts were worth.

A fixed number of queries however many products there are; all warehouses together.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from django.core.cache import cache
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import get_language

from foundation.models import ModelVersion
from inventory.learning.classes import abc, xyz
from inventory.learning.metrics import wape
from inventory.models import Forecast, StockLevel
from inventory.selectors.demand import WEEK, Demand, daily_demand
from inventory.selectors.planning import latest_forecasts
from shop.models import Variant

SOON_DAYS = 7
OVER_DAYS = 56
"""More than eight weeks of expected demand is more than is needed."""
COVER_EDGES = (7, 14, 28, OVER_DAYS)
SEGMENTS = (1.0, 7.0)
"""Units a week: rarely below the first, daily from the second on."""
CLASSES = tuple(a + b for a in "ABC" for b in "XYZ")
KEPT_SECONDS = 600
"""Sales of whole days do not change by the minute."""


@dataclass(frozen=True)
class Product:
    """One variant over all warehouses.

    ``daily`` is the expected units a day of the next four weeks, ``soon`` the expected units of the
    next :data:`SOON_DAYS` days; ``days`` how many days the free units last, None when no demand is
    expected; ``kind`` is the ABC and the XYZ letter, empty without sales in eight weeks.
    """

    pk: int
    sku: str
    title: str
    on_sale: bool
    price: Decimal
    on_hand: int
    free: int
    inbound: int
    daily: float
    soon: float
    forecast: int | None
    kind: str
    sold: float

    @property
    def value(self) -> Decimal:
        """What the units on hand would bring at the shelf price."""
        return self.price * self.on_hand

    @property
    def days(self) -> float | None:
        return self.free / self.daily if self.daily > 0 else None

    @property
    def is_out(self) -> bool:
        return self.on_sale and self.free <= 0

    @property
    def runs_out(self) -> bool:
        """Whether the next days' expected demand is more than is there and on its way."""
        return self.on_sale and self.free > 0 and self.free + self.inbound < self.soon

    @property
    def lies(self) -> bool:
        """Whether units are there that nobody has bought of in eight weeks."""
        return self.on_hand > 0 and not self.kind

    @property
    def over(self) -> int:
        """Units beyond :data:`OVER_DAYS` of expected demand; a product without demand has none,
        as nobody knows yet how it will sell."""
        return max(self.free - int(np.ceil(self.daily * OVER_DAYS)), 0) if self.daily > 0 else 0


@dataclass(frozen=True)
class Sales:
    """The last eight weeks by variant, and what forecasts were worth. Kept for some minutes.

    ``kinds`` has the two letters of each variant, ``money`` its sales at today's price;
    ``errors`` the WAPE of the units of the first week after each batch of forecasts: all variants,
    then those that sell daily, weekly and rarely.
    """

    kinds: dict[int, str]
    money: dict[int, float]
    errors: list[tuple[date, list[float | None]]]


def products() -> list[Product]:
    """Every variant that is stocked or on sale, in three queries and those of the sales."""
    sales = recent_sales()
    stock = {
        pk: numbers
        for pk, *numbers in StockLevel.objects.order_by()
        .values_list("variant_id")
        .annotate(a=Sum("on_hand"), b=Sum("reserved"), c=Sum("inbound"))
    }
    expected = {
        variant_id: (pk, daily)
        for pk, variant_id, daily in latest_forecasts().values_list("pk", "variant_id", "daily")
    }
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    columns = (
        *("pk", "sku", f"product__title_{language}", "product__title_en", f"label_{language}"),
        *("label_en", "price", "is_active", "product__is_active"),
    )
    result = []
    for row in Variant.objects.order_by("pk").values_list(*columns).iterator(20_000):
        pk, sku, title, title_en, label, label_en, price, active, shown = row
        if pk not in stock and not (active and shown):
            continue
        on_hand, reserved, inbound = stock.get(pk, (0, 0, 0))
        forecast, daily = expected.get(pk, (None, []))
        label = label or label_en
        result.append(
            Product(
                pk=pk,
                sku=sku,
                title=f"{title or title_en} – {label}" if label else title or title_en,
                on_sale=active and shown,
                price=price,
                on_hand=on_hand,
                free=on_hand - reserved,
                inbound=inbound,
                daily=sum(daily) / len(daily) if daily else 0.0,
                soon=sum(daily[:SOON_DAYS]),
                forecast=forecast,
                kind=sales.kinds.get(pk, ""),
                sold=sales.money.get(pk, 0.0),
            )
        )
    return result


def recent_sales() -> Sales:
    """Classes and errors of the last eight weeks, read at most once in ten minutes."""
    key = f"inventory:sales:{timezone.localdate()}"
    found = cache.get(key)
    if found is None:
        demand = daily_demand()
        found = Sales({}, {}, []) if demand is None else _sales(demand)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _sales(demand: Demand) -> Sales:
    prices = dict(Variant.objects.order_by().values_list("pk", "price"))
    keys = demand.variant_ids.tolist()
    price = np.array([float(prices.get(pk, 0)) for pk in keys])
    units = demand.units[:, demand.units.shape[1] % WEEK :]
    weekly = units.reshape(len(units), -1, WEEK).sum(axis=2)
    money = weekly.sum(axis=1) * price
    letters = np.char.add(abc(money), xyz(weekly))
    errors = _errors(demand, weekly.mean(axis=1))
    return Sales(
        dict(zip(keys, letters.tolist(), strict=True)),
        dict(zip(keys, money.tolist(), strict=True)),
        errors,
    )


def _errors(demand: Demand, weekly: np.ndarray) -> list[tuple[date, list[float | None]]]:
    """One batch a week, the newest that a whole week of sales is known after, oldest first."""
    last = demand.last_day - timedelta(days=WEEK)
    first = demand.last_day - timedelta(days=demand.units.shape[1] - 1)
    made = Forecast.objects.filter(made_on__lte=last, made_on__gte=first - timedelta(days=1))
    chosen: dict[int, date] = {}
    for day in made.order_by("-made_on").values_list("made_on", flat=True).distinct():
        chosen.setdefault((last - day).days // WEEK, day)
    days = sorted(chosen.values())
    place = {pk: row for row, pk in enumerate(demand.variant_ids.tolist())}
    found: dict[date, list[tuple[int, float]]] = {day: [] for day in days}
    rows = Forecast.objects.filter(made_on__in=days).order_by()
    for day, pk, daily in rows.values_list("made_on", "variant_id", "daily"):
        if pk in place:
            found[day].append((place[pk], sum(daily[:WEEK])))
    segment = np.searchsorted(SEGMENTS, weekly, side="right")
    result = []
    for day, pairs in found.items():
        if not pairs:
            continue
        start = (day - first).days + 1
        index = np.array([row for row, _ in pairs])
        said = np.array([units for _, units in pairs])
        sold = demand.units[index, start : start + WEEK].sum(axis=1)
        kinds = segment[index]
        result.append(
            (day, [_error(sold, said), *(_error(sold, said, kinds == kind) for kind in (2, 1, 0))])
        )
    return result


def _error(sold: np.ndarray, said: np.ndarray, which: np.ndarray | None = None) -> float | None:
    if which is not None:
        sold, said = sold[which], said[which]
    return round(wape(sold, said), 4) if sold.sum() > 0 else None


def matrix(found: list[Product]) -> dict[str, tuple[int, float, Decimal]]:
    """Of each of the nine classes: products, share of sales, value on hand."""
    number: Counter[str] = Counter()
    sold = dict.fromkeys(CLASSES, 0.0)
    value = dict.fromkeys(CLASSES, Decimal(0))
    for one in found:
        if one.kind:
            number[one.kind] += 1
            sold[one.kind] += one.sold
            value[one.kind] += one.value
    total = sum(sold.values()) or 1.0
    return {kind: (number[kind], sold[kind] / total, worth) for kind, worth in value.items()}


def cover(found: list[Product]) -> list[int]:
    """Products that sell, by how long they last: none left, then by :data:`COVER_EDGES`."""
    counts = [0] * (len(COVER_EDGES) + 2)
    for one in found:
        if one.days is not None:
            late = int(np.searchsorted(COVER_EDGES, one.days, side="right"))
            counts[0 if one.free <= 0 else 1 + late] += 1
    return counts


def held_out(capability: str, *, most: int = 12) -> list[tuple[date, float, float | None]]:
    """Day, error on weeks kept apart, and the 28-day mean's there, of the last versions."""
    rows = ModelVersion.objects.filter(capability=capability).order_by("-pk")[:most]
    return [
        (
            timezone.localtime(row.created_at).date(),
            row.metrics["total_wape"],
            row.metrics.get("moving_average_total_wape"),
        )
        for row in reversed(rows)
        if "total_wape" in row.metrics
    ]
