"""Rules that staff wrote: evaluated on every order, tried on history before they act."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from risk import audit
from risk.expressions import FUNCTIONS, CannotTell, Expression, ExpressionError, parse
from risk.fraud import Score
from risk.learning.features import OrderFacts
from risk.learning.signals import RAW, Activity
from risk.models import Assessment, Case, Decision, Rule, RuleVersion, Signal
from risk.rules import Reason, Velocity
from risk.words import feature_text
from shop.models import User

log = logging.getLogger(__name__)
NAMES = tuple(
    dict.fromkeys(
        (
            *OrderFacts.__dataclass_fields__,
            *Velocity.__dataclass_fields__,
            *RAW,
            "probability",
            "domain",
            "guest",
        )
    )
)
"""What a rule may ask about."""
HISTORY_DAYS, HISTORY_ROWS = 90, 20_000
_parsed: dict[str, Expression] = {}


def words() -> list[dict[str, str | bool]]:
    """What may stand in a rule, for the editor: its name, what it is, whether it is called."""
    called: list[dict[str, str | bool]] = [
        {"name": name, "text": name, "call": True} for name in FUNCTIONS
    ]
    return called + [{"name": name, "text": _text(name), "call": False} for name in NAMES]


def _text(name: str) -> str:
    """A fact in words; some are named by the logarithm that the models take of them."""
    text = feature_text(name)
    return feature_text(f"log_{name}").removeprefix("log_") if text == name else text


def facts(base: dict, learned: Score, event: Activity) -> dict[str, float | str]:
    """Everything a rule may ask about one order, JSON-ready."""
    # What the screen counted itself stands: a state may lag behind the orders.
    figures = {**learned.raw, **base}
    known: dict[str, float | str] = {name: round(float(figures[name]), 4) for name in figures}
    known["domain"] = event.domain
    if learned.probability is not None:
        known["probability"] = round(learned.probability, 4)
    return known


def judge(
    rules: Iterable[Rule], known: dict[str, float | str]
) -> tuple[list[Reason], dict[str, list[str]]]:
    """Reasons of the active rules that hold, and what rules on trial would have said."""
    reasons: list[Reason] = []
    noted: list[str] = []
    for rule in rules:
        if not holds(rule.expression, known):
            continue
        if rule.mode == Rule.Mode.SHADOW:
            noted.append(rule.name)
        else:
            data = {"rule": rule.name, "version": rule.version}
            reasons.append(Reason("staff_rule", Decision(rule.decision), data))
    return reasons, {"rules": noted} if noted else {}


def holds(expression: str, known: dict[str, float | str]) -> bool:
    """Whether a rule holds; one that cannot be answered does not, and is logged."""
    try:
        rule = _parsed.get(expression)
        if rule is None:
            rule = _parsed[expression] = parse(expression, NAMES)
        return rule(known)
    except CannotTell:
        return False
    except ExpressionError as error:
        log.error("a stored rule is not understood: %s", error)
        return False


@dataclass(frozen=True)
class DryRun:
    """What a rule would have done: of ``orders`` it holds for ``stopped``, ``bad`` of which were
    fraud and ``good`` known to be honest."""

    orders: int
    stopped: int
    bad: int
    good: int


def dry_run(expression: str, *, days: int = HISTORY_DAYS) -> DryRun:
    """Try a rule on the assessed orders of the last ``days``. Raises ExpressionError."""
    rule = parse(expression, NAMES)
    since = timezone.now() - timedelta(days=days)
    rows = Assessment.objects.filter(at__gte=since, checkout_uuid__isnull=False).order_by("-at")
    frauds = set(
        Signal.objects.filter(at__gte=since, fraud=True, order__isnull=False).values_list(
            "order_id", flat=True
        )
    )
    decided = dict(
        Case.objects.filter(assessment__at__gte=since)
        .exclude(state=Case.State.OPEN)
        .values_list("assessment_id", "state")
    )
    orders = stopped = bad = good = 0
    for pk, order, known in rows.values_list("pk", "order_id", "features")[:HISTORY_ROWS]:
        orders += 1
        try:
            if not rule(known):
                continue
        except CannotTell:
            continue
        stopped += 1
        if order in frauds or decided.get(pk) == Case.State.FRAUD:
            bad += 1
        elif decided.get(pk) == Case.State.CLEARED:
            good += 1
    return DryRun(orders, stopped, bad, good)


@transaction.atomic
def save_rule(rule: Rule, *, by: User | None) -> Rule:
    """Store a rule as a new version. Raises ExpressionError when it is not understood."""
    parse(rule.expression, NAMES)
    if rule.pk:
        rule.version = Rule.objects.select_for_update().get(pk=rule.pk).version + 1
    rule.save()
    RuleVersion.objects.create(
        rule=rule,
        version=rule.version,
        expression=rule.expression,
        decision=rule.decision,
        mode=rule.mode,
        by=by,
    )
    audit.record(by=by, action="save_rule", subject=f"rule {rule.name}", version=rule.version)
    return rule
