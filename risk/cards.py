"""What the model cards of screening say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

CARDS = {
    "risk.orders": Words(
        _("Notices orders unlike those before."),
        [
            _("Strange is not fraudulent: a person decides. It is not measured against frauds."),
            _("It is compared by how well it tells recent orders from the same made strange."),
        ],
    ),
    "risk.costs": Words(
        _("What mistakes of screening cost, from what became of orders within ninety days."),
        [_("The margin of goods and an unhappy customer are assumptions, not outcomes.")],
    ),
    "risk.fraud": Words(
        _("Estimates the probability that an order is fraud, from known outcomes."),
        [
            _("Frauds of the demo are simulated; figures on real ones will differ."),
            _("Demographics are not among its inputs, so figures are not split by them."),
        ],
    ),
}
