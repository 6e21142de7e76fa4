"""Experiments with the order of the start page's groups: who sees which, and what it brought.

The log of exposures is the behaviour events: each page view of somebody in an experiment is an
event of its own with the arm, the chance it was taken with, and what the chance rested on. Only
people who allow personal recommendations take part, as nobody else's events are tied together.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation import registry
from foundation.learning.bandits import (
    LinearThompson,
    Log,
    Policy,
    doubly_robust,
    doubly_robust_terms,
)
from foundation.learning.intervals import mean_interval
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from recommend.learning.experiments import Lift, assign, draw, lift, preference
from recommend.models import Experiment
from recommend.selectors.rails import Recommendation
from recommend.selectors.reasons import Reason
from recommend.selectors.why import Known
from recommend.services import NotEnoughData
from shop.models import Event
from shop.privacy.consent import Trace

CAPABILITY = "recommend.layouts"
SURFACE = "experiment-"
HOME = "rail-home-"
LAYOUTS: dict[str, tuple[Reason, ...]] = {
    "usual_first": (Reason.BUY_AGAIN, Reason.NEW_FOR_YOU, Reason.BECAUSE_VIEWED),
    "new_first": (Reason.NEW_FOR_YOU, Reason.BUY_AGAIN, Reason.BECAUSE_VIEWED),
    "viewed_first": (Reason.BECAUSE_VIEWED, Reason.BUY_AGAIN, Reason.NEW_FOR_YOU),
}
"""The first is what everybody sees who is in no experiment; groups not named come last."""
NAMES = tuple(LAYOUTS)
FEATURES = ("one", "bought", "viewed", "cart")
WINDOW = timedelta(hours=12)
"""A click counts for the page view it follows within this time."""
DAYS = 90
LEAST = 200
LEARNED = "learned"
TITLES = {
    "usual_first": _("Usual purchases first"),
    "new_first": _("New products first"),
    "viewed_first": _("What was looked at first"),
    LEARNED: _("The learned choice"),
}


@dataclass(frozen=True)
class Shown:
    """The layout of one page view, and with which chance it came."""

    layout: str
    chance: float
    x: list[float]

    def data(self) -> dict:
        return {"arm": self.layout, "p": round(self.chance, 6), "x": self.x}


def running(who: Trace) -> Experiment | None:
    """Return the experiment that somebody takes part in."""
    if not _unit(who.customer_id, who.visitor):
        return None
    return Experiment.objects.filter(is_active=True).first()


def coins(experiment: Experiment, who: Trace) -> str:
    """Return the seed by which two rankings are interleaved for somebody today; "" for none."""
    if experiment.kind != Experiment.Kind.INTERLEAVING:
        return ""
    return f"{experiment.key}:{timezone.localdate()}:{_unit(who.customer_id, who.visitor)}"


def drafted(found: list[Recommendation], known: Known) -> dict:
    """Which of the products shown are whose, as the event carries it."""
    shown = [item.product_id for item in found if item.reason_code == Reason.NEW_FOR_YOU]
    return {
        "teams": [[pk for pk in shown if known.teams.get(pk) == team] for team in range(2)],
    }


def choose(running: Experiment, who: Trace, known: Known) -> Shown | None:
    """Return the layout for somebody, the same all day; None where layouts are not the matter."""
    if running.kind == Experiment.Kind.INTERLEAVING:
        return None
    unit = _unit(who.customer_id, who.visitor)
    x = [1.0, float(bool(known.bought)), min(1.0, len(known.viewed) / 5), float(bool(known.taken))]
    salt = running.key
    chances = np.full(len(NAMES), 1 / len(NAMES))
    model = layouts() if running.kind == Experiment.Kind.BANDIT else None
    if running.kind == Experiment.Kind.BANDIT:
        salt = f"{running.key}:{timezone.localdate()}"
    if model is not None:
        every = np.ones(len(NAMES), dtype=bool)
        rng = np.random.default_rng(int(draw(f"{salt}:draws", unit) * 2**32))
        chances = model.probabilities(np.array(x), every, rng)
    arm = assign(salt, unit, chances.tolist())
    return Shown(NAMES[arm], float(chances[arm]), x)


def arranged(found: list[Recommendation], layout: str) -> list[Recommendation]:
    """The same products in the layout's order of groups."""
    order = {reason.value: place for place, reason in enumerate(LAYOUTS[layout])}
    return sorted(found, key=lambda item: order.get(item.reason_code, len(order)))


