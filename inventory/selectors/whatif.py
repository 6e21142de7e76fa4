"""What a what-if starts from: products, their forecasts, and what promotions did to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.learning.elasticity import PUBLISHED, Elasticities
from inventory.learning.uplift import PromotionUplift
from inventory.learning.weekly import LEVELS
from inventory.learning.whatif import HORIZON, Situation
from inventory.models import Forecast, StockLevel
from inventory.selectors.demand import WEEK, _counted_units, _lines
from inventory.selectors.history import _plan
from inventory.selectors.planning import latest_forecasts
from shop.models import Variant

MOST = 200
"""Best sellers of a category that are looked at."""
PAST_WEEKS = 52
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Base:
    """Forecasts in the order of ``situation``'s rows; ``first_day`` is that of their days."""

    forecasts: list[Forecast]
    situation: Situation
    first_day: date
    on_hand: int

    @property
    def variants(self) -> list[Variant]:
        return [one.variant for one in self.forecasts]


def products_like(text: str, category: int | None) -> QuerySet[Forecast]:
    """The newest forecasts of a SKU or words of a title, or of a category; best sellers first."""
    rows = latest_forecasts()
    if category is not None:
        rows = rows.filter(variant__product__category_id=category)
    if text:
        rows = rows.filter(
            Q(variant__sku__iexact=text)
            | Q(variant__product__title_en__icontains=text)
            | Q(variant__product__title_zh__icontains=text)
        )
    return rows.order_by("-total", "pk")


def base(rows: QuerySet[Forecast], lead_times: dict[int, int], level: float) -> Base | None:
    """Read the first :data:`MOST` of the products; None when there is no forecast among them.

    ``lead_times`` are days by variant id, ``level`` is the service level.
    """
    found = [row for row in rows[:MOST] if len(row.daily) == HORIZON]
    if not found:
        return None
    ids = [row.variant_id for row in found]
    situation = Situation(
        means=np.array([row.daily for row in found], dtype=np.float64),
        deviations=np.array([row.deviation for row in found]),
        spreads=spreads(found, level),
        prices=np.array([float(row.variant.price) for row in found]),
        lead_times=np.array([lead_times[pk] for pk in ids]),
        service_level=level,
    )
    held = StockLevel.objects.filter(variant__in=ids).aggregate(n=Sum("on_hand"))["n"]
    return Base(found, situation, found[0].made_on + timedelta(days=1), held or 0)


def spreads(found: Sequence[Forecast], level: float) -> np.ndarray:
    """Quantile less mean of the first weeks' units, (n, 4); nan where the level is not stored."""
    unknown = [float("nan")] * (HORIZON // WEEK)
    if level not in LEVELS:
        return np.array([unknown] * len(found))
    place = LEVELS.index(level)
    return np.array(
        [
            [week[place] for week in row.spread] if len(row.spread) == len(unknown) else unknown
            for row in found
        ]
    )


def promotion_lift(
    base: Base, mailer: float | None, display: float | None, weeks: int
) -> np.ndarray:
    """Demand with the promotion over demand with the planned one, float64 (n, 28).

    ``mailer`` and ``display`` are the shares of stores that carry them in the first ``weeks``
    weeks, None as planned. Effects are learnt from the last year of these very products.
    """
    found = base.forecasts
    ids = np.array(sorted(row.variant_id for row in found))
    monday = base.first_day - timedelta(days=base.first_day.weekday())
    first = monday - timedelta(days=PAST_WEEKS * WEEK)
    ahead = HORIZON // WEEK + 1
    plan = _plan(ids, first, PAST_WEEKS + ahead)
    weekly = _since_first_sale(_weekly(ids, first, PAST_WEEKS), plan[:, :PAST_WEEKS])
    group = np.zeros(len(ids), dtype=int)
    model = PromotionUplift().fit(weekly, plan[:, :PAST_WEEKS], group)
    future = plan[:, PAST_WEEKS:]
    other = future.copy()
    for column, share in enumerate((mailer, display)):
        if share is not None:
            other[:, : weeks + (base.first_day != monday), column] = share
    lift = np.exp(model.predict(other, group) - model.predict(future, group))
    place = {pk: row for row, pk in enumerate(ids.tolist())}
    rows = [place[row.variant_id] for row in found]
    skip = (base.first_day - monday).days
    # The weeks of the promotion are counted from the first day; the last ones follow the plan.
    days = np.repeat(lift, WEEK, axis=1)[rows, skip : skip + HORIZON]
    days[:, weeks * WEEK :] = 1.0
    return days


@dataclass(frozen=True)
class PriceResponse:
    """Elasticities of products, float64 (n,): means and ends of their 95 % intervals.

    ``mean``, ``low`` and ``high`` are the same of all their units together; ``changes`` of price it
    was learnt from in their categories. Not ``learnt`` is the published mean, without an interval.
    """

    means: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    mean: float
    low: float
    high: float
    changes: int
    learnt: bool


def price_response(base: Base, found: Elasticities | None) -> PriceResponse:
    """How demand of these products follows their price."""
    units = base.situation.means.sum(axis=1)
    weight = units / units.sum() if units.sum() else np.full(len(units), 1 / len(units))
    if found is None:
        same = np.full(len(units), PUBLISHED)
        return PriceResponse(same, same, same, PUBLISHED, PUBLISHED, PUBLISHED, 0, False)
    keys = [variant.product.category_id or 0 for variant in base.variants]
    rows = [found.of(key) for key in keys]
    means = np.array([one.mean for one in rows])
    lows, highs = np.array([one.interval for one in rows]).T
    changes = sum(found.of(key).changes for key in set(keys) & set(found.categories))
    mean, low, high = (float(weight @ values) for values in (means, lows, highs))
    return PriceResponse(means, lows, highs, mean, low, high, changes, True)


def _since_first_sale(weekly: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Weeks before a product was there count as its usual weeks, not as weeks without demand."""
    known = np.cumsum(weekly, axis=1) > 0
    usual = known & (plan.max(axis=2) == 0)
    mean = (weekly * usual).sum(axis=1) / np.maximum(usual.sum(axis=1), 1)
    return np.where(known, weekly, mean[:, None])


def _weekly(ids: np.ndarray, first: date, weeks: int) -> np.ndarray:
    """Units a week of these variants, float64 (n, weeks); today is left out."""
    last = min(
        first + timedelta(days=weeks * WEEK - 1),
        timezone.localdate(timezone=timezone.get_default_timezone()) - timedelta(days=1),
    )
    units = np.zeros((len(ids), weeks))
    place = {pk: row for row, pk in enumerate(ids.tolist())}
    rows = (
        _lines(first, last)
        .filter(variant__in=ids.tolist())
        .annotate(day=TruncDate("order__placed_at", tzinfo=timezone.get_default_timezone()))
        .values_list("variant_id", "day")
        .annotate(units=Sum(_counted_units()))
    )
    for variant_id, day, sold in rows:
        units[place[variant_id], (day - first).days // WEEK] += sold
    return units
