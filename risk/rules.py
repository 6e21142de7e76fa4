"""The written rules. Each looks at the facts of one checkout and says nothing or gives a reason."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from risk.learning.features import OrderFacts
from risk.models import Decision
from risk.words import feature_text


@dataclass(frozen=True)
class Velocity:
    """Recent checkout attempts, whether or not they became orders."""

    by_visitor_hour: int
    by_card_day: int
    customers_on_card: int


@dataclass(frozen=True)
class Reason:
    """Why: a code, what it asks for, and the numbers behind it (JSON-ready)."""

    code: str
    decision: Decision
    data: dict


ATTEMPTS_REVIEW, ATTEMPTS_BLOCK = 6, 12
USUAL_FACTOR, USUAL_FLOOR = 8.0, 300.0
CARD_CUSTOMERS_REVIEW, CARD_CUSTOMERS_BLOCK = 3, 5


def many_attempts(facts: OrderFacts, velocity: Velocity) -> Reason | None:
    """Card testing: one browser tries again and again."""
    attempts = max(velocity.by_visitor_hour, velocity.by_card_day)
    if attempts < ATTEMPTS_REVIEW:
        return None
    decision = Decision.BLOCK if attempts >= ATTEMPTS_BLOCK else Decision.REVIEW
    return Reason("many_attempts", decision, {"attempts": attempts})


def far_above_usual(facts: OrderFacts, velocity: Velocity) -> Reason | None:
    """A total that is many times the customer's own mean, or very large for a newcomer."""
    usual = facts.past_mean_total if facts.past_orders else USUAL_FLOOR / USUAL_FACTOR * 2
    if facts.total < USUAL_FLOOR or facts.total < USUAL_FACTOR * usual:
        return None
    return Reason(
        "far_above_usual",
        Decision.REVIEW,
        {"total": round(facts.total, 2), "usual": round(usual, 2)},
    )


def shared_card(facts: OrderFacts, velocity: Velocity) -> Reason | None:
    """One card used by several customers."""
    if velocity.customers_on_card < CARD_CUSTOMERS_REVIEW:
        return None
    blocks = velocity.customers_on_card >= CARD_CUSTOMERS_BLOCK
    decision = Decision.BLOCK if blocks else Decision.REVIEW
    return Reason("shared_card", decision, {"customers": velocity.customers_on_card})


RULES: tuple[Callable[[OrderFacts, Velocity], Reason | None], ...] = (
    many_attempts,
    far_above_usual,
    shared_card,
)

TEXTS = {
    "many_attempts": _("%(attempts)s attempts to pay in a short time"),
    "far_above_usual": _("Total of %(total)s dollars; usual is %(usual)s"),
    "shared_card": _("The card was used by %(customers)s customers"),
    "unusual": _("Unlike %(percent)s %% of all orders, above all by: %(features)s"),
    "frozen": _("The account is frozen: %(reason)s"),
    "likely_fraud": _("%(percent)s %% likely to be fraud, above all by: %(features)s"),
    "model_late": _("The model did not answer in time, so a person has to look"),
    "staff_rule": _("Rule: %(rule)s"),
    "listed_block": _("On the block list: %(what)s"),
    "listed_allow": _("On the allow list: %(what)s"),
    "no_model": _("No model could be loaded, so a person has to look"),
}


def reason_text(reason: dict) -> str:
    """Say a stored reason in the reader's language."""
    text = TEXTS.get(reason.get("code", ""))
    if text is None:
        return gettext("Unknown reason")
    data = dict(reason.get("data", {}))
    if "features" in data:
        data["features"] = ", ".join(feature_text(name) for name in data["features"])
    return str(text) % data


BRIEF = {
    "unusual": _("Unlike %(percent)s %% of all orders"),
    "likely_fraud": _("%(percent)s %% likely to be fraud"),
}


def brief_text(reason: dict) -> str:
    """A stored reason without the features behind it."""
    text = BRIEF.get(reason.get("code", ""))
    return str(text) % reason.get("data", {}) if text else reason_text(reason)


def shares(reason: dict) -> list[tuple[str, int]]:
    """What a stored reason's features add, in words, as percent of what they add together."""
    added = {name: value for name, value in reason["data"].get("shares", {}).items() if value > 0}
    whole = sum(added.values())
    return [(feature_text(name), round(100 * value / whole)) for name, value in added.items()]
