"""Block and allow lists: what their entries ask for."""

from collections.abc import Iterable

from risk.models import Decision, ListEntry
from risk.rules import Reason


def reasons(entries: Iterable[ListEntry]) -> list[Reason]:
    """A reason for each entry that names something of the order."""
    found = []
    for entry in entries:
        blocks = entry.effect == ListEntry.Effect.BLOCK
        decision = Decision.BLOCK if blocks else Decision.ALLOW
        data = {"what": f"{entry.field} {entry.value}"[:80]}
        found.append(Reason("listed_block" if blocks else "listed_allow", decision, data))
    return found
