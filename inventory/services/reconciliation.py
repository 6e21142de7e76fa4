"""The nightly comparison of everything that says how much stock there is."""

import logging

from django.db import transaction
from django.utils import timezone

from inventory import selectors
from inventory.models import StockDifference
from inventory.selectors import Difference

log = logging.getLogger(__name__)


def reconcile() -> list[Difference]:
    """Compare, log and store each difference; mark those resolved that are gone.

    Nothing is corrected: a difference means that somebody wrote past the ledger, and a person has
    to count.
    """
    with transaction.atomic():
        found = selectors.differences()
        stored = {
            (row.variant_id, row.warehouse_id, row.kind): row
            for row in StockDifference.objects.filter(resolved_at=None)
        }
        for item in found:
            row = stored.pop((item.variant_id, item.warehouse_id, item.kind), None)
            if row is None:
                StockDifference.objects.create(
                    variant_id=item.variant_id,
                    warehouse_id=item.warehouse_id,
                    kind=item.kind,
                    level=item.level,
                    expected=item.expected,
                )
            elif (row.level, row.expected) != (item.level, item.expected):
                row.level, row.expected = item.level, item.expected
                row.save(update_fields=["level", "expected"])
        gone = [row.pk for row in stored.values()]
        StockDifference.objects.filter(pk__in=gone).update(resolved_at=timezone.now())
    for item in found:
        log.error("stock does not reconcile: %s", item)
    return found
