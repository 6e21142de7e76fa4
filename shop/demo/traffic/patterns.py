"""What the orders tell: who shops how often, at which hour, how much, and of which category."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, Sum
from django.db.models.functions import ExtractHour
from django.utils import timezone

from shop.models import Customer, Order, OrderLine, Product, Variant

RECENT = timedelta(days=84)
HALF_LIFE_DAYS = 120.0
"""How fast a purchase fades; the value that predicts the data's repeat purchases best."""
QUIETEST_HOUR = 0.25
"""At night the shop is quiet but not empty, as share of the mean hour."""
MOST_LINES = 12


class NothingToImitate(Exception):
    """There are no orders of known customers. Run ``manage.py load_demo`` first."""


@dataclass(frozen=True)
class Habit:
    """What one customer bought before: variants and how likely each is the next, summing to 1."""

    variants: list[Variant]
    shares: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """``shares`` fit ``customers``; ``hours`` has mean 1 over the shops' 24 hours."""

    customers: list[Customer]
    shares: npt.NDArray[np.float64]
    hours: npt.NDArray[np.float64]
    basket_sizes: npt.NDArray[np.int64]
    categories: npt.NDArray[np.int64]
    category_shares: npt.NDArray[np.float64]

    def choose_customers(self, number: int, dice: np.random.Generator) -> list[Customer]:
        """Different customers, those who shop often more likely; all when there are fewer."""
        number = min(number, len(self.customers))
        rows = dice.choice(len(self.customers), size=number, replace=False, p=self.shares)
        return [self.customers[row] for row in rows]


def read_patterns(*, now: datetime | None = None) -> Patterns:
    """Read the last weeks of orders. Raises NothingToImitate without any.

    Customers who signed in during the last day, or whose cart holds something, are left to the
    people who use them.
    """
    last = Order.objects.filter(customer__isnull=False).aggregate(at=Max("placed_at"))["at"]
    if last is None:
        raise NothingToImitate("No customer has ordered yet. Run `manage.py load_demo` first.")
    recent = Order.objects.filter(customer__isnull=False, placed_at__gte=last - RECENT)
    visits = Counter(dict(recent.values_list("customer").annotate(n=Count("pk"))))
    customers = _free_customers(now or timezone.now(), set(visits))
    if not customers:
        raise NothingToImitate("All customers are in use by somebody. Try again later.")
    sizes = OrderLine.objects.filter(order__in=recent.order_by("-placed_at")[:3000])
    counts = sizes.values_list("order").annotate(n=Count("pk")).values_list("n", flat=True)
    categories, units = _category_mix()
    return Patterns(
        customers=customers,
        shares=_normalised([visits[row.pk] for row in customers]),
        hours=_hours(dict(_by_hour(recent))),
        # Sorted: a database groups in an order of its own, and a seed is to tell one story.
        basket_sizes=np.minimum(sorted(counts) or [1], MOST_LINES),
        categories=np.array(categories, np.int64),
        category_shares=_normalised(units),
    )


def _free_customers(now: datetime, ids: set[int]) -> list[Customer]:
    """In the order of their keys, so that a seed chooses the same ones again."""
    used = Customer.objects.filter(user__last_login__gte=now - timedelta(days=1))
    filled = Customer.objects.filter(carts__is_open=True, carts__lines__isnull=False)
    taken = set(used.values_list("pk", flat=True)) | set(filled.values_list("pk", flat=True))
    rows = Customer.objects.select_related("user", "home_channel").order_by("pk")
    return [row for row in rows if row.pk in ids and row.pk not in taken]


def _by_hour(orders) -> list[tuple[int, int]]:
    zone = timezone.get_default_timezone()
    hour = ExtractHour("placed_at", tzinfo=zone)
    return list(orders.annotate(hour=hour).values_list("hour").annotate(n=Count("pk")))


def _hours(counts: dict[int, int]) -> npt.NDArray[np.float64]:
    share = np.array([counts.get(hour, 0) for hour in range(24)], np.float64)
    rate = np.maximum(share / max(share.mean(), 1e-9), QUIETEST_HOUR)
    return rate / rate.mean()


def _category_mix() -> tuple[list[int], list[int]]:
    """Categories with something on sale and their recent units; a new one counts as one unit."""
    rows = (
        Product.objects.filter(is_active=True)
        .order_by("category")
        .values_list("category")
        .annotate(units=Sum("recent_units"))
    )
    pairs = [(category, 1 + (units or 0)) for category, units in rows]
    return [category for category, _ in pairs], [units for _, units in pairs]


def habit_of(customer: Customer) -> Habit | None:
    """What a customer tends to buy again; None when nothing of it is on sale any more."""
    bought = OrderLine.objects.filter(order__customer=customer).exclude(
        order__status=Order.Status.CANCELLED
    )
    rows = list(bought.order_by("variant").values_list("variant", "order__placed_at"))
    if not rows:
        return None
    newest = max(at for _variant, at in rows)
    weights: Counter[int] = Counter()
    for variant, at in rows:
        age = (newest - at).total_seconds() / 86_400
        weights[variant] += 0.5 ** (age / HALF_LIFE_DAYS)  # type: ignore[assignment]
    known = Variant.objects.filter(pk__in=weights, is_active=True, product__is_active=True)
    variants = list(known.select_related("product__category").order_by("pk"))
    if not variants:
        return None
    return Habit(variants, _normalised([weights[row.pk] for row in variants]))


def _normalised(weights: list) -> npt.NDArray[np.float64]:
    values = np.asarray(weights, np.float64)
    return values / values.sum() if len(values) else values
