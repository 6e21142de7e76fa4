"""What the model cards of recommendations say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

_HOUSEHOLDS = [
    _("Measured on one window of four weeks; other seasons may differ."),
    _("The households buy often; who buys seldom gets more of what is popular."),
    _("New products are not in it; they are found by their texts and by the knowledge graph."),
    _("Groups of people of fewer than 30 households are not shown."),
]
CARDS = {
    "recommend.orders": Words(
        _("Ranks what a household buys again and what it would buy newly."), _HOUSEHOLDS
    ),
    "recommend.ranker": Words(
        _("Ranks the start page's products anew, with planned promotions and prices."), _HOUSEHOLDS
    ),
    "recommend.search": Words(
        _("Finds products by words and meaning, in Chinese and English."),
        [_("It holds the texts that were there when it was built; new ones come with the next.")],
    ),
    "recommend.layouts": Words(
        _("Chooses in which order the start page shows its groups."),
        [
            _("Learned from people who allow personal recommendations, by their clicks."),
            _("A click is not a purchase; orders are not what it learns from."),
        ],
    ),
    "recommend.coupons": Words(
        _("Tells who would redeem a campaign's coupons, for the page that plans campaigns."),
        [
            _("Learned from customers whom past campaigns were sent to; others may answer less."),
            _("It says who redeems, not who would not have bought: see the control group."),
        ],
    ),
}
