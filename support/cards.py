"""What the model cards of the assistant say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

CARDS = {
    "support.intents": Words(
        _("Understands what a message wants, in Chinese and English."),
        [
            _("Measured on written test utterances, not on the shop's own chats."),
            _("Below its threshold it asks back or hands over to a person."),
        ],
        {
            "accuracy": _("share understood"),
            "accuracy_en": _("share understood, English"),
            "accuracy_zh": _("share understood, Chinese"),
            "test_utterances": _("test utterances"),
            "ms_median": _("median time to read a message, ms"),
            "in_time": _("share read in time"),
        },
    ),
    "support.strategies": Words(
        _("Chooses whether to answer, ask back, offer a person or call one."),
        [
            _("Learns only from what was tried: the setting SUPPORT_STRATEGY says whether it is."),
            _("Resolution is told from what customers did next, not from what they thought."),
        ],
        {
            "value": _("reward of a decision, as it chooses"),
            "value_of_rules": _("reward of a decision, as the rules choose"),
            "decisions": _("decisions learned from"),
        },
    ),
}
