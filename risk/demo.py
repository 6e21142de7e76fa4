"""Risk's part of the demo: first models, last week's orders assessed, customers remembered."""

from dataclasses import asdict

from django.conf import settings

from foundation import registry
from risk import costs, fraud, selectors, services, simulation
from risk.learning.features import OrderFacts, feature_matrix
from risk.models import Assessment, Decision
from shop.demo.steps import DemoPlan, Progress

ASSESSED_DAYS = 7
SIMULATED_DAYS, REMEMBERED_DAYS = 120, 45


def load(plan: DemoPlan, progress: Progress) -> str:
    """What is missing of: the forest and last week's assessments, the model that learned from
    simulated fraud, and what is remembered of the customers."""
    parts = [_usual(progress), _learned()]
    return "; ".join(part for part in parts if part)


def _learned() -> str:
    if registry.active_artefact(fraud.CAPABILITY, fraud.load_scorer) is not None:
        return ""
    identities = simulation.rebuild_states(days=REMEMBERED_DAYS)
    frauds = simulation.simulate(days=SIMULATED_DAYS)
    version = fraud.train() if frauds else None
    costs.learn()
    if version is None:
        return f"{identities} identities remembered"
    return f"{version} from {frauds} simulated frauds, {identities} identities remembered"


def _usual(progress: Progress) -> str:
    """Train the forest when there is none yet, then assess the last week of imported orders."""
    if registry.active_artefact(services.CAPABILITY, services.load_forest) is not None:
        return ""
    version = services.train(progress)
    if version is None:
        return "risk: too few orders for a model; new orders go to review"
    forest, _ = services.load_forest(registry.verify(version), version)
    facts = selectors.training_facts(days=ASSESSED_DAYS)
    matrix = feature_matrix(facts)
    scores = forest.score(matrix)
    assessed = set(
        Assessment.objects.filter(order__in=facts.index.tolist()).values_list("order_id", flat=True)
    )
    names = list(OrderFacts.__dataclass_fields__)
    rows = []
    for row, (order_id, fact) in enumerate(facts.iterrows()):
        if order_id in assessed:
            continue
        unusual = scores[row] >= settings.RISK_REVIEW_SCORE
        reasons = []
        if unusual:
            reason = services.unusual(forest, matrix[row], float(scores[row]))
            reasons.append(asdict(reason))
        rows.append(
            Assessment(
                order_id=int(str(order_id)),
                customer_id=int(fact["customer"]),
                score=float(scores[row]),
                decision=Decision.REVIEW if unusual else Decision.ALLOW,
                reasons=reasons,
                features={name: float(fact[name]) for name in names},
                model=version,
                at=fact["when"].to_pydatetime(),
            )
        )
    Assessment.objects.bulk_create(rows, batch_size=1000)
    return f"risk: model {version} from {version.metrics['orders']} orders, {len(rows)} assessed"
