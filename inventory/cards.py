"""What the model cards of inventory say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

CARDS = {
    "inventory.demand": Words(
        _("Forecasts weekly demand with planned promotions, for stock and replenishment."),
        [
            _("Measured on one window of four weeks; other seasons may differ."),
            _("It learns from best sellers; rare sales follow their level and the planned uplift."),
            _("A promotion that nobody planned is a surprise to it. It knows nothing of people."),
        ],
        {
            "total_wape": _("error of four weeks' totals (WAPE)"),
            "moving_average_total_wape": _("error of the moving average (WAPE)"),
            "coverage_0.9": _("sales at most the upper bound, which should be nine in ten"),
        },
    ),
}
