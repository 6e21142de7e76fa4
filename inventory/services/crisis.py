"""A stock crisis for the demo's tour: the best sellers are written off, and can be put back."""

from uuid import uuid4

from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from inventory.models import StockLevel
from inventory.services.stock import adjust, receive
from shop.models import Variant

PRODUCTS = 3


class Crisis:
    """Everything free of a few best sellers is gone; every movement is in the ledger."""

    key = "tour:crisis"

    def is_running(self) -> bool:
        return cache.get(self.key) is not None

    def start(self) -> None:
        reference = f"tour-{uuid4().hex[:12]}"
        if not cache.add(self.key, (reference, []), None):
            return
        try:
            gone = self._write_off(reference)
        except Exception:
            cache.delete(self.key)
            raise
        cache.set(self.key, (reference, gone), None)

    @transaction.atomic
    def _write_off(self, reference: str) -> list[tuple[int, int]]:
        """Returns the levels by key and the units that are gone."""
        stocked = StockLevel.objects.filter(on_hand__gt=F("reserved"))
        best = (
            Variant.objects.filter(is_active=True, pk__in=stocked.values("variant"))
            .order_by("-product__recent_units", "pk")
            .values_list("pk", flat=True)[:PRODUCTS]
        )
        levels = stocked.filter(variant__in=list(best)).select_related("variant", "warehouse")
        gone = []
        for level in levels:
            adjust(
                variant=level.variant,
                warehouse=level.warehouse,
                quantity=level.free,
                reference=reference,
            )
            gone.append((level.pk, level.free))
        return gone

    @transaction.atomic
    def stop(self) -> None:
        reference, gone = cache.get(self.key) or ("", [])
        levels = StockLevel.objects.select_related("variant", "warehouse").in_bulk(
            [pk for pk, _ in gone]
        )
        for pk, units in gone:
            receive(
                variant=levels[pk].variant,
                warehouse=levels[pk].warehouse,
                quantity=units,
                reference=reference,
            )
        cache.delete(self.key)
