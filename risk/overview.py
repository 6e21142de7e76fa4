"""How well risk does, in figures by week: what its page in the admin draws and what is watched."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from foundation import registry
from foundation.models import Alert, Measurement
from foundation.watching import Reading
from risk import costs, fraud
from risk.learning.decision import Costs
from risk.models import Assessment, Case, Chargeback, Decision, Signal

WEEKS = 12
SCORE_EDGES = np.array([0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 1.0])
GROUPS = ("age", "income", "household_size", "kids_count", "marital_status", "home_ownership")
"""What the public data tells of a third of the households."""
FEWEST = 30
"""Orders below which a group or a week says nothing."""
LATENCY_MS, FAIRNESS_GAP = 25.0, 0.05
"""Limit of the 99th percentile; how far a group's share of honest orders that were stopped may
lie above everybody's."""
PROBABILITY = gettext_noop("stability of probabilities")
SLOWEST = gettext_noop("screening time that 99 in 100 orders stay below, ms")
GAP = gettext_noop("honest orders stopped, worst group against all")


@dataclass(frozen=True)
class Screened:
    """One screened order and what became known of it; ``fraud`` is None while it is unknown."""

    at: datetime
    decision: str
    probability: float | None
    score: float | None
    milliseconds: float
    total: float
    fraud: bool | None
    groups: dict[str, str]
    trials: tuple[str, ...] = ()

    @property
    def stopped(self) -> bool:
        return self.decision != Decision.ALLOW


def screened(*, weeks: int = WEEKS) -> list[Screened]:
    """Screened checkouts of the last weeks, oldest first.

    What is known comes from a decided case, a chargeback or the signal's label; an order that is
    older than ``MATURE_DAYS`` and that nobody complained of was honest. ``trials`` names the rules
    and models on trial that would have stopped it.
    """
    now = timezone.now()
    since = now - timedelta(weeks=weeks)
    rows = Assessment.objects.filter(at__gte=since, checkout_uuid__isnull=False).order_by("at")
    orders = {row for row in rows.values_list("order_id", flat=True) if row}
    labels = dict(
        Signal.objects.filter(order__in=orders, kind=Signal.Kind.ORDER, fraud__isnull=False)
        .order_by("known_at")
        .values_list("order_id", "fraud")
    )
    labels |= dict.fromkeys(
        Chargeback.objects.filter(order__in=orders, fraud=True).values_list("order_id", flat=True),
        True,
    )
    cases = dict(
        Case.objects.filter(assessment__at__gte=since)
        .exclude(state=Case.State.OPEN)
        .values_list("assessment_id", "state")
    )
    mature = now - timedelta(days=fraud.MATURE_DAYS)
    result = []
    values = rows.values_list(
        "pk", "order_id", "at", "decision", "probability", "score", "milliseconds",
        "features__total", "customer__demographics", "shadow",
    )  # fmt: skip
    for pk, order, at, decision, probability, score, milliseconds, total, told, shadow in values:
        known = labels.get(order)
        if known is None and pk in cases:
            known = cases[pk] == Case.State.FRAUD
        if known is None and order and at < mature:
            known = False
        groups = {name: str(value) for name, value in (told or {}).items() if name in GROUPS}
        spent = float(total or 0)
        result.append(
            Screened(
                at,
                decision,
                probability,
                score,
                milliseconds,
                spent,
                known,
                groups,
                _trials(shadow),
            )
        )
    return result


def _trials(shadow: dict) -> tuple[str, ...]:
    """Who on trial would not simply have allowed an order."""
    names = [gettext("Rule: %(rule)s") % {"rule": name} for name in shadow.get("rules", ())]
    if shadow.get("model", Decision.ALLOW) != Decision.ALLOW:
        names.append(gettext("The model that serves"))
    candidate = shadow.get("candidate", {})
    if candidate.get("decision", Decision.ALLOW) != Decision.ALLOW:
        names.append(gettext("Candidate, version %(number)s") % {"number": candidate["version"]})
    return tuple(names)


def trials(rows: Iterable[Screened]) -> list[tuple[str, int, int, int, int]]:
    """For each rule or model on trial: its name, the orders it would have stopped, those among them
    that were fraud, that were honest, and the frauds that nothing in force had stopped."""
    found: dict[str, list[Screened]] = defaultdict(list)
    for row in rows:
        for name in row.trials:
            found[name].append(row)
    return [
        (
            name,
            len(stopped),
            sum(row.fraud is True for row in stopped),
            sum(row.fraud is False for row in stopped),
            sum(row.fraud is True and not row.stopped for row in stopped),
        )
        for name, stopped in sorted(found.items())
    ]


