"""The model that learned from outcomes: scoring within a time budget, labels, training."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop
from sklearn.metrics import average_precision_score

from foundation import registry
from foundation.learning.said import Said
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from foundation.runs import training_run
from risk import costs
from risk.learning.batch import frame_of, order_features, with_behaviour
from risk.learning.behaviour import LEAST_BASKETS, BasketEmbedding
from risk.learning.decision import CHOICES, Costs
from risk.learning.scorer import OrderScorer
from risk.learning.signals import FEATURES, ORDER, Activity
from risk.learning.signals import features as features_of
from risk.learning.stream import State, raw_columns
from risk.lookups import SEEN
from risk.memory import FIELDS
from risk.models import Decision, Signal
from shop.models import Event

log = logging.getLogger(__name__)
CAPABILITY = "risk.fraud"
MATURE_DAYS = 40
"""An order that nobody has reported for as long counts as honest."""
TRAINING_DAYS = 400
MIN_FRAUDS = 40
MIN_NEW_FRAUDS = 5
TOO_FEW = gettext_noop("%(frauds)s known frauds; %(needed)s are needed")
HELD_OUT = 0.2
"""The newest part of the labelled orders, on which a first model is measured."""
STRONGEST = 3
# A thread of its own, so that the checkout can stop waiting for it.
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="risk-score")


def load_scorer(path: Path, version: ModelVersion) -> tuple[OrderScorer, ModelVersion]:
    scorer = OrderScorer.load(path)
    # The first prediction sets up what all others use; no order should run out of time for it.
    nothing = np.zeros((1, len(FEATURES)))
    scorer.predict_proba(nothing)
    scorer.contributions(nothing)
    return scorer, version


@dataclass(frozen=True)
class Score:
    """What the model thinks of one order.

    ``probability`` is None when there is no model, or it was too slow or cannot be read (``late``).
    ``why`` names
    the features that speak most for fraud, with what each adds to the log odds; nobody asks why
    an order is allowed.
    """

    raw: dict[str, float]
    probability: float | None = None
    decision: str = Decision.ALLOW
    why: list[tuple[str, float]] = field(default_factory=list)
    version: ModelVersion | None = None
    late: bool = False


def budget_seconds() -> float:
    return float(settings.RISK_BUDGET_MS) / 1000


def score(event: Activity, states: dict[str, State]) -> Score:
    """Score one order; never raises and never takes longer than the budget."""
    held = registry.active_artefact(CAPABILITY, load_scorer)
    raw, damaged = _raw(event, states, held[0].behaviour if held else None)
    if held is None:
        # Before the first training there is nothing to miss; a model that cannot be read is missed.
        return Score(raw, late=damaged or registry.active_version(CAPABILITY) is not None)
    scorer, version = held
    if damaged:
        return Score(raw, version=version, late=True)
    job = _workers.submit(_judge, scorer, costs.current(), raw, event.total)
    try:
        probability, decision, why = job.result(timeout=budget_seconds())
    except Late:
        log.warning("scoring took longer than %.0f ms", 1000 * budget_seconds())
        return Score(raw, version=version, late=True)
    except Exception:
        log.exception("%s could not score an order", version)
        return Score(raw, version=version, late=True)
    return Score(raw, probability, decision, why, version)


def _raw(
    event: Activity, states: dict[str, State], behaviour: BasketEmbedding | None
) -> tuple[dict[str, float], bool]:
    """Raw columns of an order, and whether a state could not be read: then they are those of
    somebody of whom nothing is known, and a person has to look."""
    try:
        return raw_columns(event, states, behaviour), False
    except Exception:
        log.exception("the states of an order cannot be read")
        return raw_columns(event, {}, behaviour), True


def _judge(
    scorer: OrderScorer, price: Costs, raw: dict[str, float], total: float
) -> tuple[float, str, list[tuple[str, float]]]:
    named = features_of(raw)
    row = np.array([[float(named[name]) for name in FEATURES]])
    probability = float(scorer.predict_proba(row)[0])
    decision = CHOICES[price.choose(np.array([probability]), np.array([total]))[0]]
    if decision == Decision.ALLOW:
        return probability, decision, []
    shares = scorer.contributions(row)[0]
    strongest = [index for index in np.argsort(-shares)[:STRONGEST] if shares[index] > 0]
    return (
        probability,
        decision,
        [(FEATURES[index], round(float(shares[index]), 3)) for index in strongest],
    )


def label(*, order_id: int, fraud: bool, at: datetime | None = None) -> int:
    """Say what an order turned out to be; return how many signals were labelled."""
    return Signal.objects.filter(order_id=order_id, kind=Signal.Kind.ORDER).update(
        fraud=fraud, known_at=at or timezone.now()
    )


def history(since: datetime) -> pd.DataFrame:
    """Signals and what browsers did before them as events, with ``fraud`` (1, 0 or nan while
    unknown) and ``campaign``."""
    names = ["id", "at", *FIELDS, "fraud", "campaign"]
    rows = Signal.objects.filter(at__gte=since).order_by("at", "id").values_list(*names)
    table = pd.DataFrame.from_records(list(rows.iterator(chunk_size=20_000)), columns=names)
    if table.empty:
        return table
    when = pd.to_datetime(table["at"], utc=True)
    table["at"] = (when - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    table["fraud"] = table["fraud"].astype(object).map({True: 1.0, False: 0.0})
    seen = _browsing(since)
    table = pd.concat([table, seen], ignore_index=True) if len(seen) else table
    mature = table["at"] < (timezone.now() - timedelta(days=MATURE_DAYS)).timestamp()
    table.loc[table["fraud"].isna() & mature, "fraud"] = 0.0
    return table


def _browsing(since: datetime) -> pd.DataFrame:
    """Page views and chat messages of browsers that ordered, from the shop's log of events."""
    ordered = Signal.objects.filter(source=Signal.Source.CHECKOUT, at__gte=since, kind=ORDER)
    rows = Event.objects.filter(
        at__gte=since, kind__in=SEEN, visitor__in=ordered.exclude(visitor="").values("visitor")
    ).values_list("id", "at", "kind", "visitor", "data")
    seen = frame_of(
        [
            Activity(at.timestamp(), pk, kind, visitor=visitor, total=float(data.get("urgency", 0)))
            for pk, at, kind, visitor, data in rows.iterator(chunk_size=20_000)
        ]
    )
    return seen.assign(fraud=np.nan, campaign="")


