"""A day's forecasts in chunks: whoever claims one makes it, twice does no harm.

The worker that runs the batch makes chunks like the others, so that one worker alone is enough and
every other one is a gain. Chunks do not depend on how many workers there are, and neither do the
forecasts.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop
from threadpoolctl import threadpool_limits

from foundation.learning.said import Said
from inventory import selectors
from inventory.learning.baselines import HORIZON
from inventory.models import Forecast, ForecastChunk
from inventory.selectors import Frame
from inventory.selectors.history import STAGES, WEEK
from inventory.services.training import MIN_WEEKS

SIZE = 1000
"""Variants of a chunk: as many as the model is taught with, and some seconds of work."""
CLAIM_SECONDS = 300
"""A chunk takes seconds; a claim of so long ago is of a process that is gone."""
LOOK_SECONDS = 0.1
PARTS = gettext_noop("%(done)s of %(total)s parts forecast")
Make = Callable[[ForecastChunk], list[Forecast]]
CallHelpers = Callable[[int], None]


def reaches(next_day: date, n_weeks: int, made_on: date) -> bool:
    """Whether the weeks that are forecast hold all ``HORIZON`` days after ``made_on``."""
    days = (made_on - next_day).days + 1
    return n_weeks >= MIN_WEEKS and days + HORIZON <= STAGES * WEEK


def begin(made_on: date) -> Frame | None:
    """Cut the day's forecasts into chunks; None when one process had better make them at once.

    Chunks that a killed batch of the same day has left are gone on with.
    """
    left = ForecastChunk.objects.filter(made_on=made_on).first()
    ForecastChunk.objects.exclude(made_on=made_on).delete()
    if left is not None:
        return Frame(left.first_day, left.n_weeks, left.data_to)
    frame = selectors.history_frame()
    if frame is None or not reaches(frame.next_day, frame.n_weeks, made_on):
        return None
    variant_ids = selectors.variants_sold(frame)
    count = -(-len(variant_ids) // SIZE)
    if count < 2:
        return None
    edges = [len(variant_ids) * number // count for number in range(count + 1)]
    rows = [
        ForecastChunk(
            made_on=made_on,
            number=number,
            first_day=frame.first_day,
            n_weeks=frame.n_weeks,
            data_to=frame.last_day,
            variant_ids=variant_ids[edges[number] : edges[number + 1]],
        )
        for number in range(count)
    ]
    with transaction.atomic():
        Forecast.objects.filter(made_on=made_on).delete()
        ForecastChunk.objects.bulk_create(rows, batch_size=100)
    return frame


def work_on_one(made_on: date, make: Make) -> bool:
    """Claim a chunk and make it; False when all are claimed or done."""
    chunk = _claim(made_on)
    if chunk is None:
        return False
    # Every worker has a core of its own; threads of the same sums would only fight for them.
    with threadpool_limits(1):
        rows = make(chunk)
    with transaction.atomic():
        same = Forecast.objects.filter(made_on=made_on, variant__in=chunk.variant_ids)
        same.delete()
        Forecast.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
        ForecastChunk.objects.filter(pk=chunk.pk).update(done_at=timezone.now(), made=len(rows))
    return True


def _claim(made_on: date) -> ForecastChunk | None:
    lost = timezone.now() - timedelta(seconds=CLAIM_SECONDS)
    open_ = ForecastChunk.objects.filter(made_on=made_on, done_at=None)
    free = open_.filter(Q(claimed_at=None) | Q(claimed_at__lt=lost))
    while (chunk := free.order_by("number").first()) is not None:
        same = open_.filter(pk=chunk.pk, claimed_at=chunk.claimed_at)
        if same.update(claimed_at=timezone.now()):
            return chunk
    return None


def finish(
    made_on: date,
    make: Make,
    report: Callable[[int, int, str], None],
    call_helpers: CallHelpers,
) -> int:
    """Make chunks until all of the day are done, by whomever; return how many forecasts that is."""
    today = ForecastChunk.objects.filter(made_on=made_on)
    total = today.count()
    call_helpers(total - 1)
    while True:
        busy = work_on_one(made_on, make)
        done = today.exclude(done_at=None).count()
        report(done, total, Said(PARTS, done=done, total=total))
        if done >= total:
            break
        if not busy:
            time.sleep(LOOK_SECONDS)
    made = today.aggregate(made=Sum("made"))["made"] or 0
    today.delete()
    return made
