"""What a mistake costs, recomputed from what became of orders: losses, reviews, challenges.

The learning task stores the figures as a model version of their own, so that they have a history
and can be rolled back; ``RISK_COSTS`` of the settings overrides each. The goods' own margin is no
outcome that the shop sees, so it is only ever set.
"""

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from foundation import registry
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from risk.learning.decision import BOUNDS, Costs, recompute
from risk.models import AuditEntry, Case, Chargeback, Signal
from shop.models import Order

CAPABILITY = "risk.costs"
DAYS = 90
DOLLARS_AN_HOUR = 30.0
LONGEST = timedelta(minutes=30)
"""A case that stays open on a screen for longer was not looked at all the time."""
Seen = dict[str, tuple[float, int]]


def current() -> Costs:
    """The costs to decide by: assumed, then recomputed, then as the settings say."""
    held = registry.active_artefact(CAPABILITY, _load)
    return Costs(**{**(held or {}), **settings.RISK_COSTS})


def _load(path: Path, version: ModelVersion) -> dict[str, float]:
    values = json.loads(path.read_text())
    return {name: float(values[name]) for name in BOUNDS if name in values}


def learn() -> ModelVersion:
    """Recompute the costs from the last ``DAYS`` and let them serve.

    Safe to repeat: the same outcomes make no new version. Where too little is known the version
    says nothing, and what is assumed serves.
    """
    now = timezone.now()
    seen = outcomes(now - timedelta(days=DAYS))
    values = recompute(seen)
    signature = json.dumps([values, {name: n for name, (_, n) in seen.items()}], sort_keys=True)

    def made(active: ModelVersion | None) -> Trained:
        return Trained(
            suffix=".json",
            write=partial(_write, values),
            metrics={f"{name}_outcomes": seen[name][1] for name in values} | values,
            data_from=timezone.localdate(now - timedelta(days=DAYS)),
            data_to=timezone.localdate(now),
        )

    return refresh(CAPABILITY, signature, made)


def _write(values: dict[str, float], path: Path) -> None:
    path.write_text(json.dumps(values))


def outcomes(since: datetime) -> Seen:
    """A value and the number of outcomes behind it, by field of ``Costs``."""
    seen = {
        "loss_share": _loss(since),
        "review": _review(since),
        **_held("review", Case.Kind.REVIEW, since),
        **_held("challenge", Case.Kind.CHALLENGE, since),
    }
    return {name: pair for name, pair in seen.items() if pair[1]}


def _loss(since: datetime) -> tuple[float, int]:
    """Share of the orders' totals that banks took back for fraud."""
    rows = Chargeback.objects.filter(received_at__gte=since, fraud=True, order__total__gt=0)
    told = rows.aggregate(taken=Sum("amount"))
    orders = Order.objects.filter(pk__in=rows.values("order_id")).aggregate(total=Sum("total"))
    return float(told["taken"] or 0) / float(orders["total"] or 1), rows.count()


def _review(since: datetime) -> tuple[float, int]:
    """Dollars of a person's time: from the last look into a case to its decision."""
    looked: dict[tuple[str, str], datetime] = {}
    spent = []
    rows = AuditEntry.objects.filter(at__gte=since, action__in=("view_case", "decide_case"))
    for action, actor, subject, at in rows.order_by("number").values_list(
        "action", "actor", "subject", "at"
    ):
        if action == "view_case":
            looked[actor, subject] = at
        elif began := looked.pop((actor, subject), None):
            spent.append(min(at - began, LONGEST).total_seconds())
    return DOLLARS_AN_HOUR * median(spent) / 3600 if spent else 0.0, len(spent)


def _held(name: str, kind: Case.Kind, since: datetime) -> Seen:
    """Share of frauds that were caught, and of honest orders that were given up, once held."""
    rows = Case.objects.filter(kind=kind, decided_at__gte=since, assessment__order__isnull=False)
    cases = list(rows.values_list("state", "assessment__order", "assessment__order__status"))
    orders = [order for _, order, _ in cases]
    bad = set(
        Signal.objects.filter(order__in=orders, fraud=True).values_list("order_id", flat=True)
    ) | set(
        Chargeback.objects.filter(order__in=orders, fraud=True).values_list("order_id", flat=True)
    )
    frauds = [state for state, order, _ in cases if state == Case.State.FRAUD or order in bad]
    honest = [
        status for state, order, status in cases if state != Case.State.FRAUD and order not in bad
    ]
    return {
        f"{name}_catches": _share(frauds.count(Case.State.FRAUD), len(frauds)),
        f"{name}_leaves": _share(honest.count(Order.Status.CANCELLED), len(honest)),
    }


def _share(part: int, whole: int) -> tuple[float, int]:
    return (part / whole if whole else 0.0), whole
