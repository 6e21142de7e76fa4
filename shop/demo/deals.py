"""The demo's deals: reduced prices for this week and the next, renewed when they have ended."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from shop.models import Deal, DemoStage, PlannedPromotion

STAGE = "deals"
ZONE = "America/New_York"
WEEK = timedelta(days=7)
SLOTS = ((0, 1), (0, 2), (1, 2))
"""First and last week of a deal, in turn: this one, both, the next one."""


def this_monday(now: datetime | None = None) -> datetime:
    """When the running week began, in the shops' time zone."""
    today = (now or datetime.now(UTC)).astimezone(ZoneInfo(ZONE)).date()
    monday = today - timedelta(days=today.weekday())
    return datetime.combine(monday, time.min, tzinfo=ZoneInfo(ZONE))


def start_deals(offers: list) -> None:
    """Write the deals of this week and the next, and plan a mailer for each where none is."""
    monday = this_monday()
    deals, plans = [], []
    for variant_id, price, slot in offers:
        first, end = SLOTS[slot]
        deals.append(
            Deal(
                variant_id=variant_id,
                price=Decimal(price),
                starts_at=monday + first * WEEK,
                ends_at=monday + end * WEEK,
            )
        )
        for week in range(first, end):
            start = (monday + week * WEEK).date()
            plans.append(PlannedPromotion(variant_id=variant_id, week_start=start, mailer_share=1))
    Deal.objects.bulk_create(deals, batch_size=500)
    PlannedPromotion.objects.bulk_create(plans, batch_size=500, ignore_conflicts=True)


@transaction.atomic
def refresh_deals() -> int:
    """Offer the same again when the last of the demo's deals has ended; return how many."""
    mark = DemoStage.objects.select_for_update().filter(name=STAGE).first()
    if mark is None or datetime.fromisoformat(mark.summary["week"]) + 2 * WEEK > timezone.now():
        return 0
    start_deals(mark.summary["offers"])
    mark.summary["week"] = this_monday().isoformat()
    mark.save(update_fields=["summary"])
    return len(mark.summary["offers"])
