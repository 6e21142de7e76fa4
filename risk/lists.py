"""Block and allow lists: entries that match an order and have not expired."""

from datetime import datetime

from django.db.models import Q

from risk.learning.signals import Activity
from risk.models import Decision, ListEntry
from risk.rules import Reason


def reasons(event: Activity, *, email: str, at: datetime) -> list[Reason]:
    """A reason for each entry that names the order's customer, card, browser or address."""
    wanted = {
        ListEntry.Field.CUSTOMER: event.customer,
        ListEntry.Field.CARD: event.card,
        ListEntry.Field.VISITOR: event.visitor,
        ListEntry.Field.ADDRESS: event.address,
        ListEntry.Field.EMAIL: email.lower(),
        ListEntry.Field.DOMAIN: event.domain,
    }
    match = Q()
    for field, value in wanted.items():
        if value:
            match |= Q(field=field, value=value)
    if not match:
        return []
    live = Q(expires_at=None) | Q(expires_at__gt=at)
    found = []
    for entry in ListEntry.objects.filter(match & live):
        blocks = entry.effect == ListEntry.Effect.BLOCK
        decision = Decision.BLOCK if blocks else Decision.ALLOW
        data = {"what": f"{entry.field} {entry.value}"[:80]}
        found.append(Reason("listed_block" if blocks else "listed_allow", decision, data))
    return found
