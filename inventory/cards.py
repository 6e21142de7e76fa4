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
    "inventory.elasticity": Words(
        _("Says how demand follows a changed price, by category, for the what-if page."),
        [
            _("It knows the shop's own price changes only; who changed them had reasons."),
            _("Categories that seldom changed a price lean on the others and on published ones."),
            _("What other products cost at the time is not looked at."),
        ],
        {
            "surprise": _("surprise a unit sold in the weeks kept apart"),
            "published_surprise": _("the same with the published elasticity"),
            "elasticity": _("per cent of units for a per cent of price, over all categories"),
        },
    ),
}
