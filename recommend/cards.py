"""What the model cards of recommendations say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

_HOUSEHOLDS = [
    _("Measured on one window of four weeks; other seasons may differ."),
    _("The households buy often; who buys seldom gets more of what is popular."),
    _("New products are not in it; they are found by their texts and by the knowledge graph."),
    _("Groups of people of fewer than 30 households are not shown."),
]
_RANKED = {
    "households": _("households measured on"),
    "products": _("products it can rank"),
    "held_out_days": _("days held out"),
    "repeat_ndcg@10": _("NDCG@10, all that was bought"),
    "discovery_ndcg@10": _("NDCG@10, what was bought for the first time"),
    "blend_repeat_ndcg@10": _("NDCG@10 of the plain blend, all that was bought"),
    "blend_discovery_ndcg@10": _("NDCG@10 of the plain blend, what was bought for the first time"),
}
CARDS = {
    "recommend.orders": Words(
        _("Ranks what a household buys again and what it would buy newly."), _HOUSEHOLDS, _RANKED
    ),
    "recommend.ranker": Words(
        _("Ranks the start page's products anew, with planned promotions and prices."),
        _HOUSEHOLDS,
        _RANKED,
    ),
    "recommend.sequence": Words(
        _("Expects what a household buys next from the order of its baskets and this visit."),
        [
            *_HOUSEHOLDS,
            _("It serves beside the other sources; the figures are of the page with it."),
        ],
        _RANKED,
    ),
    "recommend.search": Words(
        _("Finds products by words and meaning, in Chinese and English."),
        [_("It holds the texts that were there when it was built; new ones come with the next.")],
        {"documents": _("products that can be found"), "names": _("different names encoded")},
    ),
    "recommend.layouts": Words(
        _("Chooses in which order the start page shows its groups."),
        [
            _("Learned from people who allow personal recommendations, by their clicks."),
            _("A click is not a purchase; orders are not what it learns from."),
        ],
        {
            "value": _("reward of a decision, as it chooses"),
            "value_of_usual": _("reward of a decision, in the usual order"),
            "decisions": _("decisions learned from"),
        },
    ),
    "recommend.coupons": Words(
        _("Tells who would redeem a campaign's coupons, for the page that plans campaigns."),
        [
            _("Learned from customers whom past campaigns were sent to; others may answer less."),
            _("It says who redeems, not who would not have bought: see the control group."),
        ],
        {
            "auc": _("AUC"),
            "rfm_auc": _("AUC of recency, frequency and value alone"),
            "lift_first_decile": _("lift in the first tenth"),
            "expected_over_found": _("redemptions expected for each that came"),
            "rows": _("customers held out, campaign by campaign"),
        },
    ),
    "foundation.encoder": Words(
        _("Turns the encoder's vectors so that a search meets what shoppers meant by it."),
        [
            _("Learned from what was searched and then put into the cart, and from titles."),
            _("It serves where search is told to use it; the gate keeps what finds less out."),
        ],
        {
            "hit@3": _("found among the first three, held-out searches"),
            "hit@3_written": _("found among the first three, queries written by hand"),
            "hit@3_without": _("without it: found among the first three, held-out searches"),
            "hit@3_written_without": _(
                "without it: found among the first three, queries written by hand"
            ),
            "queries": _("searches held out"),
            "pairs": _("pairs learned from"),
        },
    ),
}
