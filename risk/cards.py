"""What the model cards of screening say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

_COSTS = {
    "loss_share": _("part of a fraud's total that is lost"),
    "loss_share_outcomes": _("outcomes behind it: part lost"),
    "review": _("cost of a review, dollars"),
    "review_outcomes": _("outcomes behind it: cost of a review"),
    "review_catches": _("share of frauds a review catches"),
    "review_catches_outcomes": _("outcomes behind it: caught by a review"),
    "review_leaves": _("share of honest customers lost by a review"),
    "review_leaves_outcomes": _("outcomes behind it: lost by a review"),
    "challenge_catches": _("share of frauds a challenge catches"),
    "challenge_catches_outcomes": _("outcomes behind it: caught by a challenge"),
    "challenge_leaves": _("share of honest customers lost by a challenge"),
    "challenge_leaves_outcomes": _("outcomes behind it: lost by a challenge"),
}
CARDS = {
    "risk.orders": Words(
        _("Notices orders unlike those before."),
        [
            _("Strange is not fraudulent: a person decides. It is not measured against frauds."),
            _("It is compared by how well it tells recent orders from the same made strange."),
        ],
        {
            "orders": _("orders learned from"),
            "strange_auc": _("AUC, strange orders against usual ones"),
            "honest_held": _("share of usual orders it would hold"),
        },
    ),
    "risk.costs": Words(
        _("What mistakes of screening cost, from what became of orders within ninety days."),
        [_("The margin of goods and an unhappy customer are assumptions, not outcomes.")],
        _COSTS,
    ),
    "risk.fraud": Words(
        _("Estimates the probability that an order is fraud, from known outcomes."),
        [
            _("Frauds of the demo are simulated; figures on real ones will differ."),
            _("Demographics are not among its inputs, so figures are not split by them."),
        ],
        {
            "orders": _("orders learned from"),
            "frauds": _("frauds among them"),
            "average_precision": _("average precision"),
        },
    ),
}