def _unit(customer_id: int | None, visitor: str) -> str:
    """Whom an arm belongs to: a customer on all devices, a guest's browser; "" for nobody."""
    if customer_id is not None:
        return f"customer {customer_id}"
    return f"visitor {visitor}" if visitor else ""


def layouts() -> LinearThompson | None:
    return registry.active_artefact(CAPABILITY, _load)


def _load(path: Path, version: ModelVersion) -> LinearThompson:
    return LinearThompson.load(path, len(NAMES), len(FEATURES))


@dataclass(frozen=True)
class Decision:
    """A page view in an experiment: the unit, the arm's number, and whether a click followed."""

    unit: str
    arm: int
    chance: float
    x: list[float]
    clicked: bool


def decisions(key: str) -> Iterator[Decision]:
    """Page views of the last months, earliest first, without those that may still be clicked."""
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    clicks: dict[str, list] = {}
    rows = Event.objects.filter(kind=Event.Kind.VIEW, surface__startswith=HOME, at__gte=since)
    for customer, visitor, at in rows.order_by("at").values_list("customer_id", "visitor", "at"):
        if unit := _unit(customer, visitor):
            clicks.setdefault(unit, []).append(at)
    shown = Event.objects.filter(
        kind=Event.Kind.IMPRESSION,
        surface=f"{SURFACE}{key}",
        at__gte=since,
        at__lt=now - WINDOW,
    ).order_by("at", "pk")
    for customer, visitor, at, data in shown.values_list("customer_id", "visitor", "at", "data"):
        unit = _unit(customer, visitor)
        if unit and data.get("arm") in NAMES and len(data.get("x", ())) == len(FEATURES):
            clicked = any(at <= click < at + WINDOW for click in clicks.get(unit, ()))
            yield Decision(unit, NAMES.index(data["arm"]), data["p"], data["x"], clicked)


@dataclass(frozen=True)
class Arm:
    """What a layout brought: units that saw it first, those that clicked, lift over the first."""

    name: str
    units: int
    hits: int
    lift: Lift | None

    @property
    def rate(self) -> float:
        return self.hits / self.units if self.units else 0.0


def results(key: str) -> list[Arm]:
    """Compare the arms by units, each in the arm it saw first: page views of one are no sample."""
    first: dict[str, int] = {}
    hit: set[str] = set()
    for one in decisions(key):
        if first.setdefault(one.unit, one.arm) == one.arm and one.clicked:
            hit.add(one.unit)
    counts = [
        (
            sum(unit in hit for unit, arm in first.items() if arm == number),
            sum(arm == number for arm in first.values()),
        )
        for number in range(len(NAMES))
    ]
    return [
        Arm(name, units, hits, lift(counts[0], (hits, units)) if number else None)
        for number, (name, (hits, units)) in enumerate(zip(NAMES, counts, strict=True))
    ]


def gathered(rows: Sequence[Decision]) -> Log:
    """The log as arrays. Raises NotEnoughData."""
    if len(rows) < LEAST:
        raise NotEnoughData(f"{len(rows)} page views are logged; {LEAST} are needed.")
    return Log(
        np.array([one.x for one in rows]),
        np.array([one.arm for one in rows]),
        np.array([float(one.clicked) for one in rows]),
        np.array([one.chance for one in rows]),
    )


@dataclass(frozen=True)
class Preference:
    """People who clicked more of the learned ranker's finds, and more of the blend's.

    ``lift`` is in favour of the learned ranker.
    """

    learned: int
    blend: int
    lift: Lift | None


