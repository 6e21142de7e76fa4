"""What is watched of screening: its inputs and scores, whom it holds, what comes back."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation.watching import Reading, decay, drift, figure
from risk.fraud import CAPABILITY
from risk.models import Assessment, Case, Chargeback
from risk.overview import PROBABILITY, limits

BEFORE, LATELY = timedelta(days=35), timedelta(days=7)
"""The last week is compared with the four weeks before it."""
LEAST_ORDERS, LEAST_CASES = 200, 20
TOLERANCE = 0.3
LEAST_CHARGEBACKS = 10
GROWTH = 1.0
"""Chargebacks are few, so a week may have half more by chance; twice as many is told."""
HELD = gettext_noop("share of orders held or refused")
BACK = gettext_noop("chargebacks for each order")
BACK_GROWN = gettext_noop("growth of chargebacks, last week")
PRECISION = gettext_noop("share of decided cases that were fraud")
PRECISION_LOST = gettext_noop("loss of precision, last four weeks")


def readings() -> Iterator[Reading]:
    """Stability of the scores, share held, chargebacks, and how many decided cases were right."""
    now = timezone.now()
    before, last = (
        Assessment.objects.filter(at__gt=since, at__lte=until)
        for since, until in ((now - BEFORE, now - LATELY), (now - LATELY, now))
    )
    scores = [
        [float(p) for p in rows.values_list("probability", flat=True) if p is not None]
        for rows in (before, last)
    ]
    if min(map(len, scores)) >= LEAST_ORDERS:
        yield drift(CAPABILITY, PROBABILITY, *scores)
    count = last.count()
    if count >= LEAST_ORDERS:
        held = last.exclude(decision="allow").count()
        yield figure(CAPABILITY, HELD, held / count)
        yield from _chargebacks(now, before.count(), count)
    then, recent = _precision(now - 2 * BEFORE, now - BEFORE), _precision(now - BEFORE, now)
    if recent is not None:
        yield figure(CAPABILITY, PRECISION, recent, then)
    if then is not None and recent is not None:
        yield decay(CAPABILITY, PRECISION_LOST, then, recent, tolerance=TOLERANCE)
    yield from limits()


def _chargebacks(now: datetime, orders_before: int, orders: int) -> Iterator[Reading]:
    """Those of the last week for each order, against the four weeks before."""
    back = Chargeback.objects.filter(received_at__gt=now - BEFORE)
    last = back.filter(received_at__gt=now - LATELY).count()
    earlier = back.count() - last
    if orders_before < LEAST_ORDERS:
        yield figure(CAPABILITY, BACK, last / orders)
        return
    yield figure(CAPABILITY, BACK, last / orders, earlier / orders_before)
    if earlier >= LEAST_CHARGEBACKS:
        # Chargebacks that grow are a figure that falls.
        promoted, live = -earlier / orders_before, -last / orders
        yield decay(CAPABILITY, BACK_GROWN, promoted, live, tolerance=GROWTH)


def _precision(since: datetime, until: datetime) -> float | None:
    """Of the cases decided in a time, the share that people found to be fraud."""
    decided = Case.objects.filter(decided_at__gt=since, decided_at__lte=until)
    count = decided.count()
    return decided.filter(state=Case.State.FRAUD).count() / count if count >= LEAST_CASES else None