def by_week(rows: Iterable[Screened]) -> dict[str, list[Screened]]:
    """Rows by the Monday of their week, as ISO dates."""
    weeks: dict[str, list[Screened]] = defaultdict(list)
    for row in rows:
        day = timezone.localtime(row.at).date()
        weeks[(day - timedelta(days=day.weekday())).isoformat()].append(row)
    return dict(sorted(weeks.items()))


def figures(rows: list[Screened]) -> dict[str, float | None]:
    """What one week came to; None where nothing is known yet.

    Money saved is the total of stopped frauds, money lost that of frauds let through.
    """
    stopped = [row for row in rows if row.stopped]
    known = [row for row in stopped if row.fraud is not None]
    frauds = [row for row in rows if row.fraud]
    times = [row.milliseconds for row in rows]
    return {
        "orders": len(rows),
        "alert_rate": len(stopped) / len(rows) if rows else None,
        "precision": sum(bool(row.fraud) for row in known) / len(known) if known else None,
        "saved": sum(row.total for row in frauds if row.stopped),
        "lost": sum(row.total for row in frauds if not row.stopped),
        "reviews": sum(row.decision == Decision.REVIEW for row in rows),
        "p50": float(np.quantile(times, 0.5)) if times else None,
        "p99": float(np.quantile(times, 0.99)) if times else None,
    }


def distribution(rows: Iterable[Screened]) -> list[tuple[str, int]]:
    """Orders by the model's probability of fraud, in steps that widen."""
    values = [row.probability for row in rows if row.probability is not None]
    if not values:
        return []
    counts, _edges = np.histogram(values, bins=SCORE_EDGES)
    steps = zip(SCORE_EDGES[:-1], SCORE_EDGES[1:], counts, strict=True)
    return [(f"{100 * low:g}–{100 * high:g} %", int(count)) for low, high, count in steps]


def fairness(rows: Iterable[Screened]) -> list[tuple[str, str, int, float]]:
    """For each group of people: its kind, its name, its honest orders, the share of them that was
    stopped. The first row, without a kind, is everybody."""
    honest = [row for row in rows if row.fraud is False]
    total, wrong = Counter({("", ""): len(honest)}), Counter[tuple[str, str]]()
    wrong["", ""] = sum(row.stopped for row in honest)
    for row in honest:
        for group in row.groups.items():
            total[group] += 1
            wrong[group] += row.stopped
    return [
        (kind, name, n, wrong[kind, name] / n)
        for (kind, name), n in sorted(total.items())
        if n >= FEWEST
    ]


def queue_by_day(days: int = 28) -> list[tuple[str, int, int]]:
    """Day, cases opened, cases decided."""
    since = timezone.now() - timedelta(days=days)
    opened, decided = Counter[str](), Counter[str]()
    cases = Case.objects.filter(opened_at__gte=since)
    for began, ended in cases.values_list("opened_at", "decided_at"):
        opened[timezone.localtime(began).date().isoformat()] += 1
        if ended:
            decided[timezone.localtime(ended).date().isoformat()] += 1
    return [(day, opened[day], decided[day]) for day in sorted(opened | decided)]


def drift_by_day(days: int = 60) -> list[tuple[str, float]]:
    """Day and stability index of the probabilities: what the schedule has measured."""
    since = timezone.localdate() - timedelta(days=days)
    rows = Measurement.objects.filter(
        capability=fraud.CAPABILITY, name=PROBABILITY, day__gte=since
    ).order_by("day")
    return [(row.day.isoformat(), row.value) for row in rows]


def current_costs() -> list[tuple[str, float, float, int | None]]:
    """What is decided by: field, value, what is assumed without outcomes, and the number of
    outcomes behind the value (None where it is set or assumed)."""
    version = registry.active_version(costs.CAPABILITY)
    counts = version.metrics if version else {}
    now, assumed = asdict(costs.current()), asdict(Costs())
    return [
        (
            name,
            now[name],
            assumed[name],
            None if name in settings.RISK_COSTS else counts.get(f"{name}_outcomes"),
        )
        for name in now
    ]


def limits() -> Iterator[Reading]:
    """Speed of screening in the last week, and the widest gap of fairness in twelve."""
    rows = screened()
    lately = timezone.now() - timedelta(days=7)
    slowest = figures([row for row in rows if row.at >= lately])["p99"]
    kind = Alert.Kind.DECAY
    if slowest is not None:
        yield Reading(kind, fraud.CAPABILITY, SLOWEST, round(slowest, 2), LATENCY_MS)
    told = fairness(rows)
    if len(told) > 1:
        gap = max(max(row[3] for row in told[1:]) - told[0][3], 0.0)
        yield Reading(kind, fraud.CAPABILITY, GAP, round(gap, 4), FAIRNESS_GAP)
