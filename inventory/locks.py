"""Which rows are locked, and in which order: always by primary key, and nowhere else.

Two checkouts that want the same variants therefore wait for each other and never deadlock. On
SQLite the transaction itself holds the only write lock.
"""

from collections.abc import Iterable

from inventory.models import Reservation, StockLevel


def lock_levels(variant_ids: Iterable[int]) -> list[StockLevel]:
    """Lock and return all stock levels of these variants, over all warehouses."""
    return list(
        StockLevel.objects.select_for_update(of=("self",))
        .filter(variant__in=set(variant_ids))
        .select_related("warehouse__channel")
        .order_by("pk")
    )


def lock_reservations(**filters: object) -> list[Reservation]:
    """Lock and return reservations."""
    return list(Reservation.objects.select_for_update().filter(**filters).order_by("pk"))