def preferences(key: str) -> Preference:
    """Count people by whose finds they clicked more often; who did both alike says nothing."""
    since = timezone.now() - timedelta(days=DAYS)
    drafts: dict[str, list[tuple]] = {}
    shown = Event.objects.filter(
        kind=Event.Kind.IMPRESSION, surface=f"{SURFACE}{key}", at__gte=since
    )
    for customer, visitor, at, data in shown.values_list("customer_id", "visitor", "at", "data"):
        if (unit := _unit(customer, visitor)) and "teams" in data:
            drafts.setdefault(unit, []).append((at, *data["teams"]))
    clicks = Event.objects.filter(
        kind=Event.Kind.VIEW, surface=f"{HOME}{Reason.NEW_FOR_YOU.value}", at__gte=since
    )
    balance: Counter[str] = Counter()
    rows = clicks.values_list("customer_id", "visitor", "at", "product_id")
    for customer, visitor, at, product in rows:
        unit = _unit(customer, visitor)
        before = [one for one in drafts.get(unit, ()) if one[0] <= at < one[0] + WINDOW]
        if before:
            _at, learned, blend = max(before)
            balance[unit] += (product in learned) - (product in blend)
    wins = sum(value > 0 for value in balance.values())
    losses = sum(value < 0 for value in balance.values())
    return Preference(wins, losses, preference(losses, wins))


@dataclass(frozen=True)
class Exposure:
    """How often products that nobody had bought were shown among the finds, and clicked there."""

    products: int
    shown: int
    clicked: int


def exposure_of_new() -> Exposure:
    """Count the last four weeks. The events of everybody count, as they need to name nobody."""
    since = timezone.now() - timedelta(days=28)
    surface = f"{HOME}{Reason.NEW_FOR_YOU.value}"
    rows = Event.objects.filter(at__gte=since, surface=surface)
    shown: Counter[int] = Counter()
    impressions = rows.filter(kind=Event.Kind.IMPRESSION)
    for found in impressions.values_list("data__explored", flat=True).iterator(500):
        shown.update(found or ())
    clicked = rows.filter(kind=Event.Kind.VIEW, product__in=list(shown)).count() if shown else 0
    return Exposure(len(shown), shown.total(), clicked)


@dataclass(frozen=True)
class Value:
    """What a policy would have brought, in clicked page views, by the doubly robust estimate."""

    name: str
    value: float
    low: float
    high: float


def values(key: str) -> list[Value]:
    """Value every layout for everybody, and the learned choice, on the log; [] while it is small.

    For an experiment whose shares differ from person to person, where plain rates would mislead.
    Intervals take page views as independent and are meant to be looked at once.
    """
    rows = list(decisions(key))
    if len(rows) < LEAST:
        return []
    log = gathered(rows)
    policies: dict[str, Policy] = {
        name: lambda x, arm=arm: np.tile(np.eye(len(NAMES))[arm], (len(x), 1))  # type: ignore[misc]
        for arm, name in enumerate(NAMES)
    }
    model = layouts()
    if model is not None:
        policies[LEARNED] = model.policy()
    found = []
    for name, policy in policies.items():
        terms = doubly_robust_terms(log, policy)
        found.append(Value(name, float(terms.mean()), *mean_interval(terms)))
    return found


def usual(x: np.ndarray) -> np.ndarray:
    """What is shown without an experiment, as a policy."""
    return np.tile(np.eye(len(NAMES))[0], (len(x), 1))


def train() -> ModelVersion:
    """Learn the layouts from the running bandit's log, and pass the gate by the later third.

    A candidate has to be worth at least what the usual layout is, by the doubly robust estimate on
    decisions that it has not learned from. Raises NotEnoughData.
    """
    running = Experiment.objects.filter(is_active=True).first()
    known = gathered(list(decisions(running.key)) if running else [])
    early = np.arange(len(known.arms)) < 2 * len(known.arms) // 3
    learned, held = known.part(early), known.part(~early)

    def fit(active: ModelVersion | None) -> Trained:
        model = LinearThompson(len(NAMES), len(FEATURES))
        model.fit(learned.x, learned.arms, learned.rewards)
        without = doubly_robust(held, usual)
        return Trained(
            suffix=".npz",
            write=model.save,
            metrics={
                "value": round(doubly_robust(held, model.policy()), 4),
                "value_of_usual": round(without, 4),
                "decisions": len(known.arms),
            },
            gated=("value",),
            active_metrics=_of_active(active, held),
            floor={"value": without},
        )

    return refresh(CAPABILITY, f"{len(known.arms)}:{known.rewards.sum():.0f}", fit)


def _of_active(active: ModelVersion | None, held: Log) -> dict[str, float] | None:
    if active is None:
        return None
    try:
        model = _load(registry.verify(active), active)
    except (registry.ArtefactDamaged, OSError, ValueError, KeyError):
        return active.metrics
    return {"value": doubly_robust(held, model.policy())}
