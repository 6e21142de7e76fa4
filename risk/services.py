"""What changes risk's state: screening, cases, freezes, chargebacks, training."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from foundation import outbox, registry
from foundation.learning.said import Said
from foundation.models import ModelVersion
from foundation.retraining import Trained, refresh
from foundation.runs import training_run
from risk import alerts, audit, costs, fraud, lists, lookups, memory, selectors, staff_rules, trial
from risk.learning.features import FEATURES, feature_matrix, feature_vector
from risk.learning.isolation import OrderIsolationForest
from risk.learning.strangeness import measure
from risk.models import Alert, Assessment, Case, Chargeback, Decision, Freeze
from risk.rules import RULES, Reason
from shop.checkout.protocol import CheckoutRun
from shop.models import Customer, Order, User
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
CAPABILITY = "risk.orders"
CONFIRM_SALT, CONFIRM_SECONDS = "risk.confirm", 2 * 24 * 3600
MIN_TRAINING_ORDERS = 200
MAX_TRAINING_ORDERS = 30_000
TOO_FEW = gettext_noop("%(orders)s orders; %(needed)s are needed")
LATE = gettext_noop("The model cannot be read or took longer than %(limit)s.")
BLOCKED = gettext_noop("A checkout of %(total)s dollars was blocked.")
CHARGED_BACK = gettext_noop("%(ref)s: %(amount)s dollars of order %(number)s, %(reason)s.")
HELD_OUT, MIN_NEW_ORDERS = 0.2, 40
"""Share of the orders, the newest, on which a first forest is measured; the fewest that tell."""
GUESSING = 0.5
SEVERITY = {Decision.ALLOW: 0, Decision.CHALLENGE: 1, Decision.REVIEW: 2, Decision.BLOCK: 3}


def load_forest(path: Path, version: ModelVersion) -> tuple[OrderIsolationForest, ModelVersion]:
    return OrderIsolationForest.load(path), version


def decide(known: lookups.Known) -> tuple[list[Reason], float | None, ModelVersion | None]:
    """What the written rules, a freeze and the forest say; no forest means a person decides."""
    facts = known.facts
    reasons = [reason for rule in RULES if (reason := rule(facts, known.velocity))]
    if known.frozen is not None:
        reasons.append(Reason("frozen", Decision.BLOCK, {"reason": known.frozen}))
    score, version = None, None
    active = registry.active_artefact(CAPABILITY, load_forest)
    if active is None:
        reasons.append(Reason("no_model", Decision.REVIEW, {}))
    else:
        forest, version = active
        vector = feature_vector(facts)
        score = float(forest.score(vector[None, :])[0])
        if score >= settings.RISK_REVIEW_SCORE:
            reasons.append(unusual(forest, vector, score))
    return reasons, score, version


def unusual(forest: OrderIsolationForest, vector: np.ndarray, score: float) -> Reason:
    """Why one order (features as ``vector``) is strange, with what each feature adds to it."""
    shares = forest.contributions(vector)
    strongest = np.argsort(-shares)[:3]
    data = {
        "percent": f"{100 * score:.1f}",
        "features": [FEATURES[index] for index in strongest],
        "shares": {FEATURES[index]: round(float(shares[index]), 4) for index in strongest},
    }
    return Reason("unusual", Decision.REVIEW, data)


def screen(run: CheckoutRun, *, card_fingerprint: str, at: datetime | None = None) -> Assessment:
    """Assess one checkout and store the assessment with its reasons.

    The unusual, the written rules, the staff's rules, the lists and the model that learned from
    outcomes each say what they ask for; the most severe wins, but for a customer on the allow
    list. When something fails the order goes to a person. A checkout that goes on after a bank's
    question keeps the assessment it has.
    """
    started = time.perf_counter()
    at = at or timezone.now()
    event = memory.activity_of(run, card=card_fingerprint, at=at)
    known = lookups.look_up(run, event, at=at)
    if known.assessed is not None:
        return Assessment.objects.get(pk=known.assessed)
    reasons, score, version = decide(known)
    learned = fraud.score(event, known.states)
    facts = staff_rules.facts(asdict(known.facts) | asdict(known.velocity), learned, event)
    held, shadow = staff_rules.judge(known.rules, facts)
    found = lists.reasons(known.entries)
    outcome, noted = _by_model(learned)
    reasons += [*held, *found, *outcome]
    decision = max((r.decision for r in reasons), key=SEVERITY.__getitem__, default=Decision.ALLOW)
    if known.frozen is None and any(r.code == "listed_allow" for r in reasons):
        decision = Decision.ALLOW
    if learned.version is not None and not learned.late:
        noted |= trial.note(event, known.states, costs.current(), learned.version)
    _alert(decision, learned, run)
    return Assessment.objects.create(
        checkout_uuid=run.checkout.uuid,
        customer=run.customer,
        score=score,
        probability=learned.probability,
        decision=decision,
        shadow=shadow | noted,
        reasons=[asdict(reason) for reason in reasons],
        features=facts,
        card_fingerprint=card_fingerprint,
        visitor=run.visitor.key,
        model=learned.version or version,
        milliseconds=round(1000 * (time.perf_counter() - started), 2),
        at=at,
    )


def _alert(decision: Decision, learned: fraud.Score, run: CheckoutRun) -> None:
    if learned.late:
        text = Said(LATE, limit=f"{settings.RISK_BUDGET_MS:.0f} ms")
        alerts.raise_alert(kind=Alert.Kind.LATE, subject=fraud.CAPABILITY, text=text)
    if decision == Decision.BLOCK:
        who = f"customer {run.customer.pk}" if run.customer else "guests"
        text = Said(BLOCKED, total=run.total)
        alerts.raise_alert(kind=Alert.Kind.BLOCKED, subject=who, text=text)


def _by_model(learned: fraud.Score) -> tuple[list[Reason], dict]:
    """What the learned model asks for, and what it would ask for if it were not on trial."""
    if learned.late:
        return [Reason("model_late", Decision.REVIEW, {})], {}
    if learned.probability is None or learned.decision == Decision.ALLOW:
        return [], {}
    data = {
        "percent": f"{100 * learned.probability:.0f}",
        "features": [name for name, _ in learned.why],
        "shares": dict(learned.why),
    }
    if settings.RISK_MODEL_SHADOW:
        return [], {"model": learned.decision}
    return [Reason("likely_fraud", Decision(learned.decision), data)], {}


@transaction.atomic
def open_review(*, assessment: Assessment) -> Case:
    """Open the case of an order on hold; a second call returns the same case.

    A customer who is asked to confirm gets a mail with a link that releases the order.
    """
    asked = assessment.decision == Decision.CHALLENGE
    kind = Case.Kind.CHALLENGE if asked else Case.Kind.REVIEW
    case, new = Case.objects.get_or_create(assessment=assessment, kind=kind)
    if new and asked:
        outbox.put("risk.confirm", str(case.pk), case_id=case.pk)
    return case


def confirm(*, token: str) -> Case:
    """Release the order whose customer followed the link in the mail. Safe to repeat."""
    try:
        pk = signing.loads(token, salt=CONFIRM_SALT, max_age=CONFIRM_SECONDS)
    except signing.BadSignature as error:
        raise Refused(RefusalCode.NOT_FOUND) from error
    case = Case.objects.filter(pk=pk, kind=Case.Kind.CHALLENGE).first()
    if case is None or case.state == Case.State.FRAUD:
        raise Refused(RefusalCode.NOT_FOUND)
    return _close(case=case, fraud_found=False, by=None, note="")


def confirmation_token(case: Case) -> str:
    return signing.dumps(case.pk, salt=CONFIRM_SALT)


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


def decide_case(*, case: Case, fraud: bool, by: User, note: str = "") -> Case:
    """Close a case: an order on hold is released, or cancelled and paid back. Safe to repeat.

    A cleared appeal lifts the customer's freeze, so that the next checkout can go through. What
    was decided becomes the order's label. Paying back more than ``RISK_FOUR_EYES_ABOVE`` takes two
    people: the case stays open until a second one confirms the fraud.
    """
    return _close(case=case, fraud_found=fraud, by=by, note=note)


@transaction.atomic
def _close(*, case: Case, fraud_found: bool, by: User | None, note: str) -> Case:
    case = Case.objects.select_for_update().select_related("assessment").get(pk=case.pk)
    if case.state != Case.State.OPEN:
        return case
    from shop.services import orders

    if fraud_found and by is not None and _needs_second(case, by):
        return case
    case.state = Case.State.FRAUD if fraud_found else Case.State.CLEARED
    case.decided_at, case.decided_by, case.note = timezone.now(), by, note or case.note
    case.save()
    order = case.assessment.order
    if order is not None and order.status == Order.Status.ON_HOLD:
        if fraud_found:
            orders.cancel(order=order, by=by, note="")
        else:
            orders.release(order=order, by=by)
    if order is not None and by is not None:
        fraud.label(order_id=order.pk, fraud=fraud_found)
    audit.record(by=by, action="decide_case", subject=f"case {case.pk}", state=case.state)
    frozen = selectors.active_freeze(case.assessment.customer)
    if frozen and by and not fraud_found and case.kind == Case.Kind.APPEAL:
        lift(freeze=frozen, by=by)
    return case


def _needs_second(case: Case, by: User) -> bool:
    """Whether somebody else has to agree; the first to say so is written down."""
    order = case.assessment.order
    held = order is not None and order.status == Order.Status.ON_HOLD
    if not held or order.total <= settings.RISK_FOUR_EYES_ABOVE:  # type: ignore[union-attr]
        return False
    if case.proposed_by_id is None:
        case.proposed_by = by
        case.save(update_fields=["proposed_by"])
        audit.record(by=by, action="propose_fraud", subject=f"case {case.pk}")
    return case.proposed_by_id == by.pk


def freeze(*, customer: Customer, reason: str, by: User | None) -> Freeze:
    """Freeze a customer's orders; a frozen customer keeps the first freeze."""
    row, new = Freeze.objects.get_or_create(
        customer=customer, is_active=True, defaults={"reason": reason, "frozen_by": by}
    )
    if new:
        audit.record(by=by, action="freeze", subject=f"customer {customer.pk}", reason=reason)
    return row


