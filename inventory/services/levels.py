"""Expected units of the next 28 days on every level: all, department and category, warehouse."""

from collections import defaultdict
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Max
from django.utils.translation import get_language

from inventory import selectors
from inventory.learning.adding_up import apportioned
from inventory.models import StockLevel, Warehouse
from inventory.services.replenishment import shares_of
from shop.models import Category

KEPT_SECONDS = 600
"""The batch is made once a day; stock of another warehouse moves its share a little."""


@dataclass(frozen=True)
class Group:
    """Units of a department or a warehouse; ``parts`` of a department are its categories."""

    name: str
    units: int
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Expected:
    """Departments add up to ``total`` and so do warehouses, and parts to their department.

    ``elsewhere`` are units of products that no warehouse keeps.
    """

    total: int
    departments: tuple[Group, ...]
    warehouses: tuple[Group, ...]
    elsewhere: int


def expected_demand() -> Expected | None:
    """The newest forecasts added up; None when there are none. Kept for some minutes."""
    newest = selectors.latest_forecasts().aggregate(day=Max("made_on"))["day"]
    if newest is None:
        return None
    key = f"inventory:levels:{newest}:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = _expected()
        cache.set(key, found, KEPT_SECONDS)
    return found


def _expected() -> Expected:
    rows = list(
        selectors.latest_forecasts()
        .order_by("variant_id")
        .values_list("variant_id", "variant__product__category_id", "total")
    )
    units = {variant_id: total for variant_id, _, total in rows}
    by_category: dict[int, float] = defaultdict(float)
    for _, category_id, expected in rows:
        by_category[category_id] += expected
    total = round(sum(units.values()))
    return Expected(total, _departments(total, by_category), *_warehouses(total, units))


def _departments(total: int, by_category: dict[int, float]) -> tuple[Group, ...]:
    inside: dict[int, list[Category]] = defaultdict(list)
    for category in Category.objects.select_related("department").filter(pk__in=by_category):
        inside[category.department_id].append(category)
    sums = [sum(by_category[one.pk] for one in group) for group in inside.values()]
    groups = []
    for group, whole in zip(inside.values(), apportioned(total, sums), strict=True):
        parts = apportioned(whole, [by_category[one.pk] for one in group])
        named = sorted(zip(map(str, group), parts, strict=True), key=lambda pair: -pair[1])
        groups.append(Group(str(group[0].department), whole, tuple(named)))
    return tuple(sorted(groups, key=lambda one: -one.units))


def _warehouses(total: int, units: dict[int, float]) -> tuple[tuple[Group, ...], int]:
    """Each warehouse's part, as the reorder list shares demand out, and what none of them has."""
    kept = StockLevel.objects.order_by("pk").iterator(5000)
    levels = [level for level in kept if level.variant_id in units]
    places = {row.pk: row for row in Warehouse.objects.select_related("channel").order_by("pk")}
    found: dict[int, float] = defaultdict(float)
    for level, share in zip(levels, shares_of(levels, places).tolist(), strict=True):
        found[level.warehouse_id] += share * units[level.variant_id]
    rest = max(sum(units.values()) - sum(found.values()), 0.0)
    *wholes, elsewhere = apportioned(total, [*found.values(), rest])
    groups = [Group(str(places[pk]), whole) for pk, whole in zip(found, wholes, strict=True)]
    return tuple(sorted(groups, key=lambda one: -one.units)), elsewhere
