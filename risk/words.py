"""Features in the reader's words."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FEATURE_TEXTS = {
    "log_total": _("total"),
    "log_lines": _("number of lines"),
    "log_units": _("number of units"),
    "log_max_quantity": _("largest quantity"),
    "log_max_unit_price": _("most expensive item"),
    "night": _("night hours"),
    "log_past_orders": _("number of past orders"),
    "log_total_to_usual": _("total against usual"),
    "log_days_since_last": _("time since the last order"),
    "orders_last_day": _("orders within a day"),
    "total_surprise": _("total against usual"),
    "total_to_largest": _("total against the largest so far"),
    "price_to_largest": _("dearest item against the dearest so far"),
    "discount_share": _("share of discounts"),
    "coupons": _("coupons"),
    "hour": _("hour"),
    "log_days_known": _("days since the first order"),
    "refund_rate": _("how often money was paid back"),
    "refunded_share": _("how much money was paid back"),
    "paid_back_7d": _("money paid back within a week"),
    "paid_back_30d": _("money paid back within a month"),
    "basket_oddity": _("unlike what the customer usually buys"),
    "basket_unknown": _("nothing to compare the basket with"),
    "new_department_share": _("departments never bought in before"),
    "card_is_new": _("new card"),
    "visitor_is_new": _("new browser"),
    "address_is_new": _("new address"),
    "guest": _("guest"),
    "newcomer": _("first order"),
    "new_identities": _("new card, browser or address"),
    "card_is_fresh": _("card used for the first time lately"),
    "visitor_is_fresh": _("browser used for the first time lately"),
    "address_is_fresh": _("address used for the first time lately"),
    "fresh_identities": _("card, browser or address used for the first time lately"),
    "linked_customers": _("other customers with the same card, browser or address"),
    "linked_coupons": _("coupons among customers with the same card, browser or address"),
    "whole_refunds_7d": _("whole orders paid back within a week"),
    "whole_refunds_30d": _("whole orders paid back within a month"),
    "whole_refund_surprise_7d": _("more whole orders paid back within a week than is usual"),
    "whole_refund_surprise_30d": _("more whole orders paid back within a month than is usual"),
    "login_km_7d": _("distance between sign-ins within a week"),
    "login_kmh_7d": _("speed of travel between sign-ins within a week"),
    "view_count_1h": _("pages looked at within an hour"),
    "view_gap": _("time between two pages"),
    "view_rhythm": _("how unevenly pages were looked at"),
    "ring_customers": _("customers linked by card, browser or address"),
    "ring_tight": _("customers linked in more than one way"),
    "ring_cards": _("cards of linked customers"),
    "ring_coupons": _("orders with a coupon of linked customers"),
    "ring_refunds": _("refunds of linked customers"),
}
IDENTITY_TEXTS = {
    "customer": _("customer"),
    "card": _("card"),
    "visitor": _("browser"),
    "address": _("address"),
    "domain": _("e-mail domain"),
    "ip": _("network address"),
}
WHAT_TEXTS = {
    "order_count": _("orders"),
    "order_total": _("sum of orders"),
    "declined_count": _("declined payments"),
    "refund_count": _("refunds"),
    "refund_total": _("sum of refunds"),
    "order_coupons": _("orders with a coupon"),
    "order_customer": _("customers"),
    "order_others": _("other customers"),
    "order_card": _("cards"),
    "declined_card": _("declined cards"),
    "order_visitor": _("browsers"),
    "order_address": _("addresses"),
    "login_count": _("sign-ins"),
    "login_visitor": _("browsers of sign-ins"),
    "login_ip": _("network addresses of sign-ins"),
    "review_count": _("reviews"),
    "message_count": _("chat messages"),
    "message_total": _("urgency of chat messages"),
    "count": _("orders"),
    "total": _("sum of orders"),
}
SPAN_TEXTS = {
    "1h": _("1 hour"),
    "1d": _("1 day"),
    "7d": _("7 days"),
    "30d": _("30 days"),
}
COST_TEXTS = {
    "fee": _("fee of a chargeback, dollars"),
    "loss_share": _("share of a fraud's total that is lost"),
    "margin": _("margin of goods, share"),
    "goodwill": _("refusing an honest customer, dollars"),
    "review": _("a person's look at an order, dollars"),
    "review_catches": _("frauds that a review catches, share"),
    "review_leaves": _("honest orders given up in review, share"),
    "challenge_catches": _("frauds that a confirmation stops, share"),
    "challenge_leaves": _("honest orders given up when asked to confirm, share"),
    "refuse_from": _("nothing is refused below this probability"),
}


ACTION_TEXTS = {
    "view_case": _("looked at a case"),
    "view_assessment": _("looked at an assessment"),
    "view_freeze": _("looked at a freeze"),
    "view_chargeback": _("looked at a chargeback"),
    "decide_case": _("decided a case"),
    "propose_fraud": _("proposed to confirm fraud"),
    "freeze": _("froze an account"),
    "lift": _("lifted a freeze"),
    "chargeback": _("took in a chargeback"),
    "save_rule": _("changed a rule"),
    "list_block": _("put on the block list"),
    "list_allow": _("put on the allow list"),
}


def action_text(name: str) -> str:
    """An action of the audit log as staff read it; one of another release as it is."""
    return str(ACTION_TEXTS.get(name, name))


def cost_text(name: str) -> str:
    """A cost of ``risk.learning.decision.Costs`` as staff read it."""
    return str(COST_TEXTS[name])


def feature_text(name: str) -> str:
    """A feature as staff read it: ``visitor_order_card_1d`` is cards of this browser in 1 day."""
    if name in FEATURE_TEXTS:
        return str(FEATURE_TEXTS[name])
    identity, _dot, rest = name.partition("_")
    what, _dot, span = rest.rpartition("_")
    if identity in IDENTITY_TEXTS and what in WHAT_TEXTS and span in SPAN_TEXTS:
        return gettext("%(what)s of the same %(identity)s in %(span)s") % {
            "what": WHAT_TEXTS[what],
            "identity": IDENTITY_TEXTS[identity],
            "span": SPAN_TEXTS[span],
        }
    return name