def appealable(*, freeze: Freeze) -> UUID:
    """The number under which a frozen customer can appeal: of the first refusal by this freeze."""
    refused = Assessment.objects.filter(
        customer=freeze.customer, decision=Decision.BLOCK, at__gte=freeze.frozen_at
    ).exclude(checkout_uuid=None)
    known = refused.order_by("at").values_list("checkout_uuid", flat=True).first()
    if known is not None:
        return known
    number = uuid4()
    Assessment.objects.create(
        checkout_uuid=number,
        customer=freeze.customer,
        decision=Decision.BLOCK,
        reasons=[asdict(Reason("frozen", Decision.BLOCK, {"reason": freeze.reason}))],
        at=timezone.now(),
    )
    return number


def lift(*, freeze: Freeze, by: User) -> None:
    lifted = Freeze.objects.filter(pk=freeze.pk, is_active=True).update(
        is_active=False, lifted_at=timezone.now(), lifted_by=by
    )
    if lifted:
        audit.record(by=by, action="lift", subject=f"customer {freeze.customer_id}")


@transaction.atomic
def charge_back(
    *,
    order: Order,
    reference: str,
    amount: Decimal,
    reason: str = "",
    fraud_found: bool = True,
    received_at: datetime | None = None,
    by: User | None,
) -> Chargeback:
    """Take in a bank's chargeback and label the order; the same reference again changes nothing."""
    row, new = Chargeback.objects.get_or_create(
        reference=reference,
        defaults={
            "order": order,
            "amount": amount,
            "reason": reason,
            "fraud": fraud_found,
            "received_at": received_at or timezone.now(),
        },
    )
    if new:
        if fraud_found:
            fraud.label(order_id=order.pk, fraud=True, at=row.received_at)
        text = Said(
            CHARGED_BACK, ref=reference, amount=amount, number=order.number, reason=reason or "–"
        )
        alerts.raise_alert(kind=Alert.Kind.CHARGEBACK, subject=order.number, text=text)
        audit.record(by=by, action="chargeback", subject=f"order {order.number}", ref=reference)
    return row


