"""What people search for and do not find. Queries are counted, searchers are not named."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from shop.models import Event

DAYS = 28
REFORMULATED_WITHIN = timedelta(minutes=5)
LISTED = 25
FEWEST = 2
"""Visitors who typed a query before it is listed: one alone may have typed something private."""


@dataclass(frozen=True)
class Day:
    """One day's searches, and how many of them found nothing."""

    day: date
    searches: int
    empty: int

    @property
    def rate(self) -> float:
        return self.empty / self.searches if self.searches else 0.0


@dataclass(frozen=True)
class Missed:
    """A query that found nothing: how often, by how many visitors, what they then typed most."""

    query: str
    searches: int
    visitors: int
    then: str


@dataclass(frozen=True)
class Searches:
    """The last weeks' searches."""

    days: list[Day]
    missed: list[Missed]
    searches: int
    empty: int
    reformulated: int
    """Searches that the same visitor followed by other words within five minutes."""

    @property
    def empty_rate(self) -> float:
        return self.empty / self.searches if self.searches else 0.0

    @property
    def reformulation_rate(self) -> float:
        return self.reformulated / self.searches if self.searches else 0.0


def searches(*, days: int = DAYS) -> Searches:
    """Return the zero-result rate by day and the queries behind it.

    The same words of one visitor in a row count once: turning pages and filtering search again.
    """
    since = timezone.now() - timedelta(days=days)
    rows = Event.objects.filter(kind=Event.Kind.SEARCH, at__gte=since).exclude(query="")
    told = rows.order_by("visitor", "at", "pk").values_list("visitor", "at", "query", "data")
    return _counted(told.iterator(chunk_size=5000))


def _counted(rows: Iterable[tuple]) -> Searches:
    by_day: Counter[date] = Counter()
    empty_by_day: Counter[date] = Counter()
    missed: Counter[str] = Counter()
    by_whom: dict[str, set[str]] = {}
    then: dict[str, Counter[str]] = {}
    before: tuple | None = None
    reformulated = 0
    for visitor, at, typed, data in rows:
        query = " ".join(typed.casefold().split())
        if before is not None and before[0] == visitor and before[2] == query:
            continue
        day = timezone.localdate(at)
        by_day[day] += 1
        if data.get("results") == 0:
            empty_by_day[day] += 1
            missed[query] += 1
            by_whom.setdefault(query, set()).add(visitor)
        if before is not None and before[0] == visitor and at - before[1] <= REFORMULATED_WITHIN:
            reformulated += 1
            then.setdefault(before[2], Counter())[query] += 1
        before = (visitor, at, query)
    listed = [
        Missed(query, count, len(by_whom[query]), _usual(then.get(query)))
        for query, count in missed.most_common()
        if len(by_whom[query]) >= FEWEST
    ]
    return Searches(
        [Day(day, by_day[day], empty_by_day[day]) for day in sorted(by_day)],
        listed[:LISTED],
        by_day.total(),
        empty_by_day.total(),
        reformulated,
    )


def _usual(found: Counter[str] | None) -> str:
    return found.most_common(1)[0][0] if found else ""