def train(
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    without: tuple[str, ...] = (),
) -> ModelVersion | None:
    """Learn from outcomes; the registry's gate lets the new model serve if it is no worse on the
    same newest orders. Without new outcomes the newest version is returned as it is.

    ``without`` leaves out campaigns of these kinds, to see whether they are found all the same.
    None when there are too few known frauds.
    """
    with training_run(CAPABILITY) as run:
        progress(0, 4)
        table = history(timezone.now() - timedelta(days=TRAINING_DAYS))
        frauds = int((table["fraud"] == 1).sum()) if len(table) else 0
        if frauds < MIN_FRAUDS:
            run.report(0, 0, Said(TOO_FEW, frauds=frauds, needed=MIN_FRAUDS))
            return None
        progress(1, 4)
        # Without vectors yet: each model brings those of its own training window.
        features = order_features(table)
        rows = table.loc[features.index]
        known = rows["fraud"].notna().to_numpy() & ~rows["campaign"].isin(without).to_numpy()
        y, at = rows["fraud"].to_numpy(float)[known], rows["at"].to_numpy(float)[known]

        def seen(behaviour: BasketEmbedding | None) -> np.ndarray:
            """Features of the labelled orders, with baskets as one model sees them."""
            return with_behaviour(features, table, behaviour).to_numpy()[known]

        progress(2, 4)

        def fit(active: ModelVersion | None) -> Trained:
            metrics, theirs = _held_out(seen, y, at, rows, active)
            progress(3, 4)
            behaviour = bought_together(rows)
            return Trained(
                suffix=".npz",
                write=OrderScorer(behaviour=behaviour).fit(seen(behaviour), y).save,
                metrics={"orders": len(y), "frauds": int(y.sum()), **metrics},
                parameters={"newest_at": float(at.max()), "without": list(without)},
                data_from=_day(at.min()),
                data_to=_day(at.max()),
                # A first model is better than none even where too few frauds are held out.
                gated=("average_precision",) if metrics or active else (),
                active_metrics=theirs,
            )

        signature = f"{len(y)} {int(y.sum())} {at.max()} {','.join(without)} {len(FEATURES)}"
        version = refresh(CAPABILITY, signature, fit)
        run.finish_with(version)
        progress(4, 4)
        return version


def bought_together(orders: pd.DataFrame) -> BasketEmbedding | None:
    """Vectors of what is bought together in these orders; None when there are too few."""
    baskets = [basket for basket in orders["categories"] if basket]
    if len(baskets) < LEAST_BASKETS or len({name for row in baskets for name in row}) < 2:
        return None
    return BasketEmbedding().fit(baskets)


def _held_out(
    seen: Callable[[BasketEmbedding | None], np.ndarray],
    y: np.ndarray,
    at: np.ndarray,
    orders: pd.DataFrame,
    active: ModelVersion | None,
) -> tuple[dict[str, float], dict[str, float] | None]:
    """Average precision of the candidate's method, and of the active model, on the newest orders.

    Where a model is active, the newest orders are those it has not seen. Nothing is measured with
    too few frauds among them; a candidate then stays one.
    """
    held = registry.active_artefact(CAPABILITY, load_scorer) if active else None
    cut = np.quantile(at, 1 - HELD_OUT)
    if held is not None:
        cut = held[1].parameters.get("newest_at", cut)
    new = at > cut
    if y[new].sum() < MIN_NEW_FRAUDS:
        return {}, None
    behaviour = bought_together(orders[orders["at"] <= cut])
    x = seen(behaviour)
    trial = OrderScorer(behaviour=behaviour).fit(x[~new], y[~new])

    def precision(scorer: OrderScorer, x: np.ndarray) -> dict[str, float]:
        value = average_precision_score(y[new], scorer.predict_proba(x[new]))
        return {"average_precision": round(float(value), 4)}

    if held is None:
        return precision(trial, x), None
    return precision(trial, x), precision(held[0], seen(held[0].behaviour))


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, timezone.get_default_timezone()).date()