def train(progress: Callable[[int, int], None] = lambda done, total: None) -> ModelVersion | None:
    """Fit the Isolation Forest on recent orders; the registry's gate lets it serve if it tells the
    newest orders from strange ones no worse than the active one. None when there are too few."""
    with training_run(CAPABILITY) as run:
        progress(0, 3)
        facts = selectors.training_facts()
        if len(facts) < MIN_TRAINING_ORDERS:
            run.report(0, 0, Said(TOO_FEW, orders=len(facts), needed=MIN_TRAINING_ORDERS))
            return None
        if len(facts) > MAX_TRAINING_ORDERS:
            facts = facts.sample(MAX_TRAINING_ORDERS, random_state=0)
        progress(1, 3)

        def fit(active: ModelVersion | None) -> Trained:
            metrics, theirs = _held_out(facts, active)
            progress(2, 3)
            forest = OrderIsolationForest().fit(feature_matrix(facts))
            return Trained(
                suffix=".npz",
                write=forest.save,
                metrics={"orders": len(facts), **metrics},
                parameters={
                    "n_trees": forest.n_trees,
                    "sample_size": forest.sample_size,
                    "newest_at": float(facts["at"].max()),
                },
                data_from=facts["when"].min().date(),
                data_to=facts["when"].max().date(),
                gated=("strange_auc",),
                active_metrics=theirs,
                floor={"strange_auc": GUESSING},
            )

        signature = f"{len(facts)} {facts['at'].max()} {len(FEATURES)}"
        version = refresh(CAPABILITY, signature, fit)
        run.finish_with(version)
        progress(3, 3)
        return version


def _held_out(
    facts: pd.DataFrame, active: ModelVersion | None
) -> tuple[dict[str, float], dict[str, float] | None]:
    """Figures of the candidate's method, and of the active forest, on the newest orders: those
    that the active one has not seen. With too few of them nothing is measured."""
    held = registry.active_artefact(CAPABILITY, load_forest) if active else None
    cut = facts["at"].quantile(1 - HELD_OUT)
    if held is not None:
        cut = held[1].parameters.get("newest_at", cut)
    new = facts["at"] > cut
    if new.sum() < MIN_NEW_ORDERS or (~new).sum() < MIN_NEW_ORDERS:
        return {}, None
    measured = partial(measure, facts=facts[new], review_from=settings.RISK_REVIEW_SCORE)
    trial = OrderIsolationForest().fit(feature_matrix(facts[~new]))
    return measured(trial), measured(held[0]) if held is not None else None
