"""What changes risk's state: screening, cases, freezes, training."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from foundation import registry
from foundation.models import ModelVersion
from foundation.runs import training_run
from risk import selectors
from risk.learning.features import FEATURES, OrderFacts, feature_matrix, feature_vector
from risk.learning.isolation import OrderIsolationForest
from risk.models import Assessment, Case, Decision, Freeze
from risk.rules import RULES, Reason, Velocity
from shop.checkout.protocol import CheckoutRun
from shop.models import Customer, Order, User
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
CAPABILITY = "risk.orders"
MIN_TRAINING_ORDERS = 200
MAX_TRAINING_ORDERS = 30_000
SEVERITY = {Decision.ALLOW: 0, Decision.REVIEW: 1, Decision.BLOCK: 2}


def load_forest(path: Path, version: ModelVersion) -> tuple[OrderIsolationForest, ModelVersion]:
    return OrderIsolationForest.load(path), version


def decide(
    facts: OrderFacts, velocity: Velocity, *, freeze: Freeze | None
) -> tuple[Decision, list[Reason], float | None, ModelVersion | None]:
    """Score and rules together: the most severe one decides; no model means a person decides."""
    reasons = [reason for rule in RULES if (reason := rule(facts, velocity))]
    if freeze is not None:
        reasons.append(Reason("frozen", Decision.BLOCK, {"reason": freeze.reason}))
    score, version = None, None
    active = registry.active_artefact(CAPABILITY, load_forest)
    if active is None:
        reasons.append(Reason("no_model", Decision.REVIEW, {}))
    else:
        forest, version = active
        vector = feature_vector(facts)
        score = float(forest.score(vector[None, :])[0])
        if score >= settings.RISK_REVIEW_SCORE:
            strongest = np.argsort(-forest.contributions(vector))[:3]
            data = {
                "percent": f"{100 * score:.1f}",
                "features": [FEATURES[index] for index in strongest],
            }
            reasons.append(Reason("unusual", Decision.REVIEW, data))
    decision = max((r.decision for r in reasons), key=SEVERITY.__getitem__, default=Decision.ALLOW)
    return decision, reasons, score, version


def screen(run: CheckoutRun, *, card_fingerprint: str, at: datetime | None = None) -> Assessment:
    """Assess one checkout and store the assessment with its reasons."""
    started = time.perf_counter()
    at = at or timezone.now()
    facts = selectors.facts_of(run, at=at)
    velocity = selectors.velocity_of(
        visitor=run.visitor.key,
        card_fingerprint=card_fingerprint,
        customer=run.customer,
        checkout=run.checkout.uuid,
        at=at,
    )
    decision, reasons, score, version = decide(
        facts, velocity, freeze=selectors.active_freeze(run.customer)
    )
    return Assessment.objects.create(
        checkout_uuid=run.checkout.uuid,
        customer=run.customer,
        score=score,
        decision=decision,
        reasons=[asdict(reason) for reason in reasons],
        features=asdict(facts) | asdict(velocity),
        card_fingerprint=card_fingerprint,
        visitor=run.visitor.key,
        model=version,
        milliseconds=round(1000 * (time.perf_counter() - started), 2),
        at=at,
    )


def open_review(*, assessment: Assessment) -> Case:
    """Open the case of an order on hold; a second call returns the same case."""
    case, _ = Case.objects.get_or_create(assessment=assessment, kind=Case.Kind.REVIEW)
    return case


def appeal(*, checkout_uuid: UUID, message: str, contact: str) -> Case:
    """Record a blocked shopper's appeal; a second one adds nothing."""
    assessment = (
        Assessment.objects.filter(checkout_uuid=checkout_uuid, decision=Decision.BLOCK)
        .order_by("-at")
        .first()
    )
    if assessment is None:
        raise Refused(RefusalCode.NOT_FOUND)
    case, _ = Case.objects.get_or_create(
        assessment=assessment,
        kind=Case.Kind.APPEAL,
        defaults={"message": message, "contact": contact},
    )
    return case


@transaction.atomic
def decide_case(*, case: Case, fraud: bool, by: User, note: str = "") -> Case:
    """Close a case: an order on hold is released, or cancelled and paid back. Safe to repeat.

    A cleared appeal lifts the customer's freeze, so that the next checkout can go through.
    """
    case = Case.objects.select_for_update().select_related("assessment").get(pk=case.pk)
    if case.state != Case.State.OPEN:
        return case
    from shop.services import orders

    case.state = Case.State.FRAUD if fraud else Case.State.CLEARED
    case.decided_at, case.decided_by, case.note = timezone.now(), by, note
    case.save()
    order = case.assessment.order
    if order is not None and order.status == Order.Status.ON_HOLD:
        if fraud:
            orders.cancel(order=order, by=by, note="")
        else:
            orders.release(order=order, by=by)
    frozen = selectors.active_freeze(case.assessment.customer)
    if frozen and not fraud and case.kind == Case.Kind.APPEAL:
        lift(freeze=frozen, by=by)
    return case


def freeze(*, customer: Customer, reason: str, by: User | None) -> Freeze:
    """Freeze a customer's orders; a frozen customer keeps the first freeze."""
    row, _ = Freeze.objects.get_or_create(
        customer=customer, is_active=True, defaults={"reason": reason, "frozen_by": by}
    )
    return row


def lift(*, freeze: Freeze, by: User) -> None:
    Freeze.objects.filter(pk=freeze.pk, is_active=True).update(
        is_active=False, lifted_at=timezone.now(), lifted_by=by
    )


def train(progress: Callable[[int, int], None] = lambda done, total: None) -> ModelVersion | None:
    """Fit the Isolation Forest on recent orders and activate it; None when there are too few."""
    with training_run(CAPABILITY) as run:
        progress(0, 3)
        facts = selectors.training_facts()
        if len(facts) < MIN_TRAINING_ORDERS:
            run.report(0, 0, f"{len(facts)} orders; {MIN_TRAINING_ORDERS} are needed")
            return None
        if len(facts) > MAX_TRAINING_ORDERS:
            facts = facts.sample(MAX_TRAINING_ORDERS, random_state=0)
        progress(1, 3)
        forest = OrderIsolationForest().fit(feature_matrix(facts))
        progress(2, 3)
        version = registry.save_version(
            capability=CAPABILITY,
            suffix=".npz",
            write=forest.save,
            data_from=facts["when"].min().date(),
            data_to=facts["when"].max().date(),
            parameters={"n_trees": forest.n_trees, "sample_size": forest.sample_size},
            metrics={"orders": len(facts)},
        )
        registry.activate(version)
        run.finish_with(version)
        progress(3, 3)
        return version
